# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait says while nothing changes: the same again, with how long it lasts by now. Pure."""

from __future__ import annotations

EVERY = 4.0
"""Seconds after which a wait says again what it waits for: no wait is silent for longer than 5 s, and some look once a second only."""


def lasting(reason: str, seconds: float) -> str:
    """Return the reason as a wait says it that has lasted so many seconds; another text after each EVERY of them."""
    waited = int(seconds // EVERY * EVERY)
    return f"{reason}, for {waited} s" if waited else reason
