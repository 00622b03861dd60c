# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about partitions whose znodes are behind KRaft's partition epochs."""

from __future__ import annotations

from tests.mutants.mutant import (
    CLUSTER,
    CORE,
    MIGRATION,
    REMOVAL,
    ZOOKEEPER,
    Mutant,
    unit,
)

EPOCHS = CORE + "_metadata/partition_epochs.py"
PURE = unit("module_utils/_core/_metadata/test_partition_epochs")
RECORDS = unit("module_utils/_core/_metadata/test_image_records")
WRITING = unit("module_utils/_zookeeper/test_levelling")
LEVEL = unit("module_utils/_migration/test_level_epochs")
OPERATOR = unit("module_utils/_migration/test_operator_rollback")

LEVELLING = (
    Mutant(
        "a znode is written whatever version it has",
        "12",
        ZOOKEEPER + "session.py",
        "each.value, each.version))\n                for each in wanted",
        "each.value, -1))\n                for each in wanted",
        WRITING,
    ),
    Mutant(
        "a znode that somebody else wrote is written with what was read before",
        "12",
        EPOCHS,
        "            del self._known[path]\n            self.changed.add(path)\n",
        "            self._known[path] = self._known[path]._replace(version=self._known[path].version + 1)\n",
        PURE,
    ),
    Mutant(
        "other data are written than were read",
        "12",
        ZOOKEEPER + "levelling.py",
        "SetData(path, state.version, state.data)",
        'SetData(path, state.version, b"{}")',
        WRITING,
    ),
    Mutant(
        "a write without an answer counts",
        "12",
        EPOCHS,
        "        if outcome is not Outcome.WRITTEN:\n",
        "        if outcome is Outcome.CHANGED:\n",
        PURE,
    ),
    Mutant(
        "one write is taken for enough",
        "12",
        EPOCHS,
        "        self._left[path] -= 1\n",
        "        self._left[path] = 0\n",
        PURE,
    ),
    Mutant(
        "a change does not count in KRaft",
        "12",
        CORE + "_metadata/image_records.py",
        "None if old.epoch is None else old.epoch + 1",
        "old.epoch",
        RECORDS,
    ),
    Mutant(
        "partitions of two moments are compared",
        "12",
        EPOCHS,
        "        if ours != theirs:\n            moving[each] = count\n        elif count > 0:\n",
        "        if count > 0:\n",
        PURE,
    ),
    Mutant(
        "versions that are ahead are written too",
        "12",
        EPOCHS,
        "        elif count > 0:\n",
        "        elif count:\n",
        PURE,
    ),
    Mutant(
        "the first look counts",
        "12",
        CLUSTER + "parity.py",
        "by_presence(zookeeper, kraft), epochs_of(zookeeper, kraft)\n",
        "by_presence(zookeeper, kraft), epochs if attempt else epochs_of(zookeeper, kraft)\n",
        unit("module_utils/_cluster/test_parity"),
    ),
    Mutant(
        "what changes under our hands is not looked at again",
        "12",
        MIGRATION + "level_epochs.py",
        "            if not seen.moving and not raised.changed:\n",
        "            if not seen.moving:\n",
        LEVEL,
    ),
    Mutant(
        "a znode that cannot be written does not stop the rollback",
        "12",
        MIGRATION + "level_epochs.py",
        "        losses.accept_or_refuse(cluster, evidence, losses.EPOCHS, text, remedy)\n",
        "",
        LEVEL,
    ),
    Mutant(
        "partitions are not levelled",
        "12",
        MIGRATION + "quorum_removal.py",
        "            level_epochs.level_compared(cluster, evidence, found, progress)\n",
        "",
        REMOVAL,
    ),
    Mutant(
        "partitions are not levelled where an operator leads",
        "12",
        MIGRATION + "operator_rollback.py",
        "        level_epochs.level_compared(cluster, evidence, found, tell)\n",
        "",
        OPERATOR,
    ),
    Mutant(
        "what fell behind since the comparison is ignored",
        "12",
        MIGRATION + "level_epochs.py",
        "    if level_at is not None and not levelling.written_since(cluster.zookeeper, level_at):\n",
        "    if level_at is not None:\n",
        (*LEVEL, *OPERATOR),
    ),
    Mutant(
        "what was behind at the comparison is taken for level",
        "12",
        MIGRATION + "level_epochs.py",
        "    return before if found is not None and not found.epochs.wanted and not found.epochs.moving else None\n",
        "    return before\n",
        (*LEVEL, *OPERATOR),
    ),
    Mutant(
        "KRaft's own progress is taken for a partition that changed",
        "12",
        ZOOKEEPER + "levelling.py",
        'node = session.get("/migration")',
        'node = session.get("/controller")',
        WRITING,
    ),
    Mutant(
        "check mode levels partitions",
        "7",
        MIGRATION + "level_epochs.py",
        "        wanted = parity.partition_epochs(cluster).wanted\n",
        "        wanted = parity.partition_epochs(cluster).wanted\n        levelling.raise_versions(cluster.zookeeper, wanted, print)\n",
        LEVEL,
    ),
)
