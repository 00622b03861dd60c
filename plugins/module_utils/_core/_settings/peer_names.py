# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a certificate names, and whether that is one of some hosts (RFC 6125), as Java's brokers, controllers and ZooKeeper see it. Pure.

Source: ``sun.security.util.HostnameChecker``; for a certificate of an authority of one's own it takes ``*.kraft`` for ``kraft-0.kraft``
(tried with OpenJDK 17). It takes a star inside a label, too, which RFC 6125 advises against, and we do not.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

DNS, ADDRESS = "DNS", "IP Address"


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
    """Tell whether a DNS name of a certificate is for a host: a star stands for the whole first part, and for nothing else.

    The case and a dot at the end do not count. An address has no DNS name.
    """
    if _address(host) is not None:
        return False
    ours, theirs = (name.lower().rstrip(".").split(".") for name in (pattern, host))
    if len(ours) != len(theirs) or ours[1:] != theirs[1:]:
        return False
    return ours[0] == theirs[0] or (ours[0] == "*" and len(ours) > 1)


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
