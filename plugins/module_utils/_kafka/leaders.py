# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The election of preferred leaders, by Kafka's own tool in a broker's pod.

Private to the collection. The znode /admin/preferred_replica_election would do in ZooKeeper mode only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import ClientProperties
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import (
    PLAINTEXT,
    broker_client,
    listener_protocol,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.settings import (
    ADVERTISED,
    AUTHORIZER,
    CONTROLLER_LISTENERS,
    LISTENERS,
    entries,
    listener_names,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.key_stores import read_properties
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.tools import run_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound

TOOL = "kafka-leader-election"
#: the command for a person
BY_HAND = f"{TOOL}.sh --election-type preferred --all-topic-partitions"
_DEFAULT = "PLAINTEXT://:9092"
_ANY_ADDRESS = ("", "0.0.0.0", "[::]", "::")  # noqa: S104 - what a listener is bound to, none of ours


def address(settings: Mapping[str, str], listener: str, *, named: bool = False) -> str:
    """Return host:port of a broker's listener, as its own pod reaches it.

    :param named: by the name that it advertises, which its certificate has.
    :raises NotFound: when the settings do not say where it listens.
    """
    keys = (ADVERTISED, LISTENERS) if named else (LISTENERS,)
    for entry in (each for key in keys for each in entries(settings.get(key) or _DEFAULT)):
        name, _sep, where = entry.partition("://")
        host, _colon, port = where.rpartition(":")
        if name.upper() == listener.upper() and port.isdecimal() and not (named and host in _ANY_ADDRESS):
            return f"{'localhost' if host in _ANY_ADDRESS else host}:{port}"
    raise NotFound(f"the settings do not say where listener {listener} of the brokers is")


def plain_address(settings: Mapping[str, str]) -> str:
    """Return host:port of a broker's listener that speaks without TLS and SASL, as its own pod reaches it.

    :raises NotFound: when there is none.
    """
    controllers = {each.upper() for each in entries(settings.get(CONTROLLER_LISTENERS, ""))}
    for listener in listener_names(settings):
        if listener not in controllers and listener_protocol(settings, listener) == PLAINTEXT:
            return address(settings, listener)
    raise NotFound("no listener of the brokers works without TLS and SASL")


def way_in(
    client: KubeClient, namespace: str, pod: str, container: str, facts: ProcessFacts, *, tool_settings: str = ""
) -> tuple[str, ClientProperties]:
    """Return where a tool in a broker's pod reaches the brokers (host:port), and the client properties that it needs.

    A listener without TLS and SASL, unless an authorizer asks who that is; else the one that brokers use among each other, with their login.

    :param tool_settings: path of a file of client properties in the pod, that the user named for that listener.
    :raises NotFound: when the settings do not say where that is.
    :raises KraftError: when the login cannot be told; the message says why.
    """
    settings = facts.settings
    if not settings.get(AUTHORIZER, "").strip():
        with contextlib.suppress(NotFound):
            return plain_address(settings), ClientProperties()
    side = broker_client(settings, facts.options)
    if isinstance(side, Unknown):
        raise KraftError(f"{side.why} (pod {namespace}/{pod})")
    at = address(settings, side.listener, named=side.tls or side.mechanism == "GSSAPI")
    if tool_settings and side.protocol != PLAINTEXT:
        return at, ClientProperties(path=tool_settings)
    return at, read_properties(client, namespace, pod, container, side, pid=facts.pid)


def elect_preferred(
    client: KubeClient,
    namespace: str,
    pod: str,
    container: str,
    facts: ProcessFacts,
    timeout: float,
    *,
    tool_settings: str = "",
) -> None:
    """Have each partition led by its preferred replica, where that is in sync.

    :param timeout: seconds.
    :param tool_settings: path of a file of client properties in the pod, that the user named; else the pod's own are used.
    :raises NotFound: when the image has no such tool, or no listener can be used.
    :raises KraftError: when the tool fails, also when a preferred replica cannot be elected.
    """
    at, properties = way_in(client, namespace, pod, container, facts, tool_settings=tool_settings)
    arguments = ["--bootstrap-server", at, "--election-type", "preferred", "--all-topic-partitions"]
    # it names every partition on one line
    keep = "Error|Exception|could not"
    run_tool(client, namespace, pod, container, facts, TOOL, arguments, timeout, keep=keep, properties=properties)
