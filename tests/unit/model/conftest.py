# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all traces have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._cluster import parity
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.image import Difference, Image
from ansible_collections.kafkaops.kraft.plugins.module_utils._migration import gates, migration_flag, point_of_no_return
from ansible_collections.kafkaops.kraft.plugins.module_utils._platform._statefulset import (
    brokers,
    controllers,
    driver_controllers,
    volumes,
)
from hypothesis.internal.conjecture import providers

from tests.unit.model.readings import read_quorum, registrations

# Hypothesis would look for numbers to draw in the source of whatever is loaded, and keep them in the checkout: the traces
# would then be others with each change anywhere.
pytest.MonkeyPatch().setattr(providers, "_get_local_constants", lambda: providers._local_constants)


@pytest.fixture(scope="module", autouse=True)
def answers() -> Iterator[None]:
    """The quorum answers from the model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "read_quorum", read_quorum)
        patch.setattr(point_of_no_return, "read_quorum", read_quorum)
        patch.setattr(gates, "registrations", registrations)
        # a difference that lasts: it has to be accepted by name
        unlike = Difference("topic", "t", None, {"id": "x"}, "topic t is only in KRaft")
        patch.setattr(parity, "compared", lambda _cluster, _progress: parity.Parity(Image(), (unlike,)))
        # what would be written is not computed here: it is the same whatever has happened
        patch.setattr(brokers, "plan_stage", lambda _cluster, _stage: [])
        patch.setattr(brokers, "plan_return", lambda _cluster, _stage: [])
        patch.setattr(brokers, "ibp_roll", lambda cluster: (cluster.world.ibp == "own", "the IBP is high enough"))
        patch.setattr(controllers, "check_plan", lambda _cluster: None)
        patch.setattr(volumes, "claim_findings", lambda _cluster: [])
        patch.setattr(migration_flag, "would_lack", lambda _cluster: "")
        patch.setattr(driver_controllers.StatefulSetControllers, "diff", lambda *_arguments: {})
        yield
