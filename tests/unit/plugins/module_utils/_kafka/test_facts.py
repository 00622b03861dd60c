# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts from recorded output of the script, and the script itself on a process that looks like Kafka."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka import facts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts_script import SCRIPT
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError, NotFound
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.redact import REDACTED

# A controller of the sandbox, Kafka 3.9.2 on Debian 12, as printed.
RECORDED = """
@@kraft pid 1

@@kraft argv
java
-Xms128m
-Xmx384m
-XX:+UseSerialGC
-javaagent:/opt/jolokia/jolokia.jar=port=7777,host=0.0.0.0
-Dsun.net.inetaddr.ttl=1
-cp
/opt/kafka/bin/../libs/commons-cli-1.4.jar:/opt/kafka/bin/../libs/kafka_2.13-3.9.2.jar
kafka.Kafka
/tmp/server.properties
--override
ssl.key.password=hunter2 two
--override=num.io.threads=9

@@kraft environ
KAFKA_OPTS=-javaagent:/opt/jolokia/jolokia.jar=port=7777,host=0.0.0.0 -Djavax.net.ssl.trustStorePassword=hunter2
KAFKA_SASL_JAAS_CONFIG=hunter2
KAFKA_MULTI=a\x01b
PATH=/opt/kafka/bin:/usr/bin
broken

@@kraft channels 3
@@kraft owner 1000 1001
@@kraft config /tmp/server.properties
process.roles=controller
node.id=3000
listeners=CONTROLLER://:9093
log.dirs=/data/kafka, /data/two
num.io.threads=4

@@kraft open
/data/kafka/.lock
/opt/kafka/libs/kafka_2.13-3.9.2-test.jar
/opt/kafka/libs/kafka_2.13-3.9.2.jar

@@kraft libs /opt/kafka/libs
kafka_2.13-3.9.2.jar

@@kraft tools
kafka-server-start /opt/kafka/bin/kafka-server-start.sh
kafka-storage /opt/kafka/bin/kafka-storage.sh
kafka-dump-log /opt/kafka/bin/kafka-dump-log.sh
kafka-dump-log /usr/bin/kafka-dump-log

@@kraft log-dir /data/kafka
/volumes/kafka

@@kraft log-dir /data/two

@@kraft meta /data/kafka
#
#Sat Nov 21 09:25:26 UTC 2026
node.id=3000
directory.id=ti1I9Od8JNUQIgDj6I26OQ
version=1
cluster.id=PimZkhs0SZ2vh9gFLI-MvQ

@@kraft quorum-state /data/kafka
{"clusterId":"","leaderId":3001,"leaderEpoch":4,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":3000}],"data_version":0}
@@kraft security /usr/lib/jvm/java-17-openjdk-amd64/conf/security/java.security
networkaddress.cache.negative.ttl=10

@@kraft end
"""


def recorded(*changes: tuple[str, str]) -> str:
    text = RECORDED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_recorded_controller() -> None:
    found = facts.parse(RECORDED)
    assert found.pid == 1
    assert found.config_path == "/tmp/server.properties"
    assert found.settings["num.io.threads"] == "9"
    assert found.settings["ssl.key.password"] == "hunter2 two"
    assert found.version == "3.9.2"
    assert found.home == "/opt/kafka"
    assert found.start_script == "/opt/kafka/bin/kafka-server-start.sh"
    assert found.storage_tool == "/opt/kafka/bin/kafka-storage.sh"
    assert found.tools["kafka-dump-log"] == "/opt/kafka/bin/kafka-dump-log.sh"
    assert found.meta == (facts.MetaProperties("/data/kafka", 1, "PimZkhs0SZ2vh9gFLI-MvQ", 3000),)
    assert found.quorum_state is not None
    assert found.quorum_state["leaderId"] == 3001
    assert found.dns_ttl == 1
    assert found.jolokia_port == 7777
    assert found.channels == 3
    assert found.roles == ("controller",)
    assert found.node_id == 3000
    assert found.cluster_id == "PimZkhs0SZ2vh9gFLI-MvQ"
    assert found.log_dirs == ("/data/kafka", "/data/two")
    assert found.metadata_dir == "/data/kafka"
    assert found.env["KAFKA_MULTI"] == "a\nb"
    assert "-Xmx384m" in found.jvm_options
    assert "-cp" not in found.jvm_options
    assert found.owner == (1000, 1001)
    assert found.real_dirs == {"/data/kafka": "/volumes/kafka"}
    assert facts.parse(recorded(("owner 1000 1001", "owner "))).owner is None


