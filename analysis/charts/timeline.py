"""The failure timeline: open connections, closures by phase, stalls, demand and aftermath over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.charts import moments, style
from jmxgen.analysis.report import words

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

_SINGLE: Final = 60  # up to so many closures of a phase are drawn one by one
_STEPS: Final = 1500  # a line of more steps is drawn as the range within each column of pixels
_COLUMNS: Final = 1200


def shows(analysis: Analysis) -> bool:
    """Say whether the run has a time axis at all."""
    return len(analysis.results.connections) > 0 and math.isfinite(analysis.results.start_ms)


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the panels that have something in them."""
    seconds = analysis.results.by_second
    every: list[tuple[str, float, Callable[[Axes], None]]] = [
        ("open", 2.6, lambda ax: _open(ax, analysis, seconds)),
        ("handshake", 1.05, lambda ax: _closures(ax, analysis, seconds, "handshake")),
        ("data", 1.05, lambda ax: _closures(ax, analysis, seconds, "data")),
        ("stalls", 0.7, lambda ax: _bars(ax, seconds["stalls"], "stall", "stalls a second")),
        ("attempts", 1.05, lambda ax: _demand(ax, seconds)),
        ("aftermath", 0.7, lambda ax: _aftermath(ax, seconds["aftermath"])),
    ]
    wanted = [(height, paint) for column, height, paint in every if column == "open" or seconds[column].any()]
    drawn, axes = style.panels(analysis, form, analysis.verdict.finding, [h for h, _ in wanted], share_x=True)
    for ax, (_, paint) in zip(axes, wanted, strict=True):
        paint(ax)
    for moment, _ in moments.of(analysis):
        for ax in axes:
            ax.axvline(moment, color=style.INK, linestyle=":", linewidth=1, zorder=1)
    style.seconds_axis(axes[-1], max(len(seconds), 1))
    return drawn


def describe(analysis: Analysis) -> str:
    """Say what the timeline shows."""
    counts = analysis.counts
    told = (
        f"Open connections over {words.duration(analysis.results.seconds_long)}, "
        f"at most {counts.peak_open:,}; "
        f"{words.count(counts.handshake, 'handshake closure')} and "
        f"{words.count(counts.data, 'closure')} in the data phase."
    )
    first = _onset_s(analysis)
    if math.isfinite(first):
        at = words.count(words.onset(analysis)[1], "connection")
        told += f" The first closure comes after {words.short(first)} with {at} open."
    return told


def _onset_s(analysis: Analysis) -> float:
    return (words.onset(analysis)[0] - analysis.results.start_ms) / 1000


def _open(ax: Axes, analysis: Analysis, seconds: pd.DataFrame) -> None:
    steps = analysis.results.openness.steps
    at = (steps["at_ms"].to_numpy() - analysis.results.start_ms) / 1000
    level = steps["open"].to_numpy()
    _step_line(ax, at, level)
    top = float(level.max(initial=1))
    end = max(len(seconds), 1)
    top = max(top, _callers(ax, seconds, analysis.counts.peak_open))
    top = max(top, _active(ax, analysis, end))
    top = max(top, _limit(ax, analysis, end))
    style.count_axis(ax, top * 1.06, ticks=6)
    style.heading(ax, "open connections", more=f"at most {analysis.counts.peak_open:,}")
    moments.remark(ax, analysis, end, top)


def _step_line(ax: Axes, at: NDArray[np.float64], level: NDArray[np.int64]) -> None:
    if len(at) <= _STEPS:
        ax.step([0.0, *at], [0, *level], where="post", color=style.INK, linewidth=2.2, zorder=4)
        return
    edges = np.linspace(at[0], at[-1], _COLUMNS + 1)
    first = np.searchsorted(at, edges[:-1])
    low, high = np.minimum.reduceat(level, first), np.maximum.reduceat(level, first)
    middle = (edges[:-1] + edges[1:]) / 2
    ax.fill_between(middle, low, high, color=style.INK, linewidth=0, zorder=4)
    ax.plot(middle, high, color=style.INK, linewidth=1.6, zorder=4)


def _callers(ax: Axes, seconds: pd.DataFrame, peak: int) -> float:
    """Draw how many threads were at work, where that differs from what is open: the demand."""
    threads = seconds["threads"].to_numpy(np.float64)
    if not len(threads) or threads.max() <= 0 or abs(threads.max() - peak) <= 0.05 * peak:
        return 0.0
    known = np.where(threads < 0, np.nan, threads)
    middle = np.arange(len(known)) + 0.5
    ax.plot(middle, known, color=style.MUTED, linewidth=1.2, zorder=3)
    highest = int(np.nanargmax(known))
    style.note(
        ax, middle[highest], known[highest], words.count(int(threads.max()), "caller"), color=style.MUTED,
        offset=(0, 4), boxed=True, ha="left" if highest < 0.8 * len(known) else "right", va="bottom",
    )  # fmt: skip
    return float(threads.max())


