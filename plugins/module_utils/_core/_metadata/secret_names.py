# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names stand for secrets: the one rule for settings, variables, keys of objects and texts.

The names decide, since values tell nothing. It rather takes too many than too few.
"""

from __future__ import annotations

import re

#: anywhere in a name, in any case; a part of a regular expression
WORDS = r"password|passwd|passphrase|secret|jaas|token|credential|api[._-]?key|private[._-]?key"
#: at the end of a name
LAST_WORD = r"[._-]key"
_SECRET = re.compile(rf"{WORDS}|{LAST_WORD}$", re.IGNORECASE)
# DynamicBrokerConfig.isPasswordConfig goes by the end of the name, since listeners put a prefix before it; of its list these two do not
# sound like secrets, and are none: anybody may see a certificate.
_ENCRYPTED = re.compile(r"ssl\.keystore\.certificate\.chain$|ssl\.truststore\.certificates$")


def is_secret(name: str) -> bool:
    """Tell whether what stands behind a name must never be shown.

    :param name: for example ``ssl.keystore.password``, ``KAFKA_SASL_JAAS_CONFIG``, ``tls.key``.
    """
    return _SECRET.search(name) is not None


def is_password(name: str) -> bool:
    """Tell whether a dynamic setting is one that Kafka keeps encrypted in ZooKeeper, or one that sounds secret."""
    return is_secret(name) or _ENCRYPTED.search(name) is not None
