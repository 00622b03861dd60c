# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From connection options to one Endpoint: kubeconfig (exec plugins and all), explicit host, or the in-cluster account.

Private to the collection. The kubernetes library does the reading; the TLS context is made here once, so that the files
with inline certificates and keys that the library writes can go again at once (a forked Ansible worker never runs its
exit handlers).
"""

from __future__ import annotations

import json
import logging
import os
import re
import ssl
import traceback
import typing as t
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.transport import Endpoint
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused

KUBERNETES_IMPORT_ERROR: str | None
try:
    from kubernetes import config as kube_config
    from kubernetes.client import Configuration
    from kubernetes.config import kube_config as loader
    from kubernetes.config.config_exception import ConfigException
    from yaml import YAMLError
except ImportError:
    KUBERNETES_IMPORT_ERROR = traceback.format_exc()
else:
    KUBERNETES_IMPORT_ERROR = None

FIELD_MANAGER = "kafkaops.kraft"


def load_endpoint(options: Mapping[str, t.Any]) -> Endpoint:
    """Return where the API server is and how to log in.

    Order: ``host`` alone; ``kubeconfig`` (a path, several joined by ``:``, or its content as a dict) and ``context``;
    the environment variable KUBECONFIG; ``~/.kube/config``; the service account of the pod that this runs in. The other
    options are laid over what was found.

    Raises Refused when the options are incomplete, a file is missing or broken, or an exec plugin gives no credentials.
    """
    given = {key: value for key, value in options.items() if value not in (None, "")}
    if KUBERNETES_IMPORT_ERROR:
        raise Refused(
            "the Python library kubernetes is missing in Ansible's own Python; add it (pip install kubernetes)"
        )
    configuration, origin = _load(given)
    _lay_over(configuration, given)
    host = str(configuration.host).rstrip("/")
    if urlsplit(host).scheme not in ("http", "https") or not urlsplit(host).hostname:
        raise Refused(
            f"the API server's address {host!r} ({origin}) is not an http(s):// URL; correct host or the kubeconfig"
        )
    context = _tls_context(configuration, origin) if host.startswith("https:") else None
    _drop_temp_files()
    return Endpoint(
        url=host,
        origin=origin,
        context=context,
        server_hostname=str(getattr(configuration, "tls_server_name", None) or ""),
        proxy=_proxy_for(configuration, host),
        authorize=_authorizer(configuration),
        extra_headers=tuple(_extra_headers(given)),
    )


def _load(given: Mapping[str, t.Any]) -> tuple[t.Any, str]:
    configuration = Configuration()
    # A host without a kubeconfig must not get the credentials of some default kubeconfig.
    if "host" in given and "kubeconfig" not in given and "context" not in given:
        return configuration, "option host"
    kubeconfig = given.get("kubeconfig")
    if isinstance(kubeconfig, str):
        try:
            kubeconfig = json.loads(kubeconfig) if kubeconfig.lstrip().startswith("{") else kubeconfig
        except ValueError as error:
            raise Refused(f"the kubeconfig given as JSON cannot be read: {error}") from error
    if isinstance(kubeconfig, Mapping):
        return configuration, _from_dict(kubeconfig, given.get("context"), configuration)
    path = str(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config")
    files = [str(Path(item).expanduser()) for item in path.split(os.pathsep) if item]
    if not any(Path(item).exists() for item in files):
        if kubeconfig or "context" in given or not os.environ.get("KUBERNETES_SERVICE_HOST"):
            raise Refused(
                f"the kubeconfig {path} does not exist; set kraft_kubeconfig (or K8S_AUTH_KUBECONFIG) to the right file"
            )
        return configuration, _from_pod(configuration)
    return configuration, _from_files(os.pathsep.join(files), given.get("context"), configuration)


def _from_pod(configuration: t.Any) -> str:
    try:
        kube_config.load_incluster_config(client_configuration=configuration)
    except ConfigException as error:
        raise Refused(f"no kubeconfig was found and the pod's own service account cannot be used: {error}") from error
    return "in-cluster config"


def _from_files(files: str, context: str | None, configuration: t.Any) -> str:
    try:
        contexts, active = kube_config.list_kube_config_contexts(config_file=files)
        _need_context(context, [item["name"] for item in contexts], files)
        with _plugin_messages() as messages:
            kube_config.load_kube_config(config_file=files, context=context, client_configuration=configuration)
    except (ConfigException, YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(f"the kubeconfig {files} cannot be used: {_one_line(error)}") from error
    origin = f"context {context or active['name']} of kubeconfig {files}"
    _need_credentials(configuration, messages, origin)
    return origin


def _from_dict(content: Mapping[str, t.Any], context: str | None, configuration: t.Any) -> str:
    plain = json.loads(json.dumps(content))  # Ansible's tagged types are not for foreign code
    name = context or plain.get("current-context") or ""
    origin = f"context {name} of the given kubeconfig"
    try:
        _need_context(context, [item["name"] for item in plain.get("contexts", [])], "given as a dictionary")
        with _plugin_messages() as messages:
            kube_config.load_kube_config_from_dict(plain, context=context, client_configuration=configuration)
    except (ConfigException, YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(f"the kubeconfig given as a dictionary cannot be used: {_one_line(error)}") from error
    _need_credentials(configuration, messages, origin)
    return origin


def _need_context(context: str | None, names: list[str], where: str) -> None:
    if context and context not in names:
        raise Refused(f"context {context} is not in the kubeconfig {where}; it has: {', '.join(names) or 'none'}")


@contextmanager
def _plugin_messages() -> Iterator[list[str]]:
    """Collect what the library only logs when an exec plugin fails; it goes on without credentials then."""
    messages: list[str] = []

    class _Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    root, handler = logging.getLogger(), _Collect(logging.ERROR)
    root.addHandler(handler)
    try:
        yield messages
    finally:
        root.removeHandler(handler)


def _need_credentials(configuration: t.Any, messages: list[str], origin: str) -> None:
    if messages and not configuration.api_key and not configuration.cert_file:
        raise Refused(
            f"the {origin} gives no credentials: {_one_line(messages[-1])}; run its exec plugin by hand or log in again"
        )


def _lay_over(configuration: t.Any, given: Mapping[str, t.Any]) -> None:
    if "host" in given:
        configuration.host = str(given["host"])
    if "api_key" in given:
        token = str(given["api_key"])
        configuration.refresh_api_key_hook = None
        configuration.api_key = {
            "authorization": token if re.match(r"(?i)(bearer|basic) ", token) else f"Bearer {token}"
        }
    if "ca_cert" in given:
        configuration.ssl_ca_cert = str(Path(str(given["ca_cert"])).expanduser())
    if "validate_certs" in given:
        configuration.verify_ssl = bool(given["validate_certs"])
    if "proxy" in given:
        configuration.proxy = str(given["proxy"])


def _tls_context(configuration: t.Any, origin: str) -> ssl.SSLContext:
    ca_file = configuration.ssl_ca_cert
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
        if not configuration.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif configuration.assert_hostname is False:
            context.check_hostname = False
        # Python 3.13 asks for strictly formed certificates by default; those of many private cluster CAs are not.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise Refused(
            f"the CA or client certificate cannot be loaded ({origin}): {_one_line(error)}; "
            "check ca_cert and the kubeconfig"
        ) from error
    return context


def _drop_temp_files() -> None:
    # There is no public way, and private keys must not stay behind.
    if getattr(loader, "_temp_files", None):
        loader._cleanup_temp_files()


def _proxy_for(configuration: t.Any, host: str) -> str:
    proxy = str(configuration.proxy or "")
    if proxy and not _bypasses(urlsplit(host).hostname or "", str(getattr(configuration, "no_proxy", None) or "")):
        parts = urlsplit(proxy)
        if parts.scheme != "http" or not parts.hostname:
            shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            raise Refused(f"the proxy {shown} is not an http:// URL; set kraft_proxy or HTTPS_PROXY to one")
        return proxy
    return ""


def _bypasses(host: str, no_proxy: str) -> bool:
    """Whether a host is in a list like that of NO_PROXY: names, domains with or without a leading dot, ``*``."""
    entries = [item.strip().lower() for item in no_proxy.split(",") if item.strip()]
    return any(item in ("*", host) or host.endswith("." + item.lstrip(".")) for item in entries)


def _authorizer(configuration: t.Any) -> t.Callable[[], str | None]:
    def authorize() -> str | None:
        for setting in configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                _drop_temp_files()  # the hook that renews a token writes the certificates again
                return str(setting["value"])
        return None

    return authorize


def _extra_headers(given: Mapping[str, t.Any]) -> Iterator[tuple[str, str]]:
    yield "User-Agent", f"{FIELD_MANAGER}/{collection_version()}"
    user, groups = given.get("impersonate_user"), given.get("impersonate_groups") or []
    if groups and not user:
        raise Refused("impersonate_groups needs impersonate_user: Kubernetes does not impersonate a group alone")
    if user:
        yield "Impersonate-User", str(user)
    for group in [groups] if isinstance(groups, str) else groups:
        yield "Impersonate-Group", str(group)


def collection_version() -> str:
    """Return the collection's version from its manifest (installed) or galaxy.yml (checkout).

    ``0`` when there is neither.
    """
    root = Path(__file__).resolve().parents[3]
    try:
        return str(json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        match = re.search(
            r"^version:\s*[\"']?([^\s\"']+)", (root / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE
        )
    except OSError:
        return "0"
    return match.group(1) if match else "0"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:400]
