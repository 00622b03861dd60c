# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The timeline of a report as SVG: the cluster's states, the sub-phases and each restart, to scale. Pure.

Private to the collection. Time in which nothing was done (a soak of weeks) breaks the picture into panels, each with an
axis of its own, so that no soak squashes the work. Every text has a row, or a place beside its strip, of its own.
Colours are classes: the page's style sheet has them, for light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._report.report import epoch_ms, iso

FONT = 12
#: width of a character as a part of the font size; wide enough for every common sans serif
CHARACTER = 0.6
#: pixels between two marks of the axis, at least: a clock time and air
TICK = 76
STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800)
#: more restarts than this in one roll are drawn as thin lines without labels
LABELLED = 12
#: seconds without work, at least, that break the picture
BREAK = 60.0


def duration(seconds: float) -> str:
    """Return seconds in words: ``0.42 s``, ``12.3 s``, ``3 min 5 s``, ``2 h 5 min``, ``6 d 23 h``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    size, name, smaller, small_name = (60, "min", 1, "s")
    if whole >= 86400:
        size, name, smaller, small_name = (86400, "d", 3600, "h")
    elif whole >= 3600:
        size, name, smaller, small_name = (3600, "h", 60, "min")
    rest = whole % size // smaller
    return f"{whole // size} {name}" + (f" {rest} {small_name}" if rest else "")


def short(name: str, phase: str) -> str:
    """Return a sub-phase's name without the part that its phase repeats."""
    for prefix in ("MoveToKRaftController", "RollbackToZk", "Setup", "Migrate"):
        if name.startswith(prefix) and len(name) > len(prefix):
            return name.removeprefix(prefix)
    return name or phase


def text_width(text: str, size: float = FONT) -> float:
    """Return an upper bound of a text's width in pixels."""
    return len(text) * size * CHARACTER


def fitted(text: str, pixels: float, size: float = FONT) -> str:
    """Return the text, cut with an ellipsis when it is wider than ``pixels``."""
    if text_width(text, size) <= pixels:
        return text
    return text[: max(int(pixels / (size * CHARACTER)) - 1, 0)] + "…"


@dataclass(frozen=True)
class Bar:
    """A row of the picture. ``parts``: (from ms, to ms, class). ``level`` 0 phase, 1 sub-phase, 2 restart, 3 thin restart."""

    label: str
    level: int
    parts: tuple[tuple[int, int, str], ...] = ()
    tip: str = ""

    @property
    def begin(self) -> int:
        """First millisecond, or 0 for a row that is only a heading."""
        return min((part[0] for part in self.parts), default=0)

    @property
    def end(self) -> int:
        """Last millisecond."""
        return max((part[1] for part in self.parts), default=0)


@dataclass
class Panel:
    """A stretch of time with work in it."""

    begin: int
    end: int
    bars: list[Bar] = field(default_factory=list)


def bars_of(report: Mapping[str, Any]) -> list[Bar]:
    """Return the sub-phases' runs in order of time, each roll followed by its restarts."""
    found: list[tuple[int, str, list[Bar]]] = []
    for item in report["sub_phases"]:
        for run in item["runs"]:
            begin, end = epoch_ms(run["start"]), epoch_ms(run["end"])
            kind = "bad" if run["failed"] else item["effect"]
            strip = Bar(short(item["name"], item["phase"]), 1, ((begin, end, f"k-{kind}"),), item["name"])
            inside = [strip]
            for roll in report["rolls"]:
                if roll["sub_phase"] == item["name"] and begin <= epoch_ms(roll["start"]) <= end:
                    inside += _restarts(roll)
            found.append((begin, item["phase"], inside))
    found.sort(key=lambda entry: entry[0])
    bars: list[Bar] = []
    phase = ""
    for begin, name, inside in found:
        if name != phase:
            # a heading belongs to the panel of the first strip below it
            bars.append(Bar(name, 0, ((begin, begin, ""),)))
            phase = name
        bars += inside
    return bars


def _restarts(roll: Mapping[str, Any]) -> list[Bar]:
    level = 2 if len(roll["pods"]) <= LABELLED else 3
    bars = []
    if level == 3:
        first, last = roll["pods"][0], roll["pods"][-1]
        text = f"{len(roll['pods'])} restarts, {first['pod']} to {last['pod']}"
        bars.append(Bar(text, 2, ((epoch_ms(first["deleted"]), epoch_ms(first["deleted"]), ""),)))
    for index, pod in enumerate(roll["pods"]):
        deleted, ready, noticed = (epoch_ms(pod[key]) for key in ("deleted", "ready", "noticed"))
        back = max(epoch_ms(pod["in_sync"]), ready)
        after = roll["pods"][index + 1] if index + 1 < len(roll["pods"]) else None
        until = epoch_ms(after["deleted"]) if after else noticed
        parts = ((deleted, ready, "r-ready"), (ready, back, "r-sync"), (back, max(until, back), "r-ours"))
        tip = (
            f"{pod['pod']}: Ready after {duration(pod['to_ready'])}, in sync after {duration(pod['to_in_sync'])}, "
            f"our overhead {pod['overhead_ms']} ms"
        )
        bars.append(Bar(f"{pod['pod']} (id {pod['node_id']})", level, parts, tip))
    return bars


