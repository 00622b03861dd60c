# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in the brokers' pods reaches for ZooKeeper: start commands, probes, hooks, variables, and the scripts that they call.

Settings that merely name ZooKeeper leave with the KRaft stage; only what acts on them counts. A place counts when it names
ZooKeeper's host and port together, a tool of ZooKeeper, or looks for a host that only ZooKeeper has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.scripts import (
    called_scripts,
    container_texts,
    handlers,
    mounted_files,
    simple_commands,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._manifests.template import (
    all_containers,
    environment,
)

Obj = dict[str, Any]


class ZooKeeperReference(NamedTuple):
    """A place in the pods that reaches for ZooKeeper, the words that show it, and whether it looks for the broker there.

    A broker in KRaft mode does not register in ZooKeeper.
    """

    where: str
    text: str
    for_broker: bool = False


# a flag such as --zookeeper.server is another program's own
_SETTING = re.compile(
    r"""(?<!--)(?:KAFKA_(?:CFG_)?ZOOKEEPER_[A-Z0-9_]+|zookeeper\.[A-Za-z.]+)\s*=\s*(?:"[^"]*"|'[^']*'|\S*)""",
)
_SETTING_NAMES = re.compile(r"KAFKA_(CFG_)?ZOOKEEPER_[A-Z0-9_]+")
_TOOLS = re.compile(r"zookeeper-shell(?:\.sh)?|zkCli(?:\.sh)?|zkServer(?:\.sh)?|zk-ready|--zookeeper\b|\bruok\b")
_LOOKS = re.compile(
    r"\b(nc|ncat|netcat|nslookup|dig|host|getent|ping|curl|wget|telnet|wait-for\S*|wait4\S*|dockerize|cub)\b"
)
_VARIABLE = re.compile(r"\$[{(]?\w*(?:ZK|ZOOKEEPER)\w*[})]?", re.IGNORECASE)
#: what follows a host when its port is named: host:port, host port, host/port, host -p port
_BETWEEN = r"(?::|/|\s+(?:-p\s*)?)"
#: a host is no part of a name or of a path, but may follow zk:// and /dev/tcp/
_BEFORE = r"(?:(?<![\w./-])|(?<=//)|(?<=/dev/tcp/))"
_REGISTERED = "/brokers/ids"
_SELF = ("localhost", "127.0.0.1", "::1", "")
_WELL_KNOWN = ("2181", "2182")


class Addresses:
    """The hosts and ports of ``zookeeper.connect``; a port that is not there is ZooKeeper's own."""

    def __init__(self, connect: str) -> None:
        self.pairs: set[tuple[str, str]] = set()
        for entry in filter(None, (item.strip() for item in connect.partition("/")[0].split(","))):
            host, colon, port = entry.rpartition(":")
            self.pairs.add((host, port) if colon and port.isdecimal() else (entry, _WELL_KNOWN[0]))
        self._named = [self._pattern(host, port) for host, port in sorted(self.pairs, reverse=True)]
        self._unnamed = re.compile(
            rf"(?<![\w.-])[\w.-]*(?:zk|zookeeper)[\w.-]*{_BETWEEN}(?:{'|'.join(sorted(self.ports))})(?!\w)",
            re.IGNORECASE,
        )

    @property
    def ports(self) -> set[str]:
        """The ports, ZooKeeper's own among them."""
        return {*_WELL_KNOWN, *(port for _host, port in self.pairs)}

    @staticmethod
    def _pattern(host: str, port: str) -> re.Pattern[str]:
        return re.compile(rf"{_host(host)}{_BETWEEN}{port}(?!\w)")

    def is_connect(self, value: str) -> bool:
        """Tell whether a text is nothing but addresses of this ZooKeeper, with a chroot or without."""
        entries = [item.strip() for item in value.partition("/")[0].split(",")]
        return bool(self.pairs) and all(
            any(entry in (host, f"{host}:{port}") for host, port in self.pairs) for entry in entries
        )

    def found_in(self, text: str) -> str:
        """Return the words that name ZooKeeper in a text, or an empty string."""
        hits = (pattern.search(text) for pattern in (_TOOLS, *self._named, self._unnamed))
        match = next((hit for hit in hits if hit), None)
        return match.group() if match else self._find(text)

    def _find(self, text: str) -> str:
        """Return a host of ZooKeeper alone, or a variable named for it, that a tool looks for, or an empty string."""
        for command in simple_commands(text):
            if not _LOOKS.search(command):
                continue
            variable = _VARIABLE.search(command)
            if variable:
                return variable.group()
            for host, _port in sorted(self.pairs):
                match = re.search(rf"{_host(host)}(?!{_BETWEEN}\d)", command)
                if host not in _SELF and match:
                    return match.group()
        return ""

    def is_asked(self, host: str, port: str) -> bool:
        """Tell whether a probe of this host and port asks ZooKeeper; without a host it asks its own pod."""
        if host in _SELF:
            return port in _WELL_KNOWN or any(known in _SELF and port == number for known, number in self.pairs)
        return any(re.fullmatch(_host(known), host) and port == number for known, number in self.pairs)


