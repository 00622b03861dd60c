#!/usr/bin/env python
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the account of a manifest in docs/ in a namespace and write how to log in with it: account.py NAMESPACE FOLDER MANIFEST."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config, utils

DOCS = Path(__file__).resolve().parents[3] / "docs"
NAME = "kafkaops-kraft"
ALREADY_THERE = 409
# Longer than any scenario, in seconds.
LIFETIME = 2 * 60 * 60


def manifest(namespace: str, name: str) -> dict[str, Any]:
    """Return a manifest of docs/ for another namespace, changed in the way that its first lines tell users to."""
    text = (DOCS / name).read_text(encoding="utf-8").replace("namespace: kafka", f"namespace: {namespace}")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def create(api: client.ApiClient, namespace: str, name: str) -> None:
    """Create what is in the manifest. Raises FailToCreateError when the API server refuses."""
    try:
        utils.create_from_dict(api, manifest(namespace, name))
    except utils.FailToCreateError as error:
        if any(item.status != ALREADY_THERE for item in error.api_exceptions):
            raise


def main() -> None:
    """Use KUBECONFIG as an administrator; write FOLDER/account.json and FOLDER/ca.crt."""
    namespace, folder, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    config.load_kube_config()
    api = client.ApiClient()
    create(api, namespace, name)
    wanted = {"spec": {"expirationSeconds": LIFETIME}}
    token = client.CoreV1Api(api).create_namespaced_service_account_token(NAME, namespace, wanted).status.token
    authority = folder / "ca.crt"
    authority.write_bytes(Path(api.configuration.ssl_ca_cert).read_bytes())
    account = {"host": api.configuration.host, "api_key": token, "ca_cert": str(authority)}
    target = folder / "account.json"
    target.touch(mode=0o600)
    target.write_text(json.dumps(account), encoding="utf-8")


if __name__ == "__main__":
    main()
