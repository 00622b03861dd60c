# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of a Kafka process by its Jolokia agent, through the API server's pod proxy: no JVM start, no port-forward.

One POST carries any number of reads. Tool authors beware of ``/jolokia/list``: it is megabytes on a broker.
"""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError

PATH = "jolokia/"


class Jolokia:
    """The agent in one pod.

    Needs ``create`` on ``pods/proxy``, since a bulk read is a POST.
    """

    def __init__(self, client: KubeClient, namespace: str, pod: str, port: int, *, timeout: float = 5.0) -> None:
        """Name the agent; nothing is sent.

        :param timeout: seconds for one request.
        """
        self._client, self._namespace, self._pod, self._port, self._timeout = client, namespace, pod, port, timeout

    def read(self, mbean: str, attribute: str) -> t.Any | None:
        """Return one attribute, None when the process has no such MBean (errors as in :meth:`read_many`)."""
        return self.read_many([(mbean, attribute)])[0]

    def read_many(self, wanted: Sequence[tuple[str, str]]) -> list[t.Any | None]:
        """Return attributes in the order asked for, None for each MBean or attribute that the process does not have.

        :param wanted: MBean and attribute.
        :raises Forbidden: when the agent's policy refuses a read.
        :raises Unreachable: when the pod or the agent does not answer.
        :raises KraftError: when the answer makes no sense.
        """
        if not wanted:
            return []
        body = [{"type": "read", "mbean": mbean, "attribute": attribute} for mbean, attribute in wanted]
        answer = self._client.pod_proxy(
            self._pod, self._namespace, self._port, PATH, method="POST", body=body, timeout=self._timeout, reads=True
        )
        if not isinstance(answer, list) or len(answer) != len(body):
            raise KraftError(f"the agent at {self._where} did not answer in Jolokia's format")
        return [self._value(each, *names) for each, names in zip(answer, wanted, strict=True)]

    @property
    def _where(self) -> str:
        return f"port {self._port} of pod {self._namespace}/{self._pod}"

    def _value(self, answer: t.Any, mbean: str, attribute: str) -> t.Any | None:
        status = answer.get("status") if isinstance(answer, dict) else None
        if status == 200:
            return answer.get("value")
        # Inside an HTTP 200: 404 for a missing MBean and for a missing attribute.
        if status == 404:
            return None
        error = answer.get("error", "") if isinstance(answer, dict) else answer
        kind = Forbidden if status == 403 else KraftError
        raise kind(f"the Jolokia agent at {self._where} did not return {mbean} {attribute}: {error}")
