# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a broker is with the recovery of its logs after an unclean stop, by its log.

Private to the collection. Seen with Kafka 3.9.2: it registers and opens its port only afterwards, so that for as long as it takes
its log is all that shows whether anything happens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# kafka.log.LogManager
_BEGINS = re.compile(r"Loading logs from log dirs ")
_FOUND = re.compile(r"(Recovering|Skipping recovery of) (\d+) logs from (.+?) since ")
_LOADED = re.compile(r"\((\d+)/(\d+) completed in (.+?)\) \(kafka\.log\.LogManager\)")
_ENDED = re.compile(r"Loaded \d+ logs in \d+ms")
# kafka.log.LogLoader: a log of many segments takes its time without an entry of the others
_SEGMENT = re.compile(r"Recovering unflushed segment \d+\. \d+/\d+ recovered for \S+")


@dataclass(frozen=True)
class Recovery:
    """Where a broker is.

    :ivar logs: (loaded, all) for each log directory.
    :ivar segment: the last line about a segment; another one is progress, too.
    :ivar unclean: a log directory has no file that says that it was left cleanly.
    :ivar ended: every log is loaded.
    """

    logs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    segment: str = ""
    unclean: bool = False
    ended: bool = False

    @property
    def running(self) -> bool:
        """Whether logs are being loaded."""
        return bool(self.logs) and not self.ended

    @property
    def text(self) -> str:
        """``recovered 1200 of 5000 logs``, or ``loaded`` where there was nothing to recover."""
        done, total = (sum(pair[index] for pair in self.logs.values()) for index in (0, 1))
        return f"{'recovered' if self.unclean else 'loaded'} {done} of {total} logs"


def follow(before: Recovery, log: str) -> Recovery:
    """Return where a broker is by some lines of its log and what the lines before them said. Lines may come twice."""
    logs, segment = dict(before.logs), before.segment
    unclean, ended = before.unclean, before.ended
    for line in log.splitlines():
        if _BEGINS.search(line):
            logs, segment, unclean, ended = {}, "", False, False
        elif found := _FOUND.search(line):
            logs.setdefault(found[3], (0, int(found[2])))
            unclean = unclean or found[1] == "Recovering"
        elif loaded := _LOADED.search(line):
            done, total = int(loaded[1]), int(loaded[2])
            logs[loaded[3]] = (max(done, logs.get(loaded[3], (0, 0))[0]), total)
        elif part := _SEGMENT.search(line):
            segment = part[0]
        elif _ENDED.search(line):
            ended = True
    return Recovery(logs, segment, unclean, ended)
