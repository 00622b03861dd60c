# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a new cluster from being made, changed or removed."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.rule import block

DEPLOYMENTS = (
    block("deploy-topology", "there is no such topology", "choose one that docs/deploy.md lists"),
    block("deploy-name", "names made of this one would be too long, or none", "choose a shorter or simpler name"),
    block("deploy-controllers-even", "an even number of controllers", "choose 1, 3 or 5"),
    block("deploy-brokers", "no broker", "choose 1 or more"),
    block(
        "deploy-node-ids",
        "brokers and controllers would share node ids",
        "set kraft_controller_node_id_base above every broker",
    ),
    block("deploy-version", "this Kafka version is not deployed, or not from the one that runs", "see the sentence"),
    block(
        "deploy-storage", "no volume would be made, or a size is none", "set size and StorageClass as the sentence says"
    ),
    block("deploy-settings", "settings that decide whether the nodes are one cluster", "use the options for them"),
    block(
        "deploy-security", "Secrets or options of the listeners' security are missing or do not fit", "see the sentence"
    ),
    block(
        "deploy-exporter",
        "no image of a Kafka exporter",
        "set kraft_exporter_image, or choose a topology without _monitor",
    ),
    block("deploy-foreign", "an object with a name that the cluster needs is somebody else's", "choose another name"),
    block("deploy-identity", "volumes whose cluster id is not known", "put the ConfigMap with the identity back"),
    block("deploy-immutable", "what is asked for cannot be changed in place", "set it back, or make a new cluster"),
    block("deploy-quorum-fixed", "the number of controllers cannot be changed", "leave it as it is"),
    block("deploy-replicas-held", "brokers that are to go hold replicas", "move the replicas first"),
    block(
        "deploy-volume-lost",
        "an empty volume of a node that was part of the cluster, and what it had may be nowhere else",
        "bring the volume back",
    ),
    block("deploy-image", "the image has no Kafka, or another layout", "correct kraft_image or kraft_image_layout"),
    block(
        "deploy-not-ready",
        "pods did not become Ready in time",
        "see the reason that is named, then run deploy.yml again",
    ),
    block(
        "deploy-confirm", "volumes are to be deleted, and nobody has confirmed it", "name the cluster in kraft_confirm"
    ),
)
