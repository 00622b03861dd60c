# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeded mistakes: does a test fail when a safety rule is taken out?

    make mutants                       all of them
    make mutants ARGS="epoch gates"    those whose name has one of these words
    make mutants ARGS=--list           names, rules and tests

Each mutant is one change of one file of the product that takes out one safety rule of docs/architecture.md (numbers as
there; ``back`` is the order of docs/rollback.md). The tracked files of the checkout are copied to a folder in the cache;
there the named unit tests pass without the change and have to fail with it: a test that fails, not one that cannot be
collected. The checkout itself is never written.

A mutant that survives means that a rule has no test. Write the test; do not drop the mutant. A mutant whose text is not
found any more means that the list went stale: look at what became of the rule, and seed the mistake there. A unit test
(tests/unit/mutants) says so at once, without seeding anything.
Exit status: 0 all caught, 1 one survives, 2 one does not fit any more, or the tests fail without any mistake.
"""
