# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kafka's own command line tools that only look, run inside a pod.

Every call starts a JVM next to the broker (0.6 to 2 s on two idle cores, more under a small CPU limit), so a signal
that is to be had otherwise is read otherwise, and several questions go into one call where a tool allows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound

INHERITED = ("KAFKA_OPTS", "KAFKA_JMX_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JMX_PORT")
"""Dropped from the environment: an agent in one of them would want the port that the broker's agent has, and the tool
would fail; debuggers and big heaps come the same way."""

_RC = "@@kraft rc="

# In a pod without a locale Java would print a question mark for each character that is not ASCII.
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8"

# The tool is $1, the filter $2. POSIX has no status of the first command of a pipe, so the output carries it.
_SCRIPT = f"""
unset {" ".join(INHERITED)}
export KAFKA_HEAP_OPTS=-Xmx192m KAFKA_JVM_PERFORMANCE_OPTS='{_JVM}'
export KAFKA_GC_LOG_OPTS= LOG_DIR=/tmp
tool=$1; keep=$2; shift 2
if [ -z "$keep" ]; then exec "$tool" "$@"; fi
{{ "$tool" "$@"; printf '\\n{_RC}%s\\n' "$?"; }} | grep -E "^{_RC}|$keep"
"""


def run_tool(  # noqa: PLR0913 - where, what, and how long
    client: KubeClient,
    namespace: str,
    pod: str,
    container: str | None,
    facts: ProcessFacts,
    tool: str,
    args: Sequence[str],
    timeout: float = 60.0,
    *,
    keep: str = "",
) -> str:
    """Run a tool and return what it printed.

    :param facts: of the same pod; they name the tools that the image has.
    :param tool: name without ``.sh``, for example ``kafka-metadata-quorum``.
    :param timeout: seconds.
    :param keep: extended regular expression; only matching lines leave the pod.
    :raises NotFound: when the image does not have the tool.
    :raises KraftError: when the tool fails; the message ends with its last words.
    """
    path = facts.tools.get(tool)
    if path is None:
        raise NotFound(
            f"the image of pod {namespace}/{pod} has no {tool}.sh (looked for in {facts.home or '/usr'}/bin and on "
            "PATH): the signal that needs it cannot be read there"
        )
    command = ["sh", "-c", _SCRIPT, "sh", path, keep, *args]
    result = pod_exec.run_read_only(client, namespace, pod, command, container=container, timeout=timeout)
    output, rc = result.stdout, result.rc
    if keep:
        output, _sep, status = result.stdout.rpartition(_RC)
        rc = int(status) if status.strip().isdecimal() else result.rc or 1
    if rc != 0:
        raise KraftError(
            f"{tool} failed in pod {namespace}/{pod} with status {rc}: {_last_words(output, result.stderr)}"
        )
    return output


def _last_words(stdout: str, stderr: str) -> str:
    """Return the line that most likely says why, rather than the last line of a stack trace."""
    lines = [line.strip() for line in f"{stdout}\n{stderr}".splitlines() if line.strip()]
    errors = [line for line in lines if ("Error" in line or "Exception" in line) and not line.startswith("at ")]
    return (errors or lines or ["it printed nothing"])[-1][:400]
