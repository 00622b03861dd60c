# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads certificates, by the library ``cryptography`` where Ansible's own Python has it: it is optional.

Private to the collection. Private keys in the same file are not kept.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings import pem
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.certificates import (
    Authority,
    Certificate,
)
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
        found, *others = (x509.load_pem_x509_certificate(each.encode()) for each in _each(text))
        names = certificate_names(_described(found))
        return Certificate(
            found.subject.rfc4514_string(),
            tuple(name for kind, name in names if kind == DNS),
            _ends(found),
            _begins(found),
            _usages(found),
            tuple(_authorities(found, others)),
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


def _each(chain: str) -> list[str]:
    """Return the certificates of a PEM text one by one."""
    end = "-----END CERTIFICATE-----"
    return [each + end for each in chain.split(end)[:-1]]


def _authorities(own: Any, others: Sequence[Any]) -> Iterator[Authority]:
    """Follow who has signed whom; what is beside that in a file is not shown to anybody, or nobody needs it."""
    by_subject = {each.subject: each for each in reversed(others)}
    while own.issuer != own.subject and own.issuer in by_subject:
        own = by_subject.pop(own.issuer)
        yield Authority(own.subject.rfc4514_string(), _ends(own), root=own.issuer == own.subject)


def _usages(certificate: Any) -> tuple[str, ...] | None:
    from cryptography import x509

    try:
        listed = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return tuple(each.dotted_string for each in listed)


def _begins(certificate: Any) -> datetime.datetime:
    """As :func:`_ends`."""
    found: datetime.datetime = getattr(certificate, "not_valid_before_utc", None) or certificate.not_valid_before
    return found.replace(tzinfo=datetime.UTC)


def _ends(certificate: Any) -> datetime.datetime:
    """``not_valid_after_utc`` came with 42; before, the same without a time zone."""
    found: datetime.datetime = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after
    return found.replace(tzinfo=datetime.UTC)
