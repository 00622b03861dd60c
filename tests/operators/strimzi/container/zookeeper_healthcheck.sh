#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Ready: the server answers in its own pod.
exec 3<> /dev/tcp/localhost/12181
echo ruok >&3
[[ $(timeout 3 cat <&3) == imok ]]
