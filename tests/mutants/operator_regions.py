# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes where one Kafka cluster has several regions: their turns, the lock between them, whose brokers and controllers count."""

from __future__ import annotations

from tests.mutants.mutant import CLUSTER, CORE, MIGRATION, PLATFORM, UTILS, Mutant, unit

CONFLUENT = PLATFORM + "_confluent/"
TURNS = unit("module_utils/_core/test_regions")
READ, CHECKED = (unit(f"module_utils/_platform/_confluent/test_{name}") for name in ("regions", "region_checks"))
ASKED = unit("plugin_utils/test_regions")
COUNTED = unit("module_utils/_migration/test_operator_regions")

OPERATOR_REGIONS = (
    Mutant(
        "two regions restart brokers at the same time",
        "4",
        CORE + "regions.py",
        '    return Turn(waits=f"until nothing is restarted any more in {moving[0].at}") if moving else None\n',
        "    return None\n",
        TURNS,
    ),
    Mutant(
        "a region that restarts its brokers for the migration counts as one that stands still",
        "4",
        CORE + "regions.py",
        'ROLLED = "MigrateEnsureKafkaRollComplete"\n',
        'ROLLED = "MigrateTriggerKafkaMigration"\n',
        TURNS,
    ),
    Mutant(
        "the region with most voters is finalized first",
        "1",
        CORE + "regions.py",
        "    order = in_order([mine, *others])[::-1]\n",
        "    order = in_order([mine, *others])\n",
        TURNS,
    ),
    Mutant(
        "a region is rolled back while another one still moves forward",
        "4",
        CORE + "regions.py",
        "    if moving:\n        return Turn(waits=f",
        "    if False:\n        return Turn(waits=f",
        TURNS,
    ),
    Mutant(
        "a region goes back beside one that was told to finalize",
        "1",
        CORE + "regions.py",
        '                code="rollback-impossible",\n            )\n    if mine.returns:\n',
        '                code="rollback-impossible",\n            ) and Turn()\n    if mine.returns:\n',
        TURNS,
    ),
    Mutant(
        "a region is finalized beside one that is not in DUAL-WRITE",
        "1",
        CORE + "regions.py",
        "        if not each.finalizes and each.seen.phase != phases.DUAL_WRITE:\n",
        "        if False:\n",
        TURNS,
    ),
    Mutant(
        "a region is asked to migrate beside a rollback that is not cleaned up",
        "3",
        CORE + "regions.py",
        "        return self.seen.rolls_back or (not self.seen.started and bool(self.left))\n",
        "        return self.seen.rolls_back and not self.seen.rolled_back\n",
        TURNS,
    ),
    Mutant(
        "what an attempt has left in another region is not looked for",
        "3",
        CONFLUENT + "regions.py",
        "        left=() if seen.started else tuple(removing.left(cluster)),\n",
        "        left=(),\n",
        READ,
    ),
    Mutant(
        "a region that cannot be read counts as one that stands still",
        "4",
        CONFLUENT + "regions.py",
        "    except KraftError as error:\n        raise Refused(\n",
        "    except KraftError as error:\n        if error:\n            return\n        raise Refused(\n",
        READ,
    ),
    Mutant(
        "the other regions are looked at outside of their lock",
        "4",
        UTILS + "_turns.py",
        "            if not before(run, verb):  # somebody else may have had the lock meanwhile\n",
        "            if True:\n",
        ASKED,
    ),
    Mutant(
        "each region has a lock of its own",
        "4",
        CONFLUENT + "regions.py",
        "    home = dict(named(cluster))[at.host]\n",
        "    home = cluster\n",
        READ,
    ),
    Mutant(
        "hosts of one run do not keep each other out",
        "4",
        CONFLUENT + "regions.py",
        '    who = f"{found.host}/{holder}"\n',
        "    who = holder\n",
        READ,
    ),
    Mutant(
        "an operator that waits for another region counts as one that stands still",
        "11",
        CONFLUENT + "driver.py",
        "following.follow([replace(own, look=crashed), *others], of_all,",
        "following.follow([replace(own, look=crashed)], of_all,",
        READ,
    ),
    Mutant(
        "a region of several is taken for the whole Kafka cluster",
        "5",
        CONFLUENT + "driver.py",
        "            return region_checks.undeclared(cluster.seen)\n",
        "            return []\n",
        READ,
    ),
    Mutant(
        "regions below different chroots are taken for one Kafka cluster",
        "5",
        CONFLUENT + "region_checks.py",
        "    if len(chroots) > 1:\n",
        "    if False:\n",
        CHECKED,
    ),
    Mutant(
        "regions with different cluster ids are taken for one Kafka cluster",
        "5",
        CONFLUENT + "region_checks.py",
        "    if len(found) > 1:\n",
        "    if False:\n",
        CHECKED,
    ),
    Mutant(
        "regions are migrated of which none has a majority of the voters",
        "9",
        CONFLUENT + "region_checks.py",
        "    if not regions.has_majority(known):\n",
        "    if False:\n",
        CHECKED,
    ),
    Mutant(
        "brokers of another region that are not registered are passed by",
        "1",
        MIGRATION + "operator_gates.py",
        " | cluster.view.assigned_brokers | set(elsewhere)\n",
        " | cluster.view.assigned_brokers\n",
        COUNTED,
    ),
    Mutant(
        "a broker of a region that is not final may be in KRaft mode already",
        "1",
        MIGRATION + "operator_gates.py",
        "elsewhere.get(broker) not in over and broker not in own_kraft:\n",
        "broker not in elsewhere and broker not in own_kraft:\n",
        COUNTED,
    ),
    Mutant(
        "a region is finalized although another one has not soaked",
        "1",
        MIGRATION + "operator_gates.py",
        "    return next((each for each in found if not each.passed), found[0])\n",
        "    return found[0]\n",
        COUNTED,
    ),
    Mutant(
        "controllers of another region may have lost the flag",
        "2",
        MIGRATION + "operator_gates.py",
        "    if not all(flag_on_everywhere(each) for each in (cluster, *cluster.others) if _where(each) not in over):\n",
        "    if not flag_on_everywhere(cluster):\n",
        COUNTED,
    ),
    Mutant(
        "znodes are removed while a broker of another region runs in KRaft mode",
        "9",
        MIGRATION + "operator_rollback.py",
        "        modes = [item for each in every for item in each.modes.items()]\n",
        "        modes = list(cluster.modes.items())\n",
        COUNTED,
    ),
    Mutant(
        "znodes are removed although controllers of another region have more than ZooKeeper",
        "9",
        MIGRATION + "operator_rollback.py",
        "for each in every for reading in each.controller_facts.values()]\n",
        "for reading in cluster.controller_facts.values()]\n",
        COUNTED,
    ),
    Mutant(
        "the quorum is asked of followers alone",
        "1",
        CLUSTER + "quorum.py",
        "            if there.leader in other.controller_ids:\n",
        "            if False:\n",
        COUNTED,
    ),
    Mutant(
        "an operator is asked although the lock of all regions was lost meanwhile",
        "11",
        UTILS + "_led.py",
        "        sure()\n        written",
        "        written",
        ASKED,
    ),
)
