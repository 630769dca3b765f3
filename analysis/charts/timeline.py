"""The failure timeline: open connections, closures by phase, stalls, demand and aftermath over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import moments, series, style

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from jmxgen.analysis.model import Analysis

_SINGLE: Final = 60  # up to so many closures of a phase are drawn one by one
_STEPS: Final = 1500  # a line of more steps is drawn as the range within each column of pixels
_COLUMNS: Final = 1200


def shows(analysis: Analysis) -> bool:
    """Say whether the run has a time axis at all."""
    return len(analysis.run.connections) > 0 and math.isfinite(analysis.run.start_ms)


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the panels that have something in them."""
    run, counts = analysis.run, analysis.counts
    seconds = measures.per_second(run)
    attempts, admitted = series.demand(run.connections, run.start_ms, len(seconds))
    end = max(len(seconds), 1)
    found = moments.of(analysis)
    right = style.margin(*(text for _, _, text in limits(analysis)))
    flags = moments.Flags(found, end, form.width - 0.85 - right, right - 0.1)
    every: list[tuple[bool, float, Callable[[Axes], None]]] = [
        (True, 2.5 + flags.height, lambda ax: open_connections(ax, analysis)),
        (counts.handshake > 0, 1.05, lambda ax: closures(ax, analysis, "handshake")),
        (counts.data > 0, 1.05, lambda ax: closures(ax, analysis, "data")),
        (
            bool(seconds["stalls"].any()),
            0.7,
            lambda ax: _bars(ax, seconds["stalls"], "stall", "stalls per second"),
        ),
        (series.leaks(analysis), 0.9, lambda ax: _abandoned_per_second(ax, analysis)),
        (bool(attempts.any()), 1.05, lambda ax: _demand(ax, attempts, admitted)),
        (bool(seconds["aftermath"].any()), 0.7, lambda ax: _aftermath(ax, seconds["aftermath"])),
    ]
    wanted = [(height, paint) for some, height, paint in every if some]
    drawn, axes = style.panels(
        analysis, form, analysis.verdict.finding, [h for h, _ in wanted], share_x=True, right=right
    )  # fmt: skip
    for ax, (_, paint) in zip(axes, wanted, strict=True):
        paint(ax)
    flags.write(axes[0])
    moments.mark(axes, found)
    style.seconds_axis(axes[-1], end)
    return drawn


def describe(analysis: Analysis) -> str:
    """Say what the timeline shows."""
    counts = analysis.counts
    lost = [(counts.handshake, "handshake closure"), (counts.data, "data-phase closure")]
    closed = " and ".join(words.count(number, what) for number, what in lost if number) or "no closures"
    sentence = (
        f"Open connections over {words.duration(analysis.run.seconds_long)}, "
        f"peak {counts.peak_open:,}; {closed}."
    )
    marked = [f"{moment.text[:1].upper()}{moment.text[1:]}." for moment in moments.of(analysis)]
    return " ".join([sentence, *marked])


def open_connections(ax: Axes, analysis: Analysis) -> None:
    """Draw what was open, the callers, the limit, and what was abandoned where that counts."""
    seconds = analysis.run.seconds
    connections, start = analysis.run.connections, analysis.run.start_ms
    keys: list[tuple[str, str]] = []
    opened = series.opened(connections)
    top = float(max(opened.peak, 1))
    if series.leaks(analysis):
        hold = series.hold_s(connections)
        held = series.held(connections, hold)
        _abandoned(ax, opened, held, start, max(len(seconds), 1))
        top = max(top, float(held.peak))
        kept = "" if math.isinf(hold) else f", each for {hold:g} s"
        keys.append((f"╌ open or abandoned{kept}", style.MUTED))
    at, number = np.append(opened.at_ms, analysis.run.end_ms), np.append(opened.number, opened.number[-1:])
    _step_line(ax, (at[: len(number)] - start) / 1000, number)
    working = _callers(ax, seconds, opened.peak)
    keys += [("─ callers", style.MUTED)] if working else []
    active, said = _active(ax, analysis, max(len(seconds), 1))
    keys += [(f"╌ {said}", style.METRICS)] if active else []
    top = max(top, working, active, _mark_limits(ax, analysis))
    style.count_axis(ax, top, ticks=6)
    style.heading(ax, "━ open connections", more=f"peak {opened.peak:,}", keys=keys)


def _abandoned(ax: Axes, opened: series.Level, held: series.Level, start: float, seconds: int) -> None:
    """Draw what the server held: the open connections, and on top of them the abandoned ones."""
    at = np.linspace(0, seconds, _COLUMNS)
    low, high = (level.before(start + 1000 * at) for level in (opened, held))
    ax.fill_between(at, low, high, color=style.FAINT, linewidth=0, zorder=2)
    ax.plot(at, high, color=style.INK, linewidth=1.6, linestyle=(0, (3, 1.5)), zorder=4)


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
    ax.plot(np.arange(len(known)) + 0.5, known, color=style.MUTED, linewidth=1.2, zorder=3)
    return float(threads.max())


def _active(ax: Axes, analysis: Analysis, end: float) -> tuple[float, str]:
    """Draw Active Conversations; return their peak and what to call them."""
    metrics = analysis.run.metrics
    if metrics is None or metrics.empty:
        return 0.0, ""
    at = (metrics["at_ms"].to_numpy(np.float64) - analysis.run.start_ms) / 1000
    active = metrics["active"].to_numpy(np.float64)
    inside = (at >= 0) & (at <= end) & np.isfinite(active)
    if not inside.any():
        return 0.0, ""
    ax.plot(at[inside], active[inside], color=style.METRICS, linestyle="--", linewidth=1.8, zorder=5)
    found = [words.figure(named, "plateau") for named in words.named(analysis)]
    plateau = next((value for value in found if value is not None), None)
    said = "Active Conversations" if plateau is None else f"Active Conversations plateau at {plateau:,.0f}"
    return float(active[inside].max()), said