def test_options_in_force_are_those_of_variables_too() -> None:
    found = dataclasses.replace(
        facts.parse(RECORDED),
        jvm_options=("-Da=1",),
        env={"JAVA_TOOL_OPTIONS": "-Da=0 '-Db=x y'", "JDK_JAVA_OPTIONS": "-Dc", "_JAVA_OPTIONS": "-Da=2"},
    )
    assert found.options == ("-Da=0", "-Db=x y", "-Dc", "-Da=1", "-Da=2")


def test_secrets_stay_inside() -> None:
    found = facts.parse(RECORDED)
    shown = (repr(found), *found.argv, *found.jvm_options, *found.env.values())
    assert not [each for each in shown if "hunter2" in each or "two" in each.split()]
    assert found.env["KAFKA_SASL_JAAS_CONFIG"] == REDACTED
    assert found.env["KAFKA_OPTS"].startswith("-javaagent:/opt/jolokia")


@pytest.mark.parametrize(
    ("security", "option", "ttl"),
    [
        ("", "", None),
        ("", "-Dsun.net.inetaddr.ttl=5", 5),
        ("networkaddress.cache.ttl=60", "-Dsun.net.inetaddr.ttl=5", 60),
        ("networkaddress.cache.ttl=-1", "", -1),
        ("networkaddress.cache.ttl=-7", "", -1),
        ("networkaddress.cache.ttl=", "-Dsun.net.inetaddr.ttl=0", 0),
        ("networkaddress.cache.ttl=never", "", None),
    ],
)
def test_dns_ttl(security: str, option: str, ttl: int | None) -> None:
    text = recorded(("-Dsun.net.inetaddr.ttl=1", option or "-Dx=y"), ("networkaddress.cache.negative.ttl=10", security))
    assert facts.parse(text).dns_ttl == ttl


def test_an_extra_security_file_is_added_or_replaces() -> None:
    extra = "@@kraft security-extra /x\nnetworkaddress.cache.ttl=3\n\n@@kraft end"
    base = ("networkaddress.cache.negative.ttl=10", "networkaddress.cache.ttl=60")
    text = recorded(base, ("@@kraft end", extra), ("-XX:+UseSerialGC", "-Djava.security.properties=/x"))
    assert facts.parse(text).dns_ttl == 3
    # With == the base file does not count at all.
    text = recorded(base, ("-XX:+UseSerialGC", "-Djava.security.properties==/x"), ("-Dsun.net.inetaddr.ttl=1", "-Dx=y"))
    assert facts.parse(text).dns_ttl is None


@pytest.mark.parametrize(
    ("agent", "port"),
    [
        ("jolokia.jar=port=1234,host=*", 1234),
        ("jolokia-agent.jar=host=0.0.0.0", 8778),
        ("jolokia.jar", None),
        ("jolokia.jar=port=1234,host=127.0.0.1", None),
        ("jolokia.jar=port=1234,host=0.0.0.0,protocol=https", None),
        ("jmx_prometheus.jar=1234:/x.yml", None),
    ],
)
def test_jolokia_port(agent: str, port: int | None) -> None:
    text = recorded(("-javaagent:/opt/jolokia/jolokia.jar=port=7777,host=0.0.0.0\n-D", f"-javaagent:/{agent}\n-D"))
    assert facts.parse(text).jolokia_port == port


def test_options_from_the_environment() -> None:
    text = recorded(
        ("-Dsun.net.inetaddr.ttl=1\n", ""),
        ("broken", "JAVA_TOOL_OPTIONS=-Dsun.net.inetaddr.ttl=7\n_JAVA_OPTIONS='-Dsun.net.inetaddr.ttl=8"),
    )
    assert facts.parse(text).dns_ttl == 7
    assert facts.parse(text.replace("'-D", "-D")).dns_ttl == 8


