# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate has to have so that controllers can use it: their names, and time.

The certificate itself is read elsewhere (_runtime/certificates.py), since that needs a library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.peer_names import covers
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.findings import Finding, finding
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown

#: a certificate that ends within this time is worth a word, however short the soak is
WARNED = timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """One certificate.

    :ivar subject: its distinguished name as RFC 2253 writes it.
    :ivar names: the DNS names it is for; without any, Java takes the common name.
    :ivar ends: when it expires, with a time zone.
    """

    subject: str
    names: tuple[str, ...]
    ends: datetime


def not_covered(certificate: Certificate, hosts: Iterable[str]) -> list[str]:
    """Return the hosts that a certificate is not for."""
    return [host for host in hosts if not any(covers(name, host) for name in certificate.names)]


def certificate_findings(
    where: str, certificate: Reading[Certificate], hosts: Iterable[str], now: datetime, soak: int
) -> list[Finding]:
    """Judge the certificate that brokers and controllers use on the controllers' listener.

    :param where: the file or setting that it is in.
    :param hosts: names at which the controllers are reached; none when nobody checks names.
    :param soak: seconds that the cluster will stay in pure dual-write.
    """
    if isinstance(certificate, Unknown):
        return [
            finding(
                "certificate-unreadable",
                where,
                f"the certificate of the controllers' listener could not be read ({certificate.why}); check yourself that it has the "
                "controllers' names and does not expire during the migration",
            )
        ]
    found = []
    missing = not_covered(certificate, hosts)
    if missing:
        found.append(
            finding(
                "certificate-names",
                where,
                f"the certificate in {where} is not for {', '.join(missing)}: controllers and brokers would refuse each other; add these "
                f"names, or {_wildcard(missing[0])}, to its subject alternative names",
            )
        )
    ends = certificate.ends.strftime("%Y-%m-%d %H:%M %Z").strip()
    if certificate.ends <= now:
        sentence = f"the certificate in {where} expired at {ends}; renew it, and restart the brokers if they do not read it again"
        found.append(finding("certificate-expired", where, sentence))
    elif certificate.ends <= now + max(WARNED, timedelta(seconds=soak)):
        sentence = f"the certificate in {where} expires at {ends}, within 30 days or during the soak; renew it before the migration"
        found.append(finding("certificate-expires", where, sentence))
    return found


def _wildcard(host: str) -> str:
    return "*." + host.partition(".")[2]
