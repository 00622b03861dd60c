# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a certificate names, and whether that is one of some hosts, as Java's brokers, controllers and ZooKeeper see it. Pure.

Source: ``sun.security.util.HostnameChecker`` (OpenJDK 17, run with the names of the tests): it follows RFC 2818, which is wider than RFC 6125.
One thing is left out: where an authority of the public signed the certificate, a star may not stand for a name right below a public suffix
(``*.co.uk``); names inside a cluster have none.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

DNS, ADDRESS = "DNS", "IP Address"

#: a part of a name; a star counts as a letter (``SNIHostName`` with the rules of STD 3)
_PART = re.compile(r"(?!-)[a-z0-9*-]{1,63}(?<!-)")


def certificate_names(certificate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (kind, name) of a certificate; the common name counts only where it has no DNS name at all.

    :param certificate: ``subjectAltName`` and ``subject`` as ``SSLSocket.getpeercert`` has them.
    """
    found = [(kind, name) for kind, name in certificate.get("subjectAltName", ()) if kind in (DNS, ADDRESS)]
    if any(kind == DNS for kind, _name in found):
        return found
    subject = [pair for part in certificate.get("subject", ()) for pair in part]
    return found + [(DNS, value) for key, value in subject if key == "commonName"][-1:]


def is_named(certificate: Mapping[str, Any], hosts: Iterable[str]) -> bool:
    """Tell whether a certificate names at least one of the hosts: names or addresses.

    :param certificate: as for :func:`certificate_names`.
    """
    names = certificate_names(certificate)
    return any(_fits(kind, name, host) for host in hosts for kind, name in names)


def covers(pattern: str, host: str) -> bool:
    """Tell whether a DNS name of a certificate is for a host.

    A star stands for a whole part of the name, or for some of it, in any part but the last. The case does not count. An address
    has no DNS name, and a name with a dot at its end is none.
    """
    if _address(host) is not None:
        return False
    ours, theirs = (name.lower().split(".") for name in (pattern, host))
    if len(ours) != len(theirs) or "*" in ours[-1] or not all(map(_PART.fullmatch, (*ours, *theirs))):
        return False
    return all(map(_part_covers, ours, theirs))


def _part_covers(pattern: str, part: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), part) is not None


def _fits(kind: str, name: str, host: str) -> bool:
    if kind == DNS:
        return covers(name, host)
    address = _address(host)
    return address is not None and address == _address(name)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None