def test_a_confluent_broker_in_zookeeper_mode() -> None:
    text = recorded(
        ("/opt/kafka/libs/kafka_2.13-3.9.2-test.jar\n", ""),
        ("/opt/kafka/libs/kafka_2.13-3.9.2.jar", "/usr/share/java/kafka/kafka_2.13-7.6.0-ccs.jar"),
        ("@@kraft libs /opt/kafka/libs\nkafka_2.13-3.9.2.jar", "@@kraft libs /usr/share/java/kafka"),
        ("kafka.Kafka\n", "io.confluent.support.metrics.SupportedKafka\n"),
        ("process.roles=controller\nnode.id=3000\n", ""),
        ("log.dirs=/data/kafka, /data/two\n", ""),
        ("node.id=3000\n", "broker.id=7\n"),
        ("version=1\n", "version=0\n"),
    )
    found = facts.parse(text)
    assert found.version == "7.6.0-ccs"
    assert found.home is None
    assert found.roles == ()
    assert found.node_id == 7
    assert found.meta[0].version == 0
    assert found.log_dirs == ("/tmp/kafka-logs",)


def test_little_is_known() -> None:
    text = recorded(
        ("@@kraft config /tmp/server.properties", "@@kraft other"),
        ("/opt/kafka/libs/kafka_2.13-3.9.2-test.jar\n/opt/kafka/libs/kafka_2.13-3.9.2.jar\n", ""),
        (":/opt/kafka/bin/../libs/kafka_2.13-3.9.2.jar", ""),
        ("@@kraft libs /opt/kafka/libs\nkafka_2.13-3.9.2.jar", "@@kraft libs "),
        ("@@kraft meta", "@@kraft other"),
        ("@@kraft quorum-state", "@@kraft other"),
    )
    found = facts.parse(text)
    assert (found.version, found.config_path, found.node_id, found.cluster_id) == (None, None, None, None)
    assert (found.meta, found.quorum_state, found.home) == ((), None, None)


def test_windows_line_ends_of_a_terminal() -> None:
    assert facts.parse(RECORDED.replace("\n", "\r\n")).version == "3.9.2"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (RECORDED.replace("@@kraft end", ""), "cut off"),
        (RECORDED.replace("kafka.Kafka", "kafka.Other"), "contains no main class"),
        ("\n@@kraft none\n", "names no process"),
        ("\n@@kraft end\n", "names no process"),
    ],
)
def test_output_that_makes_no_sense(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        facts.parse(text)


CLIENT = cast(KubeClient, None)
"""Nobody asks it: the exec is replaced."""


def answering(monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str = "") -> None:
    answer = types.SimpleNamespace(stdout=stdout, stderr=stderr, rc=0)

    def run(*_args: object, quote: bool, **_options: object) -> types.SimpleNamespace:
        assert not quote, "the settings are among it"
        return answer

    monkeypatch.setattr(pod_exec, "run", run)


def test_pod_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, RECORDED)
    assert facts.pod_facts(CLIENT, "ns", "kafka-0", "kafka").pid == 1
    answering(monkeypatch, "\n@@kraft none\n", "sh: grep: not found\n")
    with pytest.raises(NotFound, match=r"no Kafka process runs in pod ns/kafka-0 \(container kafka\): sh: grep: not"):
        facts.pod_facts(CLIENT, "ns", "kafka-0", "kafka")
    answering(monkeypatch, "\n@@kraft none\n")
    with pytest.raises(NotFound, match=r"in pod ns/kafka-0$"):
        facts.pod_facts(CLIENT, "ns", "kafka-0")
    answering(monkeypatch, "")
    with pytest.raises(KraftError, match="cannot identify the Kafka process of pod ns/kafka-0: the output is cut off"):
        facts.pod_facts(CLIENT, "ns", "kafka-0")


HOLDER = "import sys,time; h=[open(p) for p in sys.argv[-2:]]; print('up', flush=True); time.sleep(60)"
SHELLS = [
    pytest.param(words, marks=pytest.mark.skipif(shutil.which(words[0]) is None, reason=f"{words[0]} is not installed"))
    for words in (["dash"], ["bash", "--posix"], ["busybox", "sh"])
]


@pytest.fixture
def kafka(tmp_path: Path) -> Path:
    """Folders and files of a Kafka, some with blanks in their names."""
    libs, data, storage = tmp_path / "my kafka" / "libs", tmp_path / "the data", tmp_path / "my kafka" / "bin"
    for folder in (libs, data / "__cluster_metadata-0", storage, tmp_path / "two"):
        folder.mkdir(parents=True)
    (storage / "kafka-storage.sh").write_text("")
    (storage / "kafka-storage.sh").chmod(0o755)
    (libs / "kafka_2.13-9.9.9.jar").write_text("")
    (data / ".lock").write_text("")
    (data / "meta.properties").write_text("version=0\nbroker.id=5\ncluster.id=abc\n")
    (tmp_path / "two" / "meta.properties").write_text("version=0\nbroker.id=5\ncluster.id=abc")
    (data / "__cluster_metadata-0" / "quorum-state").write_text('{"leaderId":3}')
    (tmp_path / "link").symlink_to(data)
    (tmp_path / "security").write_text("networkaddress.cache.ttl=7\nother=1\n")
    provider = "config.providers=env\nconfig.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n"
    (tmp_path / "k.properties").write_text(
        f"# c\nbroker.id: 5\n{provider}zookeeper.connect=${{env:ZK_CONNECT}}\nx=${{env:NOT_SET}}\n"
        f" log.dirs = {data},\tlink ,link, /not/there,two "
    )
    return tmp_path