def limits(analysis: Analysis) -> list[tuple[float, tuple[float, float] | None, str]]:
    """Return each limit in connections that the verdict names, its interval, and both in words."""
    return [
        (words.figure(found, "limit") or 0.0, words.bounds(found), f"limit {words.limit(found)}")
        for found in words.limited(analysis)
    ]


def _mark_limits(ax: Axes, analysis: Analysis) -> float:
    """Draw each limit as a line with its band, its words right of the panel; return the highest."""
    for value, interval, text in limits(analysis):
        style.mark_across(ax, value, interval)
        style.beside(ax, value, text)
    return max((value for value, _, _ in limits(analysis)), default=0.0)


def closures(ax: Axes, analysis: Analysis, phase: Literal["handshake", "data"]) -> None:
    """Draw the closures of a phase: few of them each by itself, many per second."""
    seconds = measures.per_second(analysis.run)
    connections = analysis.run.connections
    mine = measures.is_closure(connections, phase)
    total = int(mine.sum())
    if total > _SINGLE:
        _bars(ax, seconds[phase], phase, f"{style.PHASE_WORDS[phase]} closures per second")
        return
    lost = connections[mine].sort_values("noticed_at")
    noticed = (lost["noticed_at"].to_numpy() - analysis.run.start_ms) / 1000
    after = (lost["end_after"].to_numpy() - analysis.run.start_ms) / 1000
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
    since = "last known alive" if phase == "data" else "attempt"
    style.count_axis(ax, float(height.max(initial=1)) + 0.4, ticks=2)
    ax.set_yticks([])
    _heading(ax, phase, f"{style.PHASE_WORDS[phase]} closures", f"{total:,}; bars: {since} to detected")


def _stack(times: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return heights that put marks closer than `width` seconds above each other."""
    column = np.floor(times / width)
    heights = np.ones(len(times))
    for n in range(1, len(times)):
        if column[n] == column[n - 1]:
            heights[n] = heights[n - 1] + 1
    return heights


def _binned(values: ArrayLike) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """Return bin width in seconds, left edges, and counts per second in each bin."""
    numbers = np.asarray(values, np.float64)
    width = style.bin_seconds(len(numbers))
    edges = np.arange(0, max(len(numbers), 1), width)
    sums = np.add.reduceat(numbers, edges) if len(numbers) else np.zeros(1)
    lengths = np.minimum(edges + width, len(numbers)) - edges
    return width, edges.astype(np.float64), sums / np.maximum(lengths, 1)


def _bars(ax: Axes, values: pd.Series, what: str, text: str) -> None:
    filled(ax, values, style.COLOURS[what], ticks=3)
    _heading(ax, what, text, f"{int(values.sum()):,} in total{_averaged(values)}")


def _averaged(values: ArrayLike) -> str:
    """Say what bins of several seconds hide: that they are means, and how much the busiest second had."""
    numbers = np.asarray(values, np.float64)
    width = style.bin_seconds(len(numbers))
    if width == 1:
        return ""
    return f"; mean of each {width} s, busiest second {int(numbers.max(initial=0)):,}"


def filled(ax: Axes, values: ArrayLike, colour: str, *, ticks: int) -> None:
    """Draw counts per second as steps."""
    width, edges, rates = _binned(values)
    style.stairs(ax, rates, np.append(edges, edges[-1] + width), colour)
    style.count_axis(ax, float(rates.max()), ticks=ticks, whole=rates.max() >= 3)


def _heading(ax: Axes, what: str, text: str, more: str) -> None:
    style.heading(ax, f"{style.GLYPHS[what]} {text}", colour=style.COLOURS[what], more=more)


def _aftermath(ax: Axes, values: pd.Series) -> None:
    filled(ax, values, style.AFTERMATH, ticks=2)
    more = f"{int(values.sum()):,} rows only repeat a closure{_averaged(values)}"
    style.heading(ax, "follow-on errors per second", colour=style.MUTED, more=more)


def _abandoned_per_second(ax: Axes, analysis: Analysis) -> None:
    connections, seconds = analysis.run.connections, max(len(analysis.run.seconds), 1)
    at = connections["last_alive_at"][connections["end"] == "leaked"].dropna().to_numpy(np.float64)
    second = np.clip((at - analysis.run.start_ms) // 1000, 0, seconds - 1).astype(np.int64)
    per_second = np.bincount(second, minlength=seconds)
    filled(ax, per_second, style.AFTERMATH, ticks=2)
    more = f"{analysis.counts.leaked:,} in total{_averaged(per_second)}"
    style.heading(ax, "abandoned per second", colour=style.MUTED, more=more)


def _demand(ax: Axes, attempts: NDArray[np.int64], admitted: NDArray[np.int64]) -> None:
    """Draw attempts, and those of them that were admitted, at the second of the attempt."""
    width, edges, asked = _binned(attempts)
    _, _, accepted = _binned(admitted)
    ends = np.append(edges, edges[-1] + width)
    style.stairs(ax, accepted, ends, style.INK, alpha=0.22)
    style.stairs(ax, asked, ends, style.INK, line=1.4)
    style.count_axis(ax, float(asked.max()), ticks=3, whole=asked.max() >= 3)
    style.heading(ax, "handshakes per second", more=f"line: attempted; grey: accepted{_averaged(attempts)}")
