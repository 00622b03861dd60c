# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brokers that crash with a known issue of CFK: told with its cause, since the operator only goes on waiting for them.

Private to the collection. Source: CFK's known issues, "does not support finalized version" (CFK 2.9.5 and later): a rollback left the brokers'
metadata log behind, and a broker that starts with it claims what the new quorum does not know. The words are Kafka's
(``ClusterControlManager.registerBroker``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._confluent import resources as res
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

Obj = Mapping[str, Any]
#: lines of a log that are read: the reason is in the last ones
TAIL = 2000
_LEFT = re.compile(r"does not support (?:finalized )?version (\d+) of ([\w.]*metadata\.version)")


def known_issue(pod: str, log: str) -> str:
    """Return cause and remedy when the log of a container that ended shows the known issue, else an empty string. Pure."""
    found = _LEFT.search(log)
    if found is None:
        return ""
    return (
        f"{pod} ended, since its broker does not support finalized version {found[1]} of {found[2]}: its log directory still has the metadata log "
        f"(__cluster_metadata-0) of another attempt, which a rollback of CFK 2.9.5 and later may leave behind. Annotate the Kafka CR with "
        f"{res.CLEAN_METADATA}=true, which makes the init container delete it, and delete the pod; while the operator's lock denies the annotation, "
        "delete that directory in the broker's volume. Then remove the annotation and run the same playbook again"
    )


def ended(pod: Obj) -> Iterator[tuple[str, int, bool]]:
    """The containers of a pod that ended with an error: name, restarts, whether another one has been started since. Pure."""
    for item in (pod.get("status") or {}).get("containerStatuses") or []:
        state, last = ((item.get(key) or {}).get("terminated") for key in ("state", "lastState"))
        again = state is None
        end = last if again else state
        if end is not None and end.get("exitCode"):
            yield str(item["name"]), int(item.get("restartCount") or 0), again


class Crashes:
    """Looks once at each end of a container of the brokers' pods."""

    def __init__(self, client: KubeClient, namespace: str, brokers: str, tell: Callable[[str], None]) -> None:
        self._client, self._namespace, self._brokers, self._tell = client, namespace, brokers, tell
        self._seen: set[tuple[str, str, int, bool]] = set()

    def look(self, pods: Iterable[Obj]) -> None:
        """Raise KraftError (operator-metadata-left) when a broker ended with the known issue."""
        for pod in pods:
            metadata = pod["metadata"]
            owners = metadata.get("ownerReferences") or []
            if not any(owner.get("kind") == "StatefulSet" and owner.get("name") == self._brokers for owner in owners):
                continue
            for container, restarts, again in ended(pod):
                key = (str(metadata["uid"]), container, restarts, again)
                if key in self._seen:
                    continue
                self._seen.add(key)
                issue = known_issue(str(metadata["name"]), self._log(str(metadata["name"]), container, previous=again))
                if issue:
                    raise KraftError(issue, code="operator-metadata-left")

    def _log(self, pod: str, container: str, *, previous: bool) -> str:
        try:
            return self._client.pod_log(pod, self._namespace, container=container, tail_lines=TAIL, previous=previous)
        except KraftError as error:
            self._tell(f"{pod} ended with an error, and why could not be read: {error.message}")
            return ""
