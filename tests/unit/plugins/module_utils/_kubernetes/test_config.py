# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the connection options lead, and one clear sentence when they lead nowhere."""

from __future__ import annotations

import base64
import json
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import config, kinds
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import connect
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Refused
from kubernetes.config import kube_config
from kubernetes.config.config_exception import ConfigException

# A self-signed certificate without a known key; it only has to be loadable.
CA = """-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUEtUb+zCLbDIfJWT0k1NVlafvmxUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJdW5pdC10ZXN0MCAXDTI2MTEyMTA5NDAzMloYDzIxMjYxMDI4
MDk0MDMyWjAUMRIwEAYDVQQDDAl1bml0LXRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ1NTbbetNyozVsBGme0qKkAfW+78tIVRfBiIBqgYNaXUty75AZ9qNL
S5vD/dOmGk0Rraeb9B3YlXpVTBypueQEo1MwUTAdBgNVHQ4EFgQUNxDEito7yKBa
VF1WQLMvZUkK8f8wHwYDVR0jBBgwFoAUNxDEito7yKBaVF1WQLMvZUkK8f8wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAvLJk4VguMSLYVtdqon32
M3pAsvDNtuX+LekLn8xL1MECIF+Axz+tkWjxgf4PzcQVbTRmawH3J2HCxxC71orv
p1FQ
-----END CERTIFICATE-----
"""

Kubeconfig = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "KUBECONFIG",
        "KUBERNETES_SERVICE_HOST",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "NO_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def _content(server: str, user: dict[str, Any], **cluster: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("one", "two")],
    }


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Kubeconfig:
    def write(server: str, user: dict[str, Any], **cluster: Any) -> Path:
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(_content(server, user, **cluster)), encoding="utf-8")
        return path

    return write


def test_kubeconfig_and_context(kubeconfig: Kubeconfig) -> None:
    path = kubeconfig("http://h:1", {"token": "hunter2"})
    endpoint = config.load_endpoint({"kubeconfig": str(path), "context": "two"})
    assert endpoint.label == f"http://h:1 (context two of kubeconfig {path})"
    assert ("Authorization", "Bearer hunter2") in endpoint.headers()
    assert config.load_endpoint({"kubeconfig": str(path)}).origin.startswith("context one of")


def test_environment_and_dictionary(kubeconfig: Kubeconfig, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kubeconfig("http://h:1", {"token": "t"})
    monkeypatch.setenv("KUBECONFIG", f"{path}.absent:{path}")
    assert config.load_endpoint({}).url == "http://h:1"
    content = _content("http://h:2", {"token": "t"})
    assert config.load_endpoint({"kubeconfig": content}).url == "http://h:2"
    endpoint = config.load_endpoint({"kubeconfig": json.dumps(content), "context": "two"})
    assert endpoint.label == "http://h:2 (context two of the given kubeconfig)"


def test_options_are_laid_over_the_kubeconfig(kubeconfig: Kubeconfig) -> None:
    path = kubeconfig("http://h:1", {"token": "t"})
    options = {"kubeconfig": str(path), "host": "http://other:2/", "api_key": "mine", "proxy": "http://p:3"}
    endpoint = config.load_endpoint(options)
    assert (endpoint.url, endpoint.proxy) == ("http://other:2", "http://p:3")
    assert ("Authorization", "Bearer mine") in endpoint.headers()
    assert ("Authorization", "Basic eA==") in config.load_endpoint({**options, "api_key": "Basic eA=="}).headers()


def test_a_host_alone_gets_no_credentials_of_a_default_kubeconfig(
    kubeconfig: Kubeconfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig("http://h:1", {"token": "t"})))
    endpoint = config.load_endpoint({"host": "http://evil:1"})
    assert [name for name, _value in endpoint.headers()] == ["User-Agent"]


def test_inline_certificates_leave_no_file_behind(kubeconfig: Kubeconfig, tmp_path: Path) -> None:
    data = base64.b64encode(CA.encode()).decode()
    path = kubeconfig("https://h:1", {"token": "t"}, **{"certificate-authority-data": data})
    endpoint = config.load_endpoint({"kubeconfig": str(path)})
    assert endpoint.context is not None
    assert endpoint.context.verify_mode == ssl.CERT_REQUIRED
    assert len(endpoint.context.get_ca_certs()) == 1
    assert not kube_config._temp_files
    endpoint = config.load_endpoint({"kubeconfig": str(path), "validate_certs": False})
    assert endpoint.context is not None
    assert endpoint.context.verify_mode == ssl.CERT_NONE
    ca = tmp_path / "ca.pem"
    ca.write_text(CA, encoding="utf-8")
    assert config.load_endpoint({"host": "https://h", "ca_cert": str(ca)}).context is not None


