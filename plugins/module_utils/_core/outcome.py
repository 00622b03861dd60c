# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pure layer raises when an input cannot be worked with."""

from __future__ import annotations


class Unsupported(Exception):
    """Something in the input cannot be handled; nothing was computed from it.

    :param message: one clear sentence: what, where, what to do.
    :param code: stable code of the finding, upper case with dashes, for example ``ibp-unknown``.

    The caller turns it into its own error type; this layer knows neither Ansible nor Kubernetes.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
