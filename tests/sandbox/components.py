# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files and command lines of Kubernetes' components, and of what they stand on."""

from __future__ import annotations

import json
from pathlib import Path

from .config import (
    API_PORT,
    DNS_HEALTH_PORT,
    ETCD_PEER_PORT,
    ETCD_PORT,
    NODE_IP,
    NODE_NAME,
    POD_BRIDGE,
    POD_NETWORK,
    SERVICE_NETWORK,
    Folders,
)

PAUSE_IMAGE = "localhost/pause:1"


def containerd_root(folders: Folders) -> Path:
    """Return containerd's store; it lies in the cache so that images survive the sandbox."""
    return folders.cache / "containerd"


def write_files(folders: Folders) -> None:
    """Write the configuration file of every component into the state folder."""
    state = folders.state
    for name in ("cni", "kubelet", "volumes", "log"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "volumes").chmod(0o755)
    (state / "resolv.conf").write_text("", encoding="utf-8")
    (state / "containerd.toml").write_text(_containerd(folders), encoding="utf-8")
    (state / "cni/10-bridge.conflist").write_text(json.dumps(_cni(state)), encoding="utf-8")
    (state / "kubelet.json").write_text(json.dumps(_kubelet(state)), encoding="utf-8")
    (state / "proxy.json").write_text(json.dumps(_proxy(folders)), encoding="utf-8")
    (state / "audit-policy.json").write_text(json.dumps(_AUDIT_POLICY), encoding="utf-8")
    (state / "Corefile").write_text(_corefile(folders), encoding="utf-8")


# Every request, its head only: enough to prove that check mode writes nothing.
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


def _containerd(folders: Folders) -> str:
    # restrict_oom_score_adj: machines without CAP_SYS_RESOURCE; netns below the state folder: a killed sandbox can be cleaned up by path.
    return f"""version = 2
root = "{containerd_root(folders)}"
state = "{folders.state}/containerd"
[grpc]
  address = "{folders.state}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folders.state}/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  sandbox_image = "{PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folders.state}/cni"
"""


def _cni(state: Path) -> dict[str, object]:
    return {
        "cniVersion": "0.4.0",
        "name": "kafkaops-sandbox",
        "plugins": [
            {
                "type": "bridge", "bridge": POD_BRIDGE, "isGateway": True, "ipMasq": False, "hairpinMode": True,
                "ipam": {"type": "host-local", "dataDir": str(state / "cni-data"),
                         "ranges": [[{"subnet": POD_NETWORK}]], "routes": [{"dst": "0.0.0.0/0"}]},
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }  # fmt: skip


def _kubelet(state: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{state}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{state}/pki/kubelet.crt",
        "tlsPrivateKeyFile": f"{state}/pki/kubelet.key",
        # Machines with cgroup v1, without systemd and inside a container: nothing is enforced, only run.
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "oomScoreAdj": 0,
        "clusterDNS": [NODE_IP],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{state}/containerd.sock",
        "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%", "memory.available": "100Mi"},
        "imageGCHighThresholdPercent": 100,
        "resolvConf": f"{state}/resolv.conf",
        "podLogsDir": f"{state}/pod-logs",
        "maxPods": 110,
    }


def _proxy(folders: Folders) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(folders.kubeconfig)},
        "mode": "iptables",
        "clusterCIDR": POD_NETWORK,
        "hostnameOverride": NODE_NAME,
        "conntrack": {"maxPerCore": 0},
    }


def _corefile(folders: Folders) -> str:
    return f""".:53 {{
    bind {NODE_IP}
    errors
    health 127.0.0.1:{DNS_HEALTH_PORT}
    kubernetes cluster.local {{
        kubeconfig {folders.kubeconfig}
        ttl 1
    }}
    cache 1
}}
"""


def etcd() -> list[str]:
    """Return etcd's command line (no fsync: the data is thrown away with the sandbox)."""
    client, peer = f"http://127.0.0.1:{ETCD_PORT}", f"http://127.0.0.1:{ETCD_PEER_PORT}"
    return ["etcd", "--data-dir", "etcd", "--unsafe-no-fsync", "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]  # fmt: skip


def apiserver(folders: Folders) -> list[str]:
    """Return the API server's arguments; the audit log is one file that is never rotated away.

    WatchList is off: Kubernetes 1.34 turns a watch without a resourceVersion into a watch-list, which Debian's etcd 3.4 cannot serve
    ("RequestWatchProgress is disabled"), and Java operators (Fabric8's client) then get no event at all. Clients that ask for one fall back.
    """
    return [
        "kube-apiserver",
        "--feature-gates=WatchList=false",
        f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--client-ca-file=pki/ca.crt",
        "--tls-cert-file=pki/apiserver.crt",
        "--tls-private-key-file=pki/apiserver.key",
        "--service-account-key-file=pki/sa.pub",
        "--service-account-signing-key-file=pki/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--kubelet-client-certificate=pki/admin.crt",
        "--kubelet-client-key=pki/admin.key",
        "--kubelet-certificate-authority=pki/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged=true",
        f"--advertise-address={NODE_IP}",
        f"--secure-port={API_PORT}",
        "--shutdown-delay-duration=0s",
        "--audit-policy-file=audit-policy.json",
        f"--audit-log-path={folders.audit_log}",
        "--audit-log-maxsize=1000000",
    ]


def controller_manager(folders: Folders) -> list[str]:
    """Return the controller manager's arguments."""
    config = str(folders.kubeconfig)
    return [
        "kube-controller-manager",
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--root-ca-file=pki/ca.crt",
        "--service-account-private-key-file=pki/sa.key",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
    ]


def scheduler(folders: Folders) -> list[str]:
    """Return the scheduler's arguments."""
    config = str(folders.kubeconfig)
    return ["kube-scheduler", f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}",
            "--leader-elect=false"]  # fmt: skip


def kubelet(folders: Folders) -> list[str]:
    """Return the kubelet's arguments."""
    return ["kubelet", "--config=kubelet.json", f"--kubeconfig={folders.state}/kubelet.kubeconfig", f"--root-dir={folders.state}/kubelet",
            f"--hostname-override={NODE_NAME}", f"--node-ip={NODE_IP}"]  # fmt: skip