PLUGIN = """
import json, sys
counter = open(sys.argv[1], "a+"); counter.write("x"); counter.flush(); counter.seek(0)
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
    "status": {"token": "token" + str(len(counter.read())), "expirationTimestamp": "2020-01-01T00:00:00Z"}}))
"""


def _plugin(tmp_path: Path, code: str) -> dict[str, Any]:
    script = tmp_path / "plugin.py"
    script.write_text(code, encoding="utf-8")
    arguments = [str(script), str(tmp_path / "count")]
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": arguments,
            "interactiveMode": "Never",
        }
    }


@pytest.mark.filterwarnings("ignore:unclosed file")
def test_an_exec_plugin_is_asked_again_when_its_token_has_run_out(
    kubeconfig: Kubeconfig, tmp_path: Path, api: Any
) -> None:
    client = connect({"kubeconfig": str(kubeconfig(api.url, _plugin(tmp_path, PLUGIN)))})
    client.get(kinds.POD, "p", "n")
    client.get(kinds.POD, "p", "n")
    tokens = [headers["Authorization"] for _method, _path, headers, _body in api.seen]
    assert tokens[0].startswith("Bearer token")
    assert tokens[0] != tokens[1], "the token is renewed"
    client.close()


def test_an_exec_plugin_that_fails(kubeconfig: Kubeconfig, tmp_path: Path) -> None:
    path = kubeconfig("http://h:1", _plugin(tmp_path, "import sys; sys.exit('please log in')"))
    with pytest.raises(
        Refused, match=r"context one of kubeconfig .* gives no credentials: .*run its exec plugin by hand"
    ):
        config.load_endpoint({"kubeconfig": str(path)})


def test_in_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kubernetes.config import incluster_config

    (tmp_path / "token").write_text("hunter2", encoding="utf-8")
    (tmp_path / "ca").write_text(CA, encoding="utf-8")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")

    def load(client_configuration: Any) -> None:
        loader = incluster_config.InClusterConfigLoader(str(tmp_path / "token"), str(tmp_path / "ca"))
        loader.load_and_set(client_configuration)

    monkeypatch.setattr("kubernetes.config.load_incluster_config", load)
    endpoint = config.load_endpoint({})
    assert endpoint.label == "https://10.0.0.1:443 (in-cluster config)"
    assert endpoint.headers()[-1][1].lower() == "bearer hunter2"
    monkeypatch.setattr("kubernetes.config.load_incluster_config", lambda **_options: _raise())
    with pytest.raises(Refused, match="own service account cannot be used"):
        config.load_endpoint({})


def _raise() -> None:
    raise ConfigException("no token")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kubeconfig": "/absent"}, "the kubeconfig /absent does not exist; set kraft_kubeconfig"),
        ({}, "the kubeconfig ~/.kube/config does not exist"),
        ({"kubeconfig": "{broken"}, "given as JSON cannot be read"),
        ({"kubeconfig": {"contexts": []}}, "given as a dictionary cannot be used"),
        (
            {"kubeconfig": {"contexts": [{"name": "a"}]}, "context": "b"},
            "context b is not in the kubeconfig given as a dictionary; it has: a",
        ),
        ({"host": "10.0.0.1:6443"}, "is not an http\\(s\\):// URL"),
        ({"host": "https://h", "ca_cert": "/absent"}, "cannot be loaded .option host.: .*No such file"),
        ({"host": "http://h", "proxy": "socks5://u:hunter2@p:1"}, "the proxy socks5://p:1 is not an http:// URL"),
        ({"host": "http://h", "impersonate_groups": ["g"]}, "needs impersonate_user"),
    ],
)
def test_bad_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        config.load_endpoint(options)
    assert "hunter2" not in caught.value.message


def test_a_wrong_context_and_a_broken_file(kubeconfig: Kubeconfig, tmp_path: Path) -> None:
    path = kubeconfig("http://h:1", {"token": "t"})
    with pytest.raises(Refused, match=r"context x is not in the kubeconfig .*; it has: one, two"):
        config.load_endpoint({"kubeconfig": str(path), "context": "x"})
    (tmp_path / "broken").write_text("a: [", encoding="utf-8")
    with pytest.raises(Refused, match="cannot be used"):
        config.load_endpoint({"kubeconfig": str(tmp_path / "broken")})


@pytest.mark.parametrize(
    ("host", "no_proxy", "bypassed"),
    [
        ("a.b", "*", True),
        ("a.b", "b", True),
        ("a.b", ".b", True),
        ("a.b", "x, a.b", True),
        ("ab", "b", False),
        ("a.b", "", False),
    ],
)
def test_no_proxy(host: str, no_proxy: str, bypassed: bool) -> None:
    assert config._bypasses(host, no_proxy) is bypassed


def test_the_library_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "KUBERNETES_IMPORT_ERROR", "Traceback")
    with pytest.raises(Refused, match="kubernetes is missing"):
        config.load_endpoint({"host": "http://h"})
