#!/usr/bin/env bash
# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Software:  ansible-core 2.19.14, an action plugin that works for a while in the process of the task.
# Behaviour: what a signal to ansible-playbook does to the running task depends on the signal. SIGHUP, a closed terminal, ends the
#            playbook with 129; the task's process lives on, makes its changes to the end and nobody hears of it. SIGTERM ends
#            both, but the task without its `finally` block: nothing is put back, no lock released.
# Matters:   a playbook that is gone does not mean that nobody changes the cluster, and a task cannot count on `finally` to let go
#            of a lease. It has to handle the signals itself, and to look whether its parent is still there.
# Needs:     python3 with venv, access to PyPI. Takes about half a minute.
set -euo pipefail
work=$(mktemp -d)
started=()
finish() {
  exec 2>/dev/null
  for process in $(jobs -p); do kill -KILL "$process" || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q ansible-core==2.19.14
mkdir action_plugins
cat >action_plugins/slow.py <<'PY'
"""Write down what the task got to do."""
import time

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        with open(self._task.args["file"], "a", buffering=1) as seen:
            try:
                seen.write("begun\n")
                time.sleep(5)
                seen.write("changed\n")
            finally:
                seen.write("finally\n")
        return {"changed": True}
PY
cat >play.yml <<'YAML'
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Change something slowly
      slow:
        file: "{{ file }}"
YAML
printf '[defaults]\nlocal_tmp = %s/tmp\nremote_tmp = %s/tmp\n' "$work" "$work" >ansible.cfg
export ANSIBLE_CONFIG=$work/ansible.cfg

try() { # SIGNAL
  local playbook status=0
  venv/bin/ansible-playbook -i localhost, -e "file=$work/$1.txt" play.yml >"$1.log" 2>&1 &
  playbook=$!
  started+=("$playbook")
  for _ in $(seq 240); do
    if [ -s "$1.txt" ]; then break; fi
    sleep 0.25
  done
  sleep 1
  kill "-$1" "$playbook"
  wait "$playbook" || status=$?
  echo "SIG$1: playbook ended with $status, task by then: $(xargs <"$1.txt")"
  sleep 7
  echo "SIG$1: task in the end: $(xargs <"$1.txt")"
}
{
  try HUP
  try TERM
} >seen.txt 2>jobs.txt
cat seen.txt
cat >expected.txt <<'TXT'
SIGHUP: playbook ended with 129, task by then: begun
SIGHUP: task in the end: begun changed finally
SIGTERM: playbook ended with 143, task by then: begun
SIGTERM: task in the end: begun
TXT
diff expected.txt seen.txt || { echo "ansible_signal_decides_who_goes_on: the behaviour has changed" >&2; exit 1; }
echo "ansible_signal_decides_who_goes_on: as seen before"
