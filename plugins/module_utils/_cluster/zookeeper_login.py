# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the collection logs in to ZooKeeper: as the brokers do, or as the Secret says that the user named.

Private to the collection. Files of the brokers are read in a broker's pod, passwords and keys stay in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_login import (
    NO_SECRET,
    ZookeeperLogin,
    broker_login,
    jaas_file,
)
from ansible_collections.kafkaops.kraft.plugins.module_utils._core._settings.zookeeper_secret import secret_login
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.outcome import Unsupported
from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.kinds import SECRET
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused


def find_login(
    client: KubeClient,
    namespace: str,
    settings: Mapping[str, str],
    options: Sequence[str],
    read_file: Callable[[str], Reading[bytes]],
    secret: str = "",
) -> ZookeeperLogin:
    """Return how to log in, with everything read that it needs.

    What cannot be used is in ``problems``, and ``open_session`` refuses it: a run that needs no ZooKeeper is not stopped.

    :param settings: a broker's settings in force, passwords included.
    :param options: options of its JVM in force, in their order.
    :param read_file: reads a file of the broker's pod by its path.
    :param secret: name of a Secret in ``namespace`` with credentials; "" when the user named none.
    :raises Refused: secret-missing, when the Secret is missing, or lacks a key; zookeeper-login-failed, when its JAAS text cannot be read.
    :raises Forbidden: when the account may not read the Secret.
    """
    path = jaas_file(options)
    jaas = read_file(path) if path else b""
    text = jaas if isinstance(jaas, Unknown) else jaas.decode(errors="replace")
    login = broker_login(settings, options, text)
    if secret:
        login = _with_secret(client, namespace, secret, login)
    return login.with_files({each: read_file(each) for each in login.files})


def _with_secret(client: KubeClient, namespace: str, name: str, login: ZookeeperLogin) -> ZookeeperLogin:
    found = client.find(SECRET, name, namespace)
    if found is None:
        raise Refused(
            f"the Secret {namespace}/{name} of kraft_zookeeper_secret does not exist; make it, or correct the name",
            code=NO_SECRET,
        )
    try:
        return secret_login(found.get("data") or {}, f"{namespace}/{name}", login)
    except Unsupported as error:
        raise Refused(error.message, code=error.code) from None
