# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs in a node's pod: the script that formats and starts, the one that says whether it is ready, and what Kafka logs. Pure.

Private to the collection. POSIX sh. Readiness is the broker's own state, which Kafka logs at each change, and not a port alone: a port answers
from a broker that is on its way out. No JVM is started to ask.

An empty volume is formatted once in the life of a node. One that has been part of the cluster and comes back empty has lost its data: formatted
again without a look, a majority of such controllers would be a new, empty cluster under the old id, and every broker would give up its partitions.
"""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._deploy.security import (
    CERTIFICATE,
    KEY,
    TLS_FOLDER,
    USERS_FOLDER,
    Security,
)

CONFIG_PATH, RUN_PATH = "/etc/kraft", "/run/kraft"
FILE = "server.properties"
START, READY, LOG4J, LOG4J2 = "start.sh", "ready.sh", "log4j.properties", "log4j2.properties"
KEY_STORE = f"{RUN_PATH}/keystore.pem"
#: what the broker's state changes to, line by line
STATES = f"{RUN_PATH}/states.log"
CONTAINER, INIT_CONTAINER = "kafka", "kraft-format"
POD_NAME, ID_BASE, CLUSTER_ID, NODES, REPLACED, HOST_IP = (
    "KRAFT_POD_NAME",
    "KRAFT_NODE_ID_BASE",
    "KRAFT_CLUSTER_ID",
    "KRAFT_NODES",
    "KRAFT_REPLACED",
    "KRAFT_HOST_IP",
)
#: first words of a pod that does not format, which deploy.yml looks for
LOST = "the volume of this node is empty"

LOG4J_TEXT = f"""\
log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.logger.kafka.server.BrokerLifecycleManager=INFO, states
log4j.appender.states=org.apache.log4j.FileAppender
log4j.appender.states.File={STATES}
log4j.appender.states.layout=org.apache.log4j.PatternLayout
log4j.appender.states.layout.ConversionPattern=%m%n
"""
LOG4J2_TEXT = f"""\
status=warn
appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=[%d] %p %m (%c)%n
appender.states.type=File
appender.states.name=states
appender.states.fileName={STATES}
appender.states.layout.type=PatternLayout
appender.states.layout.pattern=%m%n
rootLogger.level=info
rootLogger.appenderRef.stdout.ref=stdout
logger.lifecycle.name=kafka.server.BrokerLifecycleManager
logger.lifecycle.level=info
logger.lifecycle.appenderRef.states.ref=states
"""

_PREPARE = f"""\
set -eu
id=$(({{base}} + ${{{{{POD_NAME}##*-}}}}))
old=$(umask); umask 077
{{{{
  cat {CONFIG_PATH}/{FILE}
  echo "node.id=$id"
{{more}}
}}}} > {RUN_PATH}/{FILE}
{{stores}}umask "$old"
"""


def prepare(security: Security, advertised: str) -> str:
    """Return the part of a script that makes a node's settings file.

    :param advertised: shell text that prints the node's advertised.listeners, "" for a controller alone.
    """
    more = [f"  {advertised}"] if advertised else []
    if security.sasl:
        more += [f"  {line}" for line in _logins(security)]
    # PEM wants the key and its certificates in one file
    stores = f"cat {TLS_FOLDER}/{KEY} {TLS_FOLDER}/{CERTIFICATE} > {KEY_STORE}\n" if security.tls else ""
    return _PREPARE.format(base=f"${ID_BASE}", more="\n".join(more) or "  :", stores=stores)


def _logins(security: Security) -> list[str]:
    """Print sasl.jaas.config of each listener: its users, and as whom the node logs in. Quotes and backslashes of a password are escaped twice."""
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    escape = r"""sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/\\/\\\\/g'"""
    login = rf"username=\"{security.node_user}\" password=\"$mine\"$users;"
    return [
        f"users=; for file in {USERS_FOLDER}/*; do",
        f'users="$users user_${{file##*/}}=\\"$({escape} "$file")\\""',
        "done",
        f"mine=$({escape} {USERS_FOLDER}/{security.node_user})",
        "for listener in client internal controller; do",
        f"printf '%s\\n' \"listener.name.$listener.plain.sasl.jaas.config={module} required {login}\"",
        "done",
    ]


def format_script(prepared: str, storage_tool: str, log_dir: str, arguments: str) -> str:
    """Return what formats an empty volume of a node that never was part of the cluster, or that is to be replaced.

    :param arguments: more of the tool's, for example which controllers are the first voters.
    """
    return (
        f"{prepared}"
        f"[ ! -f {log_dir}/meta.properties ] || exit 0\n"
        f'case ",${NODES}," in *",$id,"*)\n'
        f'  case ",${REPLACED}," in *",$id,"*) ;; *)\n'
        f'    echo "{LOST}, and node $id has been part of this cluster: it is not formatted by itself. Run deploy.yml, which looks whether the '
        'others have what it had" >&2\n'
        "    exit 1\n"
        "  esac\n"
        "esac\n"
        "unset KAFKA_OPTS KAFKA_JMX_OPTS JMX_PORT JAVA_TOOL_OPTIONS KAFKA_LOG4J_OPTS\n"
        f"exec {storage_tool} format --config {RUN_PATH}/{FILE} --cluster-id=${CLUSTER_ID} {arguments}".rstrip()
        + "\n"
    )


def start_script(prepared: str, start_tool: str) -> str:
    """Return what starts Kafka; what an earlier process wrote of its state means nothing."""
    return f"{prepared}: > {STATES}\nexec {start_tool} {RUN_PATH}/{FILE}\n"


def ready_script(ports: tuple[int, ...], broker: bool) -> str:
    """Return what succeeds for a node that serves: its ports are open, and a broker has last said that it is RUNNING."""
    hexes = " ".join(f"{port:04X}" for port in ports)
    text = (
        "set -eu\n"
        f"for port in {hexes}; do\n"
        # of /proc/net: local address, remote address, state; 0A is LISTEN
        '  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE "^ *[0-9]+: [0-9A-F]+:$port [0-9A-F]+:0000 0A" || exit 1\n'
        "done\n"
    )
    if not broker:
        return text
    return text + (
        f"last=$(grep -E 'Transitioning from|controlled shutdown' {STATES} | tail -n 1)\n"
        'case $last in *"to RUNNING"*) ;; *) exit 1 ;; esac\n'
    )
