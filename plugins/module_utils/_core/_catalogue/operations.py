# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the check of a cluster finds, on its own and with a broker taken away."""

from __future__ import annotations

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._catalogue.rule import block

OPERATIONS = (
    block(
        "check-options",
        "the options of the check do not fit the cluster",
        "correct the option that the sentence names",
    ),
    block(
        "check-not-served",
        "the cluster does not serve, or not by every node",
        "see the sentence: get that pod, controller, partition or listener working",
    ),
    block(
        "check-records-lost",
        "acknowledged records could not be read back",
        "find the cause in the brokers' logs before anything is restarted",
    ),
    block(
        "check-unsafe",
        "no broker is taken away now: the cluster could not spare it, or somebody is at work on its pods",
        "resolve what the sentence names, choose another pod by kraft_check_pod, or run the check without kraft_check_disrupt",
    ),
    block(
        "check-not-recovered",
        "the cluster did not get over the loss of a broker",
        "see the sentence: find the cause in the events and logs of that pod",
    ),
    block(
        "check-topic-left",
        "the topic of the check could not be removed",
        "remove it by the command in the sentence",
    ),
)
