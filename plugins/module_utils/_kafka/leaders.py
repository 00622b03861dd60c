# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The election of preferred leaders, by Kafka's own tool in a broker's pod.

Private to the collection. The znode /admin/preferred_replica_election would do in ZooKeeper mode only.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.tools import run_tool
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import NotFound

TOOL = "kafka-leader-election"
#: the command for a person
BY_HAND = f"{TOOL}.sh --election-type preferred --all-topic-partitions"
_ANY_ADDRESS = ("", "0.0.0.0", "[::]", "::")  # noqa: S104 - what a listener is bound to, none of ours


def plain_address(settings: Mapping[str, str]) -> str:
    """Return host:port of a broker's listener that speaks without TLS and SASL, as its own pod reaches it.

    :raises NotFound: when there is none.
    """
    pairs = (pair.partition(":") for pair in settings.get("listener.security.protocol.map", "").upper().split(","))
    protocols = {name.strip(): protocol.strip() for name, _sep, protocol in pairs}
    controllers = {name.strip().upper() for name in settings.get("controller.listener.names", "").split(",")}
    for listener in (settings.get("listeners") or "PLAINTEXT://:9092").split(","):
        name, _sep, address = listener.strip().partition("://")
        host, _colon, port = address.rpartition(":")
        name = name.upper()
        if name not in controllers and protocols.get(name, name) == "PLAINTEXT" and port.isdecimal():
            return f"{'localhost' if host in _ANY_ADDRESS else host}:{port}"
    raise NotFound("no listener of the brokers works without TLS and SASL")


def elect_preferred(
    client: KubeClient, namespace: str, pod: str, container: str, facts: ProcessFacts, timeout: float
) -> None:
    """Have each partition led by its preferred replica, where that is in sync.

    :param timeout: seconds.
    :raises NotFound: when the image has no such tool, or no listener can be used.
    :raises KraftError: when the tool fails, also when a preferred replica cannot be elected.
    """
    arguments = ["--bootstrap-server", plain_address(facts.settings)]
    arguments += ["--election-type", "preferred", "--all-topic-partitions"]
    # it names every partition on one line
    run_tool(client, namespace, pod, container, facts, TOOL, arguments, timeout, keep="Error|Exception|could not")
