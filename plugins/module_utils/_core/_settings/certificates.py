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


#: object identifiers of extended key usages (RFC 5280)
_SERVER, _CLIENT, _ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"
_OF_CONTROLLERS = "the certificate of the controllers' listener"


@dataclass(frozen=True)
class Authority:
    """The certificate of an authority in a chain.

    :ivar subject: its distinguished name as RFC 2253 writes it.
    :ivar root: whether it signed itself; Java does not look whether such a one has expired.
    """

    subject: str
    ends: datetime
    root: bool = False


@dataclass(frozen=True)
class Certificate:
    """One certificate.

    :ivar subject: its distinguished name as RFC 2253 writes it.
    :ivar names: the DNS names it is for; without any, Java takes the common name.
    :ivar ends: when it expires, with a time zone.
    :ivar begins: from when on it is valid, likewise; None when that is not known.
    :ivar usages: object identifiers of its extended key usages; None when it has no such list, and is good for anything.
    :ivar authorities: those that are shown with it, each having signed the one before.
    """

    subject: str
    names: tuple[str, ...]
    ends: datetime
    begins: datetime | None = None
    usages: tuple[str, ...] | None = None
    authorities: tuple[Authority, ...] = ()

    def lacks(self, *usages: str) -> list[str]:
        """Return those of the usages that it is not for."""
        if self.usages is None or _ANY in self.usages:
            return []
        return [usage for usage in usages if usage not in self.usages]


def not_covered(certificate: Certificate, hosts: Iterable[str]) -> list[str]:
    """Return the hosts that a certificate is not for."""
    return [host for host in hosts if not any(covers(name, host) for name in certificate.names)]


def certificate_findings(
    where: str,
    certificate: Reading[Certificate],
    hosts: Iterable[str],
    now: datetime,
    soak: int,
    *,
    both_show: bool = False,
) -> list[Finding]:
    """Judge the certificate that brokers and controllers use on the controllers' listener.

    :param where: the file or setting that it is in.
    :param hosts: names at which the controllers are reached; none when nobody checks names.
    :param soak: seconds that the cluster will stay in pure dual-write.
    :param both_show: whether whoever connects shows it as well.
    """
    if isinstance(certificate, Unknown):
        return [
            finding(
                "certificate-unreadable",
                where,
                f"{_OF_CONTROLLERS} could not be read ({certificate.why}); check yourself that it has the "
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
    lacking = certificate.lacks(*((_SERVER, _CLIENT) if both_show else (_SERVER,)))
    if lacking:
        words = " and ".join({_SERVER: "serverAuth", _CLIENT: "clientAuth"}[usage] for usage in lacking)
        sentence = (
            f"the certificate in {where} has extended key usages without {words}: controllers and brokers would refuse each other, since each "
            f"{'shows it as server and as client' if both_show else 'controller shows it as server'}; add {words}, or leave that extension out"
        )
        found.append(finding("certificate-usage", where, sentence))
    begins = certificate.begins
    if begins is not None and begins > now:
        sentence = f"the certificate in {where} is valid from {_text(begins)} on only; wait until then, or use one that is valid now"
        found.append(finding("certificate-not-valid-yet", where, sentence))
    return found + _ending(where, certificate, now, soak)


def _ending(where: str, certificate: Certificate, now: datetime, soak: int) -> list[Finding]:
    """Return what expires first: the certificate, or an authority that is shown with it."""
    if certificate.ends <= now:
        sentence = f"the certificate in {where} expired at {_text(certificate.ends)}; renew it, and restart the brokers if they do not read it again"
        return [finding("certificate-expired", where, sentence)]
    over = next((each for each in certificate.authorities if each.ends <= now and not each.root), None)
    if over is not None:
        sentence = (
            f"the certificate of {over.subject}, which has signed that in {where}, expired at {_text(over.ends)}; have it signed anew, and "
            "restart the brokers if they do not read it again"
        )
        return [finding("certificate-expired", where, sentence)]
    return expiring(where, certificate, now, soak)


def expiring(where: str, certificate: Certificate, now: datetime, soak: int) -> list[Finding]:
    """Return a word on the first certificate of a chain that has expired, or will within 30 days or during the soak."""
    all_of_it = [("the certificate", certificate.ends)]
    all_of_it += [(f"the certificate of {each.subject}", each.ends) for each in certificate.authorities]
    what, ends = min(all_of_it, key=lambda each: each[1])
    if ends > now + max(WARNED, timedelta(seconds=soak)):
        return []
    sentence = (
        f"{what} in {where} expired at {_text(ends)}; renew it"
        if ends <= now
        else f"{what} in {where} expires at {_text(ends)}, within 30 days or during the soak; renew it before the migration"
    )
    return [finding("certificate-expires", where, sentence)]


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M %Z").strip()


def _wildcard(host: str) -> str:
    return "*." + host.partition(".")[2]