def script_on(folder: Path, shell: list[str], words: list[str], opened: list[str]) -> tuple[int, Any]:
    """Run the script on a real process of that command line, whose own /proc it reads; returns its pid, and what was printed."""
    command = [sys.executable, "-c", HOLDER, *words, *opened]
    env = {**os.environ, "KAFKA_OPTS": "-Da=b", "OTHER": "x", "ZK_CONNECT": "zk:2181/a=b"}
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            # Another Kafka on this machine must not be found in its place.
            only = SCRIPT.replace("/proc/[0-9]*/cmdline", f"/proc/{process.pid}/cmdline")
            done = subprocess.run([*shell, "-c", only], capture_output=True, text=True, check=True, timeout=30)
        finally:
            process.kill()
    return process.pid, done


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_on_a_process_that_looks_like_kafka(kafka: Path, shell: list[str]) -> None:
    libs, data = kafka / "my kafka" / "libs", kafka / "the data"
    security = f"-Djava.security.properties={kafka / 'security'}"
    pid, done = script_on(
        kafka,
        shell,
        ["two\nlines", security, "kafka.Kafka", "k.properties"],
        [str(libs / "kafka_2.13-9.9.9.jar"), str(data / ".lock")],
    )
    found = facts.parse(done.stdout)
    assert found.pid == pid
    assert found.config_path == str(kafka / "k.properties")
    assert found.settings["broker.id"] == "5"
    assert found.settings["log.dirs"] == f"{data},\tlink ,link, /not/there,two "
    assert (found.settings["zookeeper.connect"], found.settings["x"]) == ("zk:2181/a=b", "${env:NOT_SET}")
    # a relative path starts where the process does
    assert found.real_dirs == {str(data): str(data), "link": str(data), "two": str(kafka / "two")}
    assert found.owner == (os.getuid(), os.getgid())
    assert found.version == "9.9.9"
    assert found.home == str(kafka / "my kafka")
    assert found.storage_tool == str(kafka / "my kafka" / "bin" / "kafka-storage.sh")
    assert found.meta == (facts.MetaProperties(str(data), 0, "abc", 5),)
    assert found.metadata_logs == (f"{data}/__cluster_metadata-0",)
    assert found.quorum_state == {"leaderId": 3}
    assert found.dns_ttl == 7
    assert found.env["KAFKA_OPTS"] == "-Da=b"
    assert "OTHER" not in found.env
    assert "two\nlines" in found.argv
    assert done.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_on_a_process_that_has_nothing_open(kafka: Path, shell: list[str]) -> None:
    """The jars are known by the class path then, and the log directories by what overrides the file."""
    null = "/dev/null"
    words = [
        "-cp",
        f"/x/*:{kafka / 'my kafka' / 'libs'}/*",
        "kafka.Kafka",
        "k.properties",
        "--override",
        "log.dirs=two",
    ]
    _pid, done = script_on(kafka, shell, words, [null, null])
    found = facts.parse(done.stdout)
    assert found.version == "9.9.9"
    assert found.home == str(kafka / "my kafka")
    assert next(iter(found.real_dirs)) == "two"
    assert done.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_on_a_process_without_a_file(kafka: Path, shell: list[str]) -> None:
    _pid, done = script_on(kafka, shell, ["kafka.Kafka", "--override", "broker.id=3"], ["/dev/null", "/dev/null"])
    found = facts.parse(done.stdout)
    assert found.config_path is None
    assert found.settings == {"broker.id": "3"}
    assert found.meta == ()
    assert done.stderr == ""


def test_the_script_without_kafka() -> None:
    none = SCRIPT.replace("/proc/[0-9]*/cmdline", "/proc/self/cmdline")
    done = subprocess.run(["sh", "-c", none], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "@@kraft none"
