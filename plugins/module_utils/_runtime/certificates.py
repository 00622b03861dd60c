# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads certificates, by the library ``cryptography`` where Ansible's own Python has it: it is optional.

Private to the collection. Private keys in the same file are not kept.
"""

from __future__ import annotations

import datetime
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import pem
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import Certificate
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.peer_names import (
    ADDRESS,
    DNS,
    certificate_names,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.deps import missing_optional
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.tls_stores import BadStore, NoLibrary, chain


def read_pem(text: str) -> Reading[Certificate]:
    """Return the first certificate of a PEM text, which is the node's own; the others are its chain."""
    found = pem.certificates(text)
    return _read(found) if found else Unknown("there is no certificate in PEM form in it")


def read_store(content: bytes, password: str, kind: str = "") -> Reading[Certificate]:
    """Return the certificate that a key store shows: PEM, PKCS #12 or JKS.

    :param kind: of the settings, see ``tls_stores.opened``.
    """
    try:
        found = chain(content, password, "the store", kind=kind)
    except (BadStore, NoLibrary) as error:
        return Unknown(f"it {error}" if isinstance(error, BadStore) else str(error))
    return _read(found)


def _read(text: str) -> Reading[Certificate]:
    if missing := missing_optional("cryptography", "reading a certificate"):
        return Unknown(missing)
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(text.encode())
        names = certificate_names(_described(found))
        return Certificate(
            found.subject.rfc4514_string(), tuple(name for kind, name in names if kind == DNS), _ends(found)
        )
    except (ValueError, TypeError) as error:
        # the library's own words may quote what it read
        return Unknown(f"it is damaged ({type(error).__name__})")


def _described(certificate: Any) -> dict[str, Any]:
    """Return names and subject as ``SSLSocket.getpeercert`` has them."""
    from cryptography import x509

    common = certificate.subject.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)
    subject = tuple((("commonName", str(item.value)),) for item in common)
    try:
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return {"subject": subject}
    kinds = ((DNS, x509.DNSName), (ADDRESS, x509.IPAddress))
    names = [(kind, str(name)) for kind, type_ in kinds for name in listed.get_values_for_type(type_)]
    return {"subject": subject, "subjectAltName": names}


def _ends(certificate: Any) -> datetime.datetime:
    """``not_valid_after_utc`` came with 42; before, the same without a time zone."""
    found: datetime.datetime = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after
    return found.replace(tzinfo=datetime.UTC)
