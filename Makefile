# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything a developer starts. Only Python 3.11 and make have to be there; DEVELOPERS.md has the rest.
# ARGS="..." is handed on: make unit ARGS="-k quorum", make lint ARGS=mypy, make demo ARGS="--brokers 5".

PYTHON ?= python3
ARGS ?=
export PYTHONDONTWRITEBYTECODE = 1
QUALITY = PYTHONPATH=tests/tools $(PYTHON) -m quality

.DEFAULT_GOAL := help
.PHONY: help deps lint sanity unit e2e molecule test test-matrix chaos faults rounds mutants bench demo docs clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps:  ## build the Python environments, link .venv and .collections
	@$(QUALITY) deps

lint:  ## linters, types, documentation, licences, packaging (ARGS: single tools by name)
	@$(QUALITY) run $(if $(ARGS),$(ARGS),lint)

sanity:  ## ansible-test sanity under the oldest and the newest supported ansible-core
	@$(QUALITY) run sanity

unit:  ## unit tests with coverage (ARGS: passed to pytest)
	@$(QUALITY) run unit --pytest "$(ARGS)"

e2e:  ## a migration on the sandbox, one Molecule scenario, two operators, one secured cluster, one rollback with kills
	@$(QUALITY) hook e2e $(ARGS)

molecule:  ## every Molecule scenario
	@$(QUALITY) hook molecule $(ARGS)

test:  ## what CI runs: lint, sanity, unit, e2e
	@$(QUALITY) run
	@$(QUALITY) hook e2e $(ARGS)

test-matrix:  ## every fixture cluster and every scenario
	@$(QUALITY) hook matrix $(ARGS)

chaos:  ## kill the run at every boundary, forward and back, and compare (ARGS=--sample)
	@$(QUALITY) hook chaos $(ARGS)

mutants:  ## remove one safety rule at a time and check that a unit test fails (ARGS: words of names, --list)
	@$(QUALITY) hook mutants $(ARGS)

rounds:  ## 20 migrations and rollbacks under traffic, resumable; writes docs/benchmarks.md (ARGS="--rounds 2")
	@$(QUALITY) hook rounds $(ARGS)

faults:  ## inject faults into running migrations: API server, controllers, ZooKeeper, network, people (ARGS="--chain stopped")
	@$(QUALITY) hook faults $(ARGS)

bench:  ## measure and write docs/benchmarks.md
	@$(QUALITY) hook bench $(ARGS)

demo:  ## watch a cluster move from ZooKeeper to KRaft, then read the report
	@$(QUALITY) hook demo $(ARGS)

docs:  ## write the generated parts of docs/ and roles/ again
	@$(QUALITY) docs

clean:  ## remove what the tools left in the checkout (the cache outside it stays)
	@rm -rf .ansible .cache .coverage .mypy_cache .pytest_cache .ruff_cache build tests/output
	@find . -name __pycache__ -type d -not -path './.git/*' -not -path './.venv/*' -prune -exec rm -rf {} +
	@rm -f ./*.tar.gz changelogs/.plugin-cache.yaml
