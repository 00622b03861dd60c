# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in at a listener with SASL: PLAIN and SCRAM.

Private to the collection.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata import sasl_messages as messages
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.quorum_messages import Denied
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.scram import HASHES, NotTheServer, Scram
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.client_security import Security
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import KraftError

CODE = "quorum-login-failed"
_PLAIN = "PLAIN"

Ask = Callable[[Callable[[int], bytes]], tuple[bytes, int]]
"""Sends the request that is made of a number, and returns the answer and that number."""


def log_in(ask: Ask, security: Security, what: str) -> None:
    """Log in.

    :param what: whom this talks to, for messages.
    :raises KraftError: ``quorum-login-failed``: wrong password, mechanism not enabled, no SASL there, ...
    :raises Unreachable: when the other side does not answer.
    :raises Malformed: when it does not answer in Kafka's protocol.
    """
    mechanism = security.mechanism
    if mechanism != _PLAIN and mechanism not in HASHES:
        raise KraftError(f"only Kafka's own tools can log in at {what} by {mechanism or 'no mechanism'}", code=CODE)
    try:
        messages.read_handshake(*ask(lambda number: messages.ask_handshake(number, mechanism)))
        if mechanism == _PLAIN:
            _token(ask, messages.plain_token(security.username, security.password))
            return
        scram = Scram(mechanism, security.username, security.password, secrets.token_urlsafe(24))
        scram.verify(_token(ask, scram.final(_token(ask, scram.first()))))
    except messages.NotEnabled as error:
        enabled = ", ".join(error.enabled) or "no mechanism"
        raise KraftError(f"{what} has no {mechanism} enabled: it offers {enabled}", code=CODE) from None
    except NotTheServer:
        raise KraftError(
            f"{what} does not know the password of user {security.username}: it is not who it should be", code=CODE
        ) from None
    except Denied as error:
        raise KraftError(_refused(error, security, what), code=CODE) from None


def _refused(error: Denied, security: Security, what: str) -> str:
    if error.number == messages.LOGIN_FAILED:
        return (
            f"{what} refuses the login of user {security.username} by {security.mechanism}: "
            "the password is wrong, or the user does not exist there"
        )
    if error.number == messages.ILLEGAL_STATE:
        return f"{what} takes no login, although the settings say {security.protocol}"
    return f"{what} refuses the login by {security.mechanism}: {error}"


def _token(ask: Ask, token: bytes) -> bytes:
    return messages.read_authenticate(*ask(lambda number: messages.ask_authenticate(number, token)))