def panels_of(bars: Sequence[Bar]) -> list[Panel]:
    """Split the bars at gaps in which nothing was done that are longer than half of the work on either side, and BREAK."""
    work = sum(strip.end - strip.begin for strip in bars if strip.level == 1)
    limit = max(BREAK * 1000, work / 2)
    panels: list[Panel] = []
    heading: Bar | None = None
    for strip in bars:
        if not panels or strip.begin - panels[-1].end > limit:
            panels.append(Panel(strip.begin, strip.end))
            if strip.level and heading:
                panels[-1].bars.append(heading)
        heading = strip if strip.level == 0 else heading
        panels[-1].bars.append(strip)
        panels[-1].end = max(panels[-1].end, strip.end)
    return panels


@dataclass
class _Canvas:
    """Collects elements from the top down; ``y`` is the next free line."""

    width: int
    gutter: int
    y: float = 0.0
    out: list[str] = field(default_factory=list)

    @property
    def stacked(self) -> bool:
        """Whether labels stand above their bars (no gutter)."""
        return self.gutter == 0

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start", size: float = FONT) -> None:
        """Add a text with its baseline at ``y``."""
        self.out.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" font-size="{size:g}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def rect(self, x: float, y: float, width: float, height: float, kind: str, tip: str = "") -> None:
        """Add a rectangle at least 1.5 pixels wide."""
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self.out.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.5):.1f}" height="{height:g}" class="{kind}">{title}</rect>'
        )


@dataclass(frozen=True)
class _Scale:
    begin: int
    end: int
    left: float
    right: float

    def x(self, milliseconds: int) -> float:
        span = max(self.end - self.begin, 1)
        inside = min(max(milliseconds, self.begin), self.end)
        return self.left + (inside - self.begin) / span * (self.right - self.left)


def timeline(report: Mapping[str, Any], width: int, gutter: int) -> str:
    """Return the picture as one ``<svg>``.

    :param width: of the view box in pixels. :param gutter: pixels for labels at the left; 0 puts them above the bars.
    """
    canvas = _Canvas(width, gutter)
    panels = panels_of(bars_of(report))
    if not panels:
        canvas.text(0, 16, "The journal has no events yet.", "t-muted")
        canvas.y = 24
    for index, panel in enumerate(panels):
        if index:
            _pause(canvas, report, panels[index - 1].end, panel.begin)
        _panel(canvas, report, panel)
    return (
        f'<svg viewBox="0 0 {width} {canvas.y:.0f}" role="img" aria-label="Timeline of the migration" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(canvas.out)}</svg>'
    )


def _pause(canvas: _Canvas, report: Mapping[str, Any], begin: int, end: int) -> None:
    """Draw the break between two panels, with the state that the cluster stayed in."""
    name = next((s["name"] for s in reversed(report["states"]) if epoch_ms(s["since"]) <= begin + 1000), "")
    text = fitted(f"{duration((end - begin) / 1000)} later" + (f", all in {name}" if name else ""), canvas.width - 40)
    canvas.y += 6
    middle, half = canvas.width / 2, text_width(text) / 2 + 10
    for left, right in ((0.0, middle - half), (middle + half, float(canvas.width))):
        canvas.out.append(
            f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{canvas.y + 8}" y2="{canvas.y + 8}" class="l-break"/>'
        )
    canvas.text(middle, canvas.y + 12, text, "t-muted", "middle")
    canvas.y += 30


def _panel(canvas: _Canvas, report: Mapping[str, Any], panel: Panel) -> None:
    begin, end = panel.begin, panel.end
    scale = _Scale(begin, max(end, begin + 1000), canvas.gutter + 1.0, canvas.width - 1.0)
    canvas.text(0, canvas.y + 12, _heading(begin, end, canvas.width), "t-strong")
    canvas.y += 22
    _state_lane(canvas, report, scale)
    top = canvas.y
    grid = len(canvas.out)
    for strip in panel.bars:
        _bar(canvas, scale, strip)
    lines = _axis(canvas, scale, top, _canary(canvas, report, scale, top))
    canvas.out[grid:grid] = lines
    canvas.y += 26


def _heading(begin: int, end: int, room: float) -> str:
    first, last = iso(begin)[:19].replace("T", " "), iso(end)[:19].replace("T", " ")
    text = f"{first} to {last[11:] if first[:10] == last[:10] else last} UTC"
    longer = f"{text}, {duration((end - begin) / 1000)}"
    return longer if text_width(longer) <= room else fitted(text, room)


