# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the properties of this folder have in common."""

from __future__ import annotations

import pytest
from hypothesis.internal.conjecture import providers

# As in tests/unit/model: Hypothesis would look for numbers to draw in the source of whatever is loaded, and keep them in the
# checkout: what it tries would then be something else with each change anywhere.
pytest.MonkeyPatch().setattr(providers, "_get_local_constants", lambda: providers._local_constants)
