# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kafka's own command line tools, run inside a pod.

Every call starts a JVM next to the broker (0.6 to 2 s on two idle cores, more under a small CPU limit), so a signal
that is to be had otherwise is read otherwise, and several questions go into one call where a tool allows it.

Client settings of a secured listener hold passwords. They go by standard input into a file that nobody else can read, in memory where
the pod has such a place, and that is gone when the tool ends; they are in no command line and in no message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_properties import ClientProperties
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound, Unreachable

INHERITED = ("KAFKA_OPTS", "KAFKA_JMX_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JMX_PORT")
"""Dropped from the environment: an agent in one of them would want the port that the broker's agent has, and the tool
would fail; debuggers and big heaps come the same way."""

NO_PROPERTIES = ClientProperties()
#: how a tool is told where its client settings are, if not by the name that most of them have
_OPTIONS = {
    "kafka-leader-election": "--admin.config",
    "kafka-verifiable-producer": "--producer.config",
    "kafka-console-consumer": "--consumer.config",
}
_OPTION = "--command-config"

#: tools that print what is nobody's business, passwords in clear text among it: no word of theirs is told
_SILENT = ("kafka-dump-log",)
#: of what such a tool says when it ends: the class of an error, and nothing behind it
_ERROR_CLASS = re.compile(
    r"^(?:Exception in thread \"main\" |Caused by: )?((?:java|javax|joptsimple|kafka|org\.apache\.kafka)\.[\w.$]+(?:Error|Exception))\b",
    re.MULTILINE,
)

#: what the last words of a tool tell about its connection
_CODES = (
    ("quorum-login-failed", ("SaslAuthenticationException", "UnsupportedSaslMechanismException", "LoginException")),
    ("quorum-tls", ("SslAuthenticationException", "SSLHandshakeException", "CertificateException", "CertPath")),
)

_RC = "@@kraft rc="
#: exit status of the script itself: no place for the settings
_NO_PLACE = 96

# In a pod without a locale Java would print a question mark for each character that is not ASCII.
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8"

# The tool is $1, the filter $2. POSIX has no status of the first command of a pipe, so the output carries it.
# $3 is the option for client settings, which come by standard input.
_SCRIPT = f"""
unset {" ".join(INHERITED)} folder
export KAFKA_HEAP_OPTS=-Xmx192m KAFKA_JVM_PERFORMANCE_OPTS='{_JVM}'
export KAFKA_GC_LOG_OPTS= LOG_DIR=/tmp
tool=$1; keep=$2; option=$3; shift 3
if [ -n "$option" ]; then
  umask 077
  for place in /dev/shm "${{TMPDIR:-/tmp}}"; do
    [ -d "$place" ] && [ -w "$place" ] && folder=$(mktemp -d "$place/kraft.XXXXXX" 2>/dev/null) && break
    folder=
  done
  [ -n "$folder" ] || exit {_NO_PLACE}
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 131' PIPE; trap 'exit 143' TERM
  file=$folder/client.properties
  cat > "$file" || exit {_NO_PLACE}
fi
# before a tool's subcommand: behind that it is refused
[ -z "$option" ] || set -- "$option" "$file" "$@"
if [ -n "$keep" ]; then
  {{ "$tool" "$@" </dev/null; printf '\\n{_RC}%s\\n' "$?"; }} | grep -E "^{_RC}|$keep"
elif [ -n "$folder" ]; then
  "$tool" "$@" </dev/null
else
  exec "$tool" "$@"
fi
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
    properties: ClientProperties = NO_PROPERTIES,
) -> str:
    """Run a tool and return what it printed. It is run again when the connection was lost, and the first one may have done its work.

    :param facts: of the same pod; they name the tools that the image has.
    :param tool: name without ``.sh``, for example ``kafka-metadata-quorum``.
    :param timeout: seconds.
    :param keep: extended regular expression; only matching lines leave the pod.
    :param properties: client settings for a secured listener; empty: none.
    :raises NotFound: when the image does not have the tool.
    :raises KraftError: when the tool fails; the message ends with its last words, without any secret of ``properties``; of a tool
        that prints secrets with the class of the error alone. With code ``quorum-login-failed`` or ``quorum-tls`` when these say so.
    """
    path = _path_of(tool, facts, f"{namespace}/{pod}")
    option = _OPTIONS.get(tool, _OPTION) if properties else ""
    command = ["sh", "-c", _SCRIPT, "sh", path, keep, option, *args]
    stdin = properties.text() if properties else None
    # the end of what it printed may begin in the middle of a secret, where nobody would know it
    quote = not properties and tool not in _SILENT
    result = _run(client, namespace, pod, command, container, stdin, timeout, quote=quote)
    if result.rc == _NO_PLACE and stdin is not None:
        raise KraftError(
            f"{tool} was not run: pod {namespace}/{pod} has neither /dev/shm nor a folder for temporary files to write to"
        )
    output, rc = result.stdout, result.rc
    if keep:
        output, _sep, status = result.stdout.rpartition(_RC)
        rc = int(status) if status.strip().isdecimal() else result.rc or 1
    if rc != 0:
        words = _why(tool, properties.hide(output), properties.hide(result.stderr))
        raise KraftError(f"{tool} failed in pod {namespace}/{pod} with status {rc}: {words}", code=_code(words))
    return output


def _path_of(tool: str, facts: ProcessFacts, pod: str) -> str:
    path = facts.tools.get(tool)
    if path is None:
        raise NotFound(
            f"the image of pod {pod} has no {tool}.sh (looked for in {facts.home or '/usr'}/bin and on PATH): the signal that needs it "
            "cannot be read there"
        )
    return path


def _run(
    client: KubeClient,
    namespace: str,
    pod: str,
    command: list[str],
    container: str | None,
    stdin: str | None,
    timeout: float,
    *,
    quote: bool,
) -> pod_exec.ExecResult:
    """Run it; once more when the connection was lost."""
    where = (client, namespace, pod, command)
    if stdin is None:
        return pod_exec.run_read_only(*where, container=container, timeout=timeout, quote=quote)
    try:
        return pod_exec.run(*where, container=container, stdin=stdin, timeout=timeout, quote=quote)
    except Unreachable:
        client.find(POD, pod, namespace)  # a read waits for an API server that is away
        return pod_exec.run(*where, container=container, stdin=stdin, timeout=timeout, quote=quote)


def _code(words: str) -> str:
    return next((code for code, names in _CODES if any(name in words for name in names)), "")


def _why(tool: str, stdout: str, stderr: str) -> str:
    if tool not in _SILENT:
        return _last_words(stdout, stderr)
    # never of its records: a topic or a password may look like anything
    found = _ERROR_CLASS.findall(stderr)
    return f"{found[-1] if found else 'it ended'}; what it printed is not shown, since records may hold secrets"


def _last_words(stdout: str, stderr: str) -> str:
    """Return the line that most likely says why, rather than the last line of a stack trace."""
    lines = [line.strip() for line in f"{stdout}\n{stderr}".splitlines() if line.strip()]
    errors = [line for line in lines if ("Error" in line or "Exception" in line) and not line.startswith("at ")]
    return (errors or lines or ["it printed nothing"])[-1][:400]
