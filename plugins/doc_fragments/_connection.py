# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that reach the Kubernetes API.

Private to the collection. In step with connection_spec() in plugins/module_utils/_runtime/argspec.py.
"""

from __future__ import annotations


class ModuleDocFragment:
    """Connection options, named as in kubernetes.core."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig file, or its content as a dictionary.
      - Exec plugins in it run on the machine that runs ansible-playbook.
      - Can also come from the environment variable E(K8S_AUTH_KUBECONFIG).
      - If neither this nor O(host) is set, E(KUBECONFIG) and C(~/.kube/config) are tried, then the service account of the
        pod that ansible-playbook runs in.
    type: raw
  context:
    description:
      - Name of a context in the kubeconfig. If unset, its current context.
      - Can also come from the environment variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - URL of the Kubernetes API server.
      - Can also come from the environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - Bearer token for the API server.
      - Can also come from the environment variable E(K8S_AUTH_API_KEY).
    type: str
  ca_cert:
    description:
      - Path of the CA certificate that verifies the API server's certificate.
      - Can also come from the environment variable E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases:
      - ssl_ca_cert
  validate_certs:
    description:
      - Whether to verify the API server's certificate. If unset, as the kubeconfig says, else verified.
      - Can also come from the environment variable E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases:
      - verify_ssl
  proxy:
    description:
      - URL of an HTTP proxy for the API server.
      - Can also come from the environment variable E(K8S_AUTH_PROXY).
    type: str
  impersonate_user:
    description:
      - User to act as.
      - Can also come from the environment variable E(K8S_AUTH_IMPERSONATE_USER).
    type: str
  impersonate_groups:
    description:
      - Groups to act as a member of. Needs O(impersonate_user).
      - Can also come from the environment variable E(K8S_AUTH_IMPERSONATE_GROUPS).
    type: list
    elements: str
requirements:
  - kubernetes >= 24.2.0 in the Python of ansible-playbook
  - kazoo >= 2.9.0 in the Python of ansible-playbook
"""
