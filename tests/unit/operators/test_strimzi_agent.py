# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs in the pods of Strimzi's double: the agent, on gauges that are not Kafka's, and the start script."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.operators.strimzi import image

FOLDER = Path(image.__file__).parent / "container"
SOURCE = FOLDER / "KafkaAgent.java"
#: a gauge that has nothing to tell when it is first asked, as Kafka's own for a moment of its start
PROBE = """
package kafkaops.strimzi;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import javax.management.ObjectName;

public final class Probe {
    public interface GaugeMBean {
        Integer getValue();
    }

    public static final class Gauge implements GaugeMBean {
        private int asked;

        @Override
        public Integer getValue() {
            if (asked++ == 0) {
                throw new NullPointerException("no state yet");
            }
            return 3;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Method asks = KafkaAgent.class.getDeclaredMethod("isReady");
        asks.setAccessible(true);
        StringBuilder said = new StringBuilder().append(asks.invoke(null));
        ManagementFactory.getPlatformMBeanServer()
            .registerMBean(new Gauge(), new ObjectName("kafka.server:type=KafkaServer,name=BrokerState"));
        said.append(' ').append(asks.invoke(null)).append(' ').append(asks.invoke(null));
        System.out.println(said);
    }
}
"""


@pytest.mark.skipif(shutil.which("javac") is None, reason="no JDK, with which the agent is built")
def test_a_gauge_that_has_nothing_to_tell_yet_does_not_end_the_agent(tmp_path: Path) -> None:
    probe = tmp_path / "Probe.java"
    probe.write_text(PROBE, encoding="utf-8")
    subprocess.run(["javac", "-d", tmp_path, SOURCE, probe], check=True)
    command = ["java", "-cp", str(tmp_path), "kafkaops.strimzi.Probe"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.split() == ["false", "false", "true"]


def test_a_cluster_id_that_begins_with_a_dash_is_not_taken_for_an_option() -> None:
    script = (FOLDER / "kafka_run.sh").read_text(encoding="utf-8")
    assert script.count("kafka-storage.sh format") == 1
    assert 'kafka-storage.sh format -g --cluster-id="$(cat "$config/cluster.id")"' in script