def _active(ax: Axes, analysis: Analysis, end: float) -> float:
    metrics = analysis.results.metrics
    if metrics is None or metrics.empty:
        return 0.0
    at = (metrics["at_ms"].to_numpy(np.float64) - analysis.results.start_ms) / 1000
    active = metrics["active"].to_numpy(np.float64)
    inside = (at >= 0) & (at <= end) & np.isfinite(active)
    if not inside.any():
        return 0.0
    at, active = at[inside], active[inside]
    ax.plot(at, active, color=style.METRICS, linestyle="--", linewidth=1.8, zorder=5)
    plateau = words.figure(analysis.verdict, "plateau")
    said = "Active Conversations" if plateau is None else f"Active Conversations stand at {plateau:,.0f}"
    # Below the line's middle: there is room under a plateau and under a ramp, and no other remark.
    middle = int(np.searchsorted(at, (at[0] + at[-1]) / 2))
    style.note(
        ax, at[middle], active[middle], said, color=style.METRICS, fontweight="bold", offset=(0, -6),
        boxed=True, ha="center", va="top",
    )  # fmt: skip
    return float(active.max())


def _limit(ax: Axes, analysis: Analysis, end: float) -> float:
    """Draw the limit of the verdict as a line with its band."""
    value = words.figure(analysis.verdict, "limit")
    if value is None:
        return 0.0
    interval = words.bounds(analysis.verdict)
    style.mark_across(ax, value, interval)
    said = f"limit {words.between(value, interval)}"
    style.note(
        ax, end, value, said, color=style.HANDSHAKE, fontweight="bold", offset=(0, 4), boxed=True, ha="right",
        va="bottom",
    )  # fmt: skip
    return value * 1.1


def _closures(
    ax: Axes, analysis: Analysis, seconds: pd.DataFrame, phase: Literal["handshake", "data"]
) -> None:
    connections = analysis.results.connections
    mine = measures.closed_out(connections, phase)
    total = int(mine.sum())
    if total > _SINGLE:
        _bars(ax, seconds[phase], phase, f"{style.PHASE_WORDS[phase]} closures a second")
        return
    lost = connections[mine].sort_values("noticed_at")
    noticed = (lost["noticed_at"].to_numpy() - analysis.results.start_ms) / 1000
    after = (lost["end_after"].to_numpy() - analysis.results.start_ms) / 1000
    height = _stack(noticed, max(len(seconds), 1) / 120)
    ax.hlines(
        height,
        np.where(np.isnan(after), noticed, after),
        noticed,
        color=style.COLOURS[phase],
        alpha=0.35,
        linewidth=3,
    )
    ax.plot(noticed, height, style.MARKS[phase], color=style.COLOURS[phase], markersize=6, clip_on=False)
    since = "last seen alive" if phase == "data" else "the attempt"
    style.count_axis(ax, float(height.max(initial=1)) + 0.4, ticks=2)
    ax.set_yticks([])
    _heading(ax, phase, f"{style.PHASE_WORDS[phase]} closures", f"{total:,}; bars from {since} to noticed")


def _stack(times: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return heights that put marks closer than `width` seconds above each other."""
    column = np.floor(times / width)
    heights = np.ones(len(times))
    for n in range(1, len(times)):
        if column[n] == column[n - 1]:
            heights[n] = heights[n - 1] + 1
    return heights


def _binned(values: pd.Series) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """Return bin width in seconds, left edges, and counts a second in each bin."""
    width = style.bin_seconds(len(values))
    edges = np.arange(0, max(len(values), 1), width)
    sums = np.add.reduceat(values.to_numpy(np.float64), edges) if len(values) else np.zeros(1)
    lengths = np.minimum(edges + width, len(values)) - edges
    return width, edges.astype(np.float64), sums / np.maximum(lengths, 1)


def _bars(ax: Axes, values: pd.Series, what: str, text: str) -> None:
    _filled(ax, values, style.COLOURS[what], ticks=3)
    _heading(ax, what, text, f"{int(values.sum()):,} in all")


def _filled(ax: Axes, values: pd.Series, colour: str, *, ticks: int) -> None:
    width, edges, rates = _binned(values)
    style.stairs(ax, rates, np.append(edges, edges[-1] + width), colour)
    style.count_axis(ax, float(rates.max()), ticks=ticks, whole=rates.max() >= 3)


def _heading(ax: Axes, what: str, text: str, more: str) -> None:
    style.heading(ax, f"{style.GLYPHS[what]} {text}", colour=style.COLOURS[what], more=more)


def _aftermath(ax: Axes, values: pd.Series) -> None:
    _filled(ax, values, style.AFTERMATH, ticks=2)
    more = f"{int(values.sum()):,} failing rows only repeat a closure"
    style.heading(ax, "aftermath rows a second", colour=style.MUTED, more=more)


def _demand(ax: Axes, seconds: pd.DataFrame) -> None:
    width, edges, asked = _binned(seconds["attempts"])
    _, _, admitted = _binned(seconds["admitted"])
    ends = np.append(edges, edges[-1] + width)
    style.stairs(ax, admitted, ends, style.INK, alpha=0.22)
    style.stairs(ax, asked, ends, style.INK, line=1.4)
    style.count_axis(ax, float(max(asked.max(), admitted.max())), ticks=3, whole=asked.max() >= 3)
    style.heading(ax, "handshakes a second", more="line: asked for; filled: admitted")
