# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a pod, read inside it: what they hold, and when they were made.

Private to the collection. Their content stays in memory, and no message holds anything of it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from ansible_collections.kafkaops.kraft.plugins.module_utils._core.reading import Reading, Unknown
from ansible_collections.kafkaops.kraft.plugins.module_utils._kafka.facts import ProcessFacts
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes import exec as pod_exec
from ansible_collections.kafkaops.kraft.plugins.module_utils._kubernetes.client import KubeClient
from ansible_collections.kafkaops.kraft.plugins.module_utils._runtime.errors import Forbidden, KraftError, NotFound

#: seconds for reading them
TIMEOUT = 20.0
_MARK = "@@kraft"

# The process is $1; a path that is not absolute is one from its folder.
_FROM_ITS_FOLDER = 'cd "/proc/$1/cwd" 2>/dev/null; shift'
_SCRIPT = f"""
{_FROM_ITS_FOLDER}
for file do
  if [ -r "$file" ] && [ -f "$file" ]; then echo '{_MARK} file'; base64 < "$file" || exit 1; else echo '{_MARK} none'; fi
done
echo '{_MARK} end'
"""
_WHEN = f"""
{_FROM_ITS_FOLDER}
for file do
  stat -L -c %Y "$file" 2>/dev/null || echo none
done
"""


def read_files(
    client: KubeClient, namespace: str, pod: str, container: str | None, paths: list[str], *, pid: int = 1
) -> dict[str, bytes]:
    """Return the content of files in a pod, by path.

    :raises NotFound: when one is not there, or cannot be read.
    :raises KraftError: as an exec; what the files hold is in no message.
    """
    wanted = list(dict.fromkeys(paths))
    if not wanted:
        return {}
    command = ["sh", "-c", _SCRIPT, "sh", str(pid), *wanted]
    result = pod_exec.run_read_only(client, namespace, pod, command, container=container, timeout=TIMEOUT)
    chunks = f"\n{result.stdout}".split(f"\n{_MARK} ")[1:]
    if result.rc != 0 or len(chunks) != len(wanted) + 1:
        raise KraftError(
            f"the files of the settings in pod {namespace}/{pod} could not be read: its image needs sh and base64"
        )
    found = {}
    for path, chunk in zip(wanted, chunks, strict=False):
        kind, _newline, text = chunk.partition("\n")
        if kind != "file":
            raise NotFound(f"{path}, which the settings name, is not in pod {namespace}/{pod}, or cannot be read there")
        try:
            found[path] = base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error:
            raise KraftError(
                f"{path} in pod {namespace}/{pod} could not be read: its base64 prints something else"
            ) from None
    return found


def read_anywhere(
    client: KubeClient, namespace: str, running: Mapping[str, ProcessFacts], container: str | None, path: str
) -> Reading[bytes]:
    """Return a file of the first pod in which it can be read.

    :param running: pod to its process.
    :raises Forbidden: when the account may not run anything in pods.
    """
    why = "no process runs in whose pod it could be read"
    for pod, facts in running.items():
        try:
            return read_files(client, namespace, pod, container, [path], pid=facts.pid)[path]
        except Forbidden:
            raise
        except KraftError as error:
            why = error.message
    return Unknown(why)


def made_at(
    client: KubeClient, namespace: str, pod: str, container: str | None, paths: Sequence[str], *, pid: int = 1
) -> dict[str, int | None]:
    """Return when files in a pod were changed last, in seconds since 1970; None for one that is not there.

    :raises KraftError: as an exec, and when the image has no ``stat``.
    """
    command = ["sh", "-c", _WHEN, "sh", str(pid), *paths]
    result = pod_exec.run_read_only(client, namespace, pod, command, container=container, timeout=TIMEOUT)
    words = result.stdout.split()
    if result.rc != 0 or len(words) != len(paths):
        raise KraftError(
            f"when files in pod {namespace}/{pod} were made could not be read: its image needs sh and stat"
        )
    return {path: int(word) if word.isdecimal() else None for path, word in zip(paths, words, strict=True)}