def _state_lane(canvas: _Canvas, report: Mapping[str, Any], scale: _Scale) -> None:
    if canvas.stacked:
        canvas.text(0, canvas.y + 11, "state of the cluster", "t-muted")
        canvas.y += 16
    else:
        canvas.text(0, canvas.y + 13, "state of the cluster", "t-muted")
    for span in report["states"]:
        since, until = epoch_ms(span["since"]), epoch_ms(span["until"])
        if until < scale.begin or since > scale.end or since == until:
            continue
        left, right = scale.x(since), scale.x(until)
        tip = f"{span['name']} for {duration(span['seconds'])}"
        canvas.rect(left, canvas.y, right - left - 1, 18, f"s-{span['name']}", tip)
        for name in (span["name"], span["name"].partition("_")[0]):
            if text_width(name, 11) + 6 <= right - left:
                canvas.text((left + right) / 2, canvas.y + 13, name, "t-on", "middle", 11)
                break
    canvas.y += 26


def _bar(canvas: _Canvas, scale: _Scale, strip: Bar) -> None:
    if strip.level == 0:
        canvas.text(0, canvas.y + 13, strip.label, "t-strong")
        canvas.y += 20
        return
    if strip.level == 3:
        for begin, end, kind in strip.parts:
            canvas.rect(scale.x(begin), canvas.y, scale.x(end) - scale.x(begin), 3, kind, strip.tip)
        canvas.y += 4
        return
    indent = (2 if canvas.stacked else 10) + 12 * (strip.level - 1)
    size = 11 if canvas.stacked else FONT
    room = canvas.width - indent if canvas.stacked else canvas.gutter - indent - 6
    kind = "" if strip.level == 1 else "t-muted"
    canvas.text(indent, canvas.y + 12, fitted(strip.label, room, size), kind, size=size)
    drawn = [part for part in strip.parts if part[2]]
    if canvas.stacked and drawn:
        canvas.y += 16
    for begin, end, part_kind in drawn:
        if end > begin or strip.level == 1:
            canvas.rect(scale.x(begin), canvas.y + 2, scale.x(end) - scale.x(begin), 11, part_kind, strip.tip)
    if strip.end > strip.begin:
        _length(canvas, scale, strip)
    canvas.y += 18


def _length(canvas: _Canvas, scale: _Scale, strip: Bar) -> None:
    """Write how long it took: right of the strip, else left of it, else in it."""
    done = strip.end if strip.level == 1 else next(part[1] for part in reversed(strip.parts) if part[2] != "r-ours")
    text = duration((done - strip.begin) / 1000)
    left, right, needs = scale.x(strip.begin), scale.x(strip.end), text_width(text, 11) + 8
    if right + needs <= scale.right:
        canvas.text(right + 5, canvas.y + 12, text, "t-muted", size=11)
    elif left - needs >= scale.left:
        canvas.text(left - 5, canvas.y + 12, text, "t-muted", "end", 11)
    else:
        canvas.text((left + right) / 2, canvas.y + 11.5, text, "" if strip.level == 1 else "t-on", "middle", 10)


def _canary(canvas: _Canvas, report: Mapping[str, Any], scale: _Scale, top: float) -> float:
    """Mark the longest time in which the canary's producer got no ack; returns where the grid ends."""
    canvas.y += 4
    bottom = canvas.y
    canary = report["canary"] or {}
    at, gap = canary.get("longest_ack_gap_at_ms"), canary.get("longest_ack_gap_ms")
    if not isinstance(at, int) or not isinstance(gap, int) or not scale.begin <= at <= scale.end:
        return bottom
    left, right = scale.x(at), scale.x(at + gap)
    canvas.rect(left, top, right - left, canvas.y - top, "m-gap", f"no ack for {gap} ms")
    text = f"longest time between two acks: {gap} ms"
    half = text_width(text, 11) / 2
    middle = min(max(left, scale.left + half), scale.right - half)
    canvas.text(middle, canvas.y + 11, fitted(text, scale.right - scale.left, 11), "t-gap", "middle", 11)
    canvas.y += 16
    return bottom


def _axis(canvas: _Canvas, scale: _Scale, top: float, bottom: float) -> list[str]:
    """Return the grid lines and the clock times under them; the lines go behind the bars."""
    span = (scale.end - scale.begin) / 1000
    most = max((scale.right - scale.left) / TICK, 1)
    step = next((each for each in STEPS if span / each <= most), span)
    lines = []
    first = int(-(-scale.begin // (step * 1000)) * step * 1000)
    for at in range(first, scale.end + 1, round(step * 1000)):
        x = scale.x(at)
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" class="l-grid"/>')
        text = _clock(at, step)
        anchor = (
            "start"
            if x - text_width(text, 10) / 2 < 0
            else "end"
            if x + text_width(text, 10) / 2 > canvas.width
            else "middle"
        )
        lines.append(
            f'<text x="{x:.1f}" y="{canvas.y + 12:.1f}" class="t-muted" font-size="10" text-anchor="{anchor}">{text}</text>'
        )
    return lines


def _clock(milliseconds: int, step: float) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    if step >= 86400:
        return moment.strftime("%m-%d")
    return moment.strftime("%H:%M:%S") + (f".{moment.microsecond // 100000}" if step < 1 else "")
