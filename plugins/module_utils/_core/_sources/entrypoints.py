# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the entrypoint of each image makes of environment variables.

Sources: KafkaDockerWrapper.scala (Apache), ``configure`` and ``ub`` (Confluent), ``libkafka.sh`` (Bitnami).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported

# What begins with KAFKA_ and is no setting.
_NOT_SETTINGS = re.compile(
    r"VERSION|HEAP_OPTS|OPTS|JMX_.*|JVM_PERFORMANCE_OPTS|GC_LOG_OPTS|LOG4J_.*|TOOLS_LOG4J_.*|HOME|CFG_.*|"
    r"KRAFT_CLUSTER_ID|SKIP_KRAFT_STORAGE_INIT|SERVICE_(HOST|PORT).*|PORT(_.*)?"
)
_ESCAPES = {"___": "-", "__": "_", "_": "."}
_BITNAMI_CASES = {"zookeeper.clientcnxnsocket": "zookeeper.clientCnxnSocket"}


@dataclass(frozen=True)
class ImageRules:
    """The rules of one image.

    :ivar prefix: of the variables that are settings.
    :ivar cluster_id: the variable with the cluster id that directories are formatted with.
    :ivar read: what follows the prefix to the setting, None when it is none; ``spell``: the reverse.
    :ivar insists_on_node_id: in KRaft mode the broker id has to be in the variable of ``node.id``, though Kafka takes ``broker.id`` for it.
    :ivar refuses_zookeeper: in KRaft mode it does not start while a variable names ZooKeeper.
    """

    name: str
    prefix: str
    cluster_id: str
    read: Callable[[str], str | None]
    spell: Callable[[str], str]
    insists_on_node_id: bool = False
    refuses_zookeeper: bool = False

    def setting(self, variable: str) -> str | None:
        """Return the setting that the image makes of a variable, or None when it makes none."""
        return self.read(variable[len(self.prefix) :]) if variable.startswith(self.prefix) else None

    def variable(self, key: str) -> str:
        """Return the variable that the image turns into a setting.

        :raises Unsupported: ``setting-blocks`` when no variable can give it, such as a key with capitals.
        """
        name = self.prefix + self.spell(key)
        if not re.fullmatch("[A-Z0-9_]+", name) or self.setting(name) != key:
            raise Unsupported(
                f"the setting {key} cannot be set by an environment variable of {self.name}'s image; "
                "mount a properties file instead",
                code="setting-blocks",
            )
        return name


def _read(rest: str) -> str | None:
    if _NOT_SETTINGS.fullmatch(rest):
        return None
    return re.sub("_{1,3}", lambda match: _ESCAPES[match.group()], rest).lower()


def _spell(key: str) -> str:
    return key.upper().replace("_", "__").replace("-", "___").replace(".", "_")


def _read_bitnami(rest: str) -> str:
    key = rest.lower().replace("_", ".")
    key = key.replace("sasl.ssl", "sasl_ssl").replace("sasl.plaintext", "sasl_plaintext")
    return _BITNAMI_CASES.get(key, key)


def _spell_bitnami(key: str) -> str:
    return key.upper().replace(".", "_")


APACHE = ImageRules("Apache", "KAFKA_", "CLUSTER_ID", _read, _spell)
CONFLUENT = replace(APACHE, name="Confluent")
BITNAMI = ImageRules(
    "Bitnami",
    "KAFKA_CFG_",
    "KAFKA_KRAFT_CLUSTER_ID",
    _read_bitnami,
    _spell_bitnami,
    insists_on_node_id=True,
    refuses_zookeeper=True,
)

_BITNAMI_STARTS = re.compile(r"/opt/bitnami/scripts/kafka/")
_BITNAMI_IMAGE = re.compile(r"\bbitnami\w*/kafka\b")
#: what a start command calls when it leaves the settings to the image
_CALLS = (
    (re.compile(r"/etc/confluent/docker/(run|launch|configure)"), CONFLUENT),
    (re.compile(r"/etc/kafka/docker/(run|launch|configure)"), APACHE),
    (_BITNAMI_STARTS, BITNAMI),
)
#: the files that the entrypoints write
_WRITES = (
    (re.compile(r"/etc/kafka/kafka\.properties"), CONFLUENT),
    (re.compile(r"/opt/bitnami/kafka/config/"), BITNAMI),
)
_OWN = re.compile(r"kafka-server-start(\.sh)?\b|\bkafka\.Kafka\b")


def mapping_rules(image: str, start: str, config_path: str, variables: Collection[str]) -> ImageRules | None:
    """Return the rules by which an image makes settings of variables, or None when nothing does.

    :param start: the start command and the mounted scripts that it calls; what really runs decides, not the names of variables.
    :param config_path: the file that the running process was started with, "" when it is not known.
    :param variables: the names of the container's variables.
    """
    for pattern, rules in _CALLS:
        if pattern.search(start):
            return rules
    if _OWN.search(start):
        return None  # the start command calls Kafka itself: no entrypoint writes a file
    for pattern, rules in _WRITES:
        if pattern.match(config_path):
            return rules
    if not any(map(APACHE.setting, variables)) and not any(map(BITNAMI.setting, variables)):
        return None
    if "apache/kafka" in image:
        return APACHE
    if config_path:
        return None  # an entrypoint wrote it that is none of these: what it makes of KRaft mode is not known
    return BITNAMI if any(map(BITNAMI.setting, variables)) else CONFLUENT


def formats(image: str, start: str) -> ImageRules | None:
    """Return the rules of an image whose entrypoint formats directories in KRaft mode also with a mounted settings file.

    Bitnami's takes the cluster id from its own data directory only, and a random one where that is not there.
    """
    if _BITNAMI_STARTS.search(start) or (not start.strip() and _BITNAMI_IMAGE.search(image)):
        return BITNAMI
    return None


def setting_variables(key: str) -> tuple[str, str]:
    """Return the variables that images make a setting of."""
    return APACHE.prefix + _spell(key), BITNAMI.prefix + _spell_bitnami(key)
