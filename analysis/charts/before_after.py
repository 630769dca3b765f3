"""Two runs on the same axes: open connections and closures, and below them the figures that were compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis import words
from jmxgen.analysis.charts import series, style

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jmxgen.analysis.compare.two_runs import Change, Comparison
    from jmxgen.analysis.model import Analysis

_FIGURES: Final = 12
_POINTS: Final = 1200
_PLAIN: Final = style.MUTED  # what is before


def figure(comparison: Comparison, form: style.Form, title: str, named: Callable[[str], str]) -> Figure:
    """Draw both runs over time from their first samples, then the figures with their intervals.

    Args:
        comparison: what was compared.
        form: how it is laid out.
        title: the finding.
        named: says what a figure is called.
    """
    runs = (comparison.before, comparison.after)
    end = max(1, *(len(analysis.run.seconds) for analysis in runs))
    phases = [
        phase for phase in ("handshake", "data") if any(_closures(analysis, phase).any() for analysis in runs)
    ]
    changes = _drawn(comparison)
    heights = [2.2, *(1.0 for _ in phases), 0.3 * len(changes) + 0.1]
    gaps = [*(0.66 for _ in phases), 1.05]
    over_time = 1 + len(phases)
    drawn, axes = style.panels(
        comparison.after, form, title, heights,
        left=[0.75] * over_time + [1.65 if form.narrow else 2.6],
        right=[0.35] * over_time + [1.2 if form.narrow else 1.35],
        gap=gaps,
    )  # fmt: skip
    _open(axes[0], runs, end)
    for ax, phase in zip(axes[1:], phases, strict=False):
        _per_second(ax, runs, phase)
    for ax in axes[: 1 + len(phases)]:
        last = ax is axes[len(phases)]
        style.seconds_axis(ax, end, label="seconds since each run's first sample" if last else "")
        ax.tick_params(labelbottom=last)
    _figures(axes[-1], changes, named, characters=20 if form.narrow else 32)
    return drawn


def describe(comparison: Comparison) -> str:
    """Say what both runs reached and lost."""
    said = [
        f"{when}: peak {run.counts.peak_open:,} open, {run.counts.handshake:,} of {run.counts.attempted:,} "
        f"handshakes failed, {run.counts.data:,} of {run.counts.opened:,} connections lost"
        for when, run in (("Before", comparison.before), ("after", comparison.after))
    ]
    return "; ".join(said) + "."


def _drawn(comparison: Comparison) -> list[Change]:
    """Return the figures that are numbers, the changed ones first."""
    numbers = [
        change
        for change in comparison.changes
        if any(isinstance(value, (int, float)) and value for value in (change.before, change.after))
    ]
    order = ("worse", "changed", "better", "same")
    return sorted(numbers, key=lambda change: order.index(change.judgement))[:_FIGURES]


def _open(ax: Axes, runs: tuple[Analysis, Analysis], end: int) -> None:
    top = 1.0
    for analysis, colour, width in zip(runs, (_PLAIN, style.INK), (1.4, 2.2), strict=True):
        level = series.opened(analysis.run.connections)
        at = np.linspace(0, end, _POINTS)
        ax.plot(at, level.before(analysis.run.start_ms + 1000 * at), color=colour, linewidth=width, zorder=4)
        top = max(top, float(level.peak))
    style.count_axis(ax, top, ticks=5)
    style.heading(ax, "open connections", keys=[("─ before", _PLAIN), ("━ after", style.INK)])


def _closures(analysis: Analysis, phase: str) -> NDArray[np.int64]:
    return series.closures(analysis.run, phase, max(len(analysis.run.seconds), 1))


def _per_second(ax: Axes, runs: tuple[Analysis, Analysis], phase: str) -> None:
    colour, top = style.COLOURS[phase], 1.0
    for run, line in zip(runs, (1.4, 0.0), strict=True):
        counts = _closures(run, phase)
        width = style.bin_seconds(len(counts))
        edges = np.arange(0, len(counts), width)
        rates = np.add.reduceat(counts, edges) / np.diff([*edges, len(counts)])  # the last may be shorter
        style.stairs(
            ax, rates, np.append(edges, edges[-1] + width), _PLAIN if line else colour, line=line, alpha=1.0
        )
        top = max(top, float(rates.max()))
    style.count_axis(ax, top, ticks=3, whole=top >= 3)
    text = f"{style.GLYPHS[phase]} {style.PHASE_WORDS[phase]} closures per second"
    style.heading(ax, text, colour=colour, more="line: before; filled: after")


def _figures(ax: Axes, changes: list[Change], named: Callable[[str], str], *, characters: int) -> None:
    """Draw each figure on a scale of its own that begins at zero."""
    for y, change in enumerate(changes):
        changed = change.judgement != "same"
        colour = style.INK if changed else style.AFTERMATH
        top = max(_ends(change), default=1.0) or 1.0
        sides = (
            (change.before, change.before_interval, -0.12, "none"),
            (change.after, change.after_interval, 0.12, "full"),
        )
        for value, interval, shift, fill in sides:
            if not isinstance(value, (int, float)):
                continue
            if interval is not None:
                low, high = (min(max(bound / top, 0), 1.02) for bound in interval)
                ax.hlines(y + shift, low, high, color=colour, linewidth=2.5, alpha=0.45)
            ax.plot(value / top, y + shift, "o", color=colour, markersize=6, fillstyle=fill, clip_on=False)
        weight: dict[str, Any] = {"fontweight": "bold"} if changed else {"color": style.MUTED}
        across = ax.get_yaxis_transform()
        name = named(change.name)
        name = name if len(name) <= characters else f"{name[: characters - 1]}…"
        ax.text(-0.02, y, name, ha="right", va="center", fontsize=9, transform=across, **weight)
        unit = f" {change.unit}" if change.unit == "ms" else ""
        said = f"{_value(change.before, change.unit)} → {_value(change.after, change.unit)}{unit}"
        ax.text(1.03, y, said, va="center", fontsize=9, transform=across, **weight)
    ax.set_xlim(0, 1.03)
    ax.set_ylim(max(len(changes), 1) - 0.4, -0.6)
    ax.set_xticks([])
    ax.set_yticks([])
    style.heading(ax, "figures, each from zero", more="○ before  ● after; bars: 99%")


def _ends(change: Change) -> list[float]:
    found = [value for value in (change.before, change.after) if isinstance(value, (int, float))]
    found += [bound for part in (change.before_interval, change.after_interval) if part for bound in part]
    most = max((abs(value) for value in found[:2]), default=1.0)
    return [float(value) for value in found if math.isfinite(value) and value <= 4 * max(most, 1e-9)]


def _value(value: float | str | None, unit: str) -> str:
    if not isinstance(value, (int, float)):
        return "–"
    return words.number(value) if unit else words.percent(value)
