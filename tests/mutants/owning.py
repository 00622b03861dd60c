# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes about whose objects these are, check mode, locks, and what is written down."""

from __future__ import annotations

from tests.mutants.mutant import (
    ACT,
    ACTION,
    BASE,
    BROKERS,
    CORE,
    KUBERNETES,
    LOCKS,
    PLATFORM,
    RUN,
    SAFETY,
    UTILS,
    WRITES,
    Mutant,
    one,
    unit,
)

OWNING = (
    Mutant(
        "a broker with other settings than written is back",
        "11",
        PLATFORM + "broker_roll.py",
        "        if wrong:\n            raise KraftError(",
        "        if False:\n            raise KraftError(",
        SAFETY,
    ),
    Mutant(
        "another migration's lock is ignored",
        "6",
        PLATFORM + "locks.py",
        "        if held and held != migration_id:\n",
        "        if False:\n",
        LOCKS,
    ),
    Mutant(
        "the lock is skipped", "6", UTILS + "_base.py", "            run.ensure_lock()\n", "            pass\n", BASE
    ),
    Mutant(
        "the lock is taken without a look whose objects these are",
        "6",
        UTILS + "_run.py",
        "        self.check_ours()\n        journal = self.journal\n",
        "        journal = self.journal\n",
        RUN,
    ),
    Mutant(
        "the lock is not looked at before each restart",
        "6",
        ACTION + "rolling_restart.py",
        "            locks.check(cluster, run.journal.migration_id)\n            if stage in",
        "            if stage in",
        ACT["rolling_restart"],
    ),
    Mutant(
        "a change by others is not looked for", "6", PLATFORM + "locks.py", "        check_untouched(item)\n", "", LOCKS
    ),
    Mutant(
        "a template that others changed is overwritten",
        "6",
        PLATFORM + "writes.py",
        "    check_untouched(statefulset)\n    probe",
        "    probe",
        WRITES,
    ),
    Mutant(
        "a change of the spec while writing is overwritten",
        "6",
        PLATFORM + "writes.py",
        "            if not same:\n                break\n",
        "",
        WRITES,
    ),
    Mutant(
        "objects with another owner are taken",
        "6",
        PLATFORM + "locks.py",
        "    if stopping:\n",
        "    if False:\n",
        LOCKS,
    ),
    Mutant(
        "settings are written before rolls are held",
        "6",
        PLATFORM + "brokers.py",
        "    held = writes.hold_rolls(cluster.client, plan.statefulset)\n",
        "    held = plan.statefulset\n",
        BROKERS,
    ),
    Mutant("check mode writes", "7", UTILS + "_base.py", "        if run.check_mode:\n", "        if False:\n", BASE),
    Mutant(
        "the originals are not kept",
        "9",
        ACTION + "broker_settings.py",
        '            run.journal.originals = {"secret": originals.keep(cluster)}\n',
        "            pass\n",
        ACT["broker_settings"],
    ),
    Mutant(
        "the journal says done although it failed",
        "11",
        CORE + "journal.py",
        '        return any(event["sub_phase"] == sub_phase and not event.get("failed") for event in self.attempt())\n',
        '        return any(event["sub_phase"] == sub_phase for event in self.attempt())\n',
        unit("module_utils/_core/test_journal"),
    ),
    Mutant(
        "a failure is not written down",
        "11",
        UTILS + "_run.py",
        "                self._note_failure(error)\n",
        "                pass\n",
        RUN,
    ),
    Mutant(
        "a run outlives ansible-playbook",
        "11",
        UTILS + "_stop.py",
        "            if os.getppid() != parent:\n",
        "            if False:\n",
        one("plugin_utils/test_stop", "test_a_parent_that_changes_is_a_parent_that_died"),
    ),
    Mutant(
        "a Lease that was taken away does not stop the run",
        "11",
        KUBERNETES + "lease.py",
        "if who != self.holder:",
        "if False:",
        one("module_utils/_kubernetes/test_lease", "test_a_lease_that_was_taken_away_is_told_once"),
    ),
)
