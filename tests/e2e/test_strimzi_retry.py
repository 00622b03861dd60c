# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second attempt after a rollback, on the double of each version of Strimzi with real Kafka: where clusters were lost.

With the playbooks nothing is lost. By hand, as people did it, it is: that shows that the cluster is one on which our guards matter.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import strimzi_kafka as kafka
from tests.e2e.strimzi_scene import FINAL, scene
from tests.operators.strimzi import names
from tests.operators.strimzi.by_hand import znode
from tests.operators.strimzi.manifests import ExampleSpec

REMOVED = {"/controller", "/migration"}
BEFORE = ("grown 1 3", "tuned 1 3 retention.ms=111000", "again 1 3", "doomed 1 3")
IN_DUAL_WRITE = ("dual-kept 2 3", "dual-doomed 1 3")
#: what people do in ZooKeeper mode between two attempts
CHANGES = """
kafka topics --delete --topic 'doomed|dual-doomed|again'
kafka topics --alter --topic grown --partitions 4
kafka configs --alter --entity-type topics --entity-name tuned --add-config retention.ms=222000,max.message.bytes=333000
kafka configs --alter --entity-type clients --entity-name app --add-config consumer_byte_rate=444000
kafka acls --add --allow-principal User:app --operation Read --topic tuned
kafka topics --create --topic made --partitions 2 --replication-factor 3 --config retention.ms=555000
# a topic is deleted by and by
for second in $(seq 60); do kafka topics --create --topic again --partitions 3 --replication-factor 3 && break; sleep 1; done
kafka verifiable-producer --topic made --max-messages 500 --acks -1
"""


@pytest.mark.parametrize("version", list(names.VERSIONS))
def test_changes_between_two_attempts_are_kept(tmp_path: Path, version: str) -> None:
    spec = ExampleSpec(controllers=1, authorization=True)
    with scene(f"e2e-retry-{version.replace('.', '-')}", tmp_path, version=version, spec=spec) as led:
        double = led.double
        led.target.variables["kraft_controller_replicas"] = spec.controllers
        kafka.make(double, *BEFORE)
        led.play("migrate")
        kafka.make(double, *IN_DUAL_WRITE)
        earlier = kafka.ids(double)
        done = led.play("rollback")
        assert set(done.result("RollbackToZkWaitForManualNodeRemovalFromZk")["removed"]) == REMOVED
        led.rolled_back()
        assert znode(double, "/migration") is None

        kafka.run(double, CHANGES)
        wanted = kafka.told(double)
        topics = wanted.topics
        assert not {"doomed", "dual-doomed"} & set(topics)
        assert {name for name, topic in topics.items() if earlier.get(name) != topic.id} == {"made", "again"}
        assert (len(topics["grown"].placed), len(topics["again"].placed), len(topics["dual-kept"].placed)) == (4, 3, 2)
        assert topics["tuned"].settings == ("max.message.bytes=333000", "retention.ms=222000")
        assert (topics["made"].settings, topics["made"].records) == (("retention.ms=555000",), 500)
        ((quota,), (acl,)) = wanted.quotas, wanted.acls
        assert "'app'" in quota, wanted
        assert "consumer_byte_rate=444000" in quota, wanted
        assert "name=tuned" in acl, wanted
        assert "principal=User:app" in acl, wanted

        led.play("migrate")
        assert double.state == names.POST_MIGRATION
        assert kafka.told(double) == wanted
        led.play("finalize", **FINAL)
        assert double.state == names.IN_KRAFT
        assert kafka.told(double) == wanted
    assert led.traffic["rate_per_s"] >= 1000, led.traffic