def _host(host: str) -> str:
    """Return the pattern of a host by its name, or by its first label with whatever domain."""
    if re.fullmatch(r"[\d.]+|\[.*\]|localhost", host):
        return rf"{_BEFORE}{re.escape(host)}(?![\w.-])"
    return rf"{_BEFORE}{re.escape(host.partition('.')[0])}(?:\.[\w.-]*\w)?(?![\w-])"


def zookeeper_references(
    template: Mapping[str, Any],
    zookeeper_connect: str = "",
    config_maps: Mapping[str, Obj] | None = None,
    leaving: Collection[tuple[str, str]] = (),
    brokers: str = "",
) -> list[ZooKeeperReference]:
    """Return what in the pods reaches for ZooKeeper.

    :param zookeeper_connect: the brokers' ``zookeeper.connect``.
    :param config_maps: ConfigMaps of the namespace by name; the scripts in them that the pods call are read.
    :param leaving: (container, variable) of those that only serve a setting and leave with it.
    :param brokers: the brokers' container; variables of settings leave with the KRaft stage there, and nowhere else.
    """
    known = Addresses(zookeeper_connect)
    init = {item["name"] for item in template["spec"].get("initContainers") or []}
    others = {
        item["name"] for item in all_containers(template) if item["name"] in init or brokers not in ("", item["name"])
    }
    found = []
    for container in all_containers(template):
        name = container["name"]
        where = f"{'init container' if name in init else 'container'} {name}"
        texts = [
            *container_texts(container),
            *_variables(container, config_maps or {}, leaving, with_settings=name in others),
        ]
        for place, text in texts:
            words = known.found_in(_SETTING.sub(" ", text))
            if words:
                found.append(ZooKeeperReference(f"{place} of {where}", words, _REGISTERED in text))
        for place, handler in handlers(container):
            target = _network_target(handler)
            if target and known.is_asked(*target):
                found.append(ZooKeeperReference(f"{place} of {where}", ":".join(target).lstrip(":")))
    for script in called_scripts(template, mounted_files(template, config_maps or {})):
        words = known.found_in(_SETTING.sub(" ", _without_comments(script.text)))
        if words:
            found.append(ZooKeeperReference(f"script {script.where}", words, _REGISTERED in script.text))
    return found


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _variables(
    container: Mapping[str, Any],
    config_maps: Mapping[str, Obj],
    leaving: Collection[tuple[str, str]],
    *,
    with_settings: bool,
) -> Iterator[tuple[str, str]]:
    own = {entry["name"] for entry in container.get("env") or []}
    for name, variable in environment(container, config_maps).items():
        # The brokers' own settings leave with the KRaft stage; in another container they serve to reach ZooKeeper, but one that
        # comes with all others by envFrom may be there for nothing.
        counts = name in own if with_settings else not _SETTING_NAMES.fullmatch(name)
        if counts and (container["name"], name) not in leaving:
            yield f"variable {name}", variable.value or ""


def _network_target(handler: Mapping[str, Any]) -> tuple[str, str] | None:
    for kind in ("tcpSocket", "httpGet"):
        if handler.get(kind):
            return str(handler[kind].get("host") or ""), str(handler[kind].get("port") or "")
    return None
