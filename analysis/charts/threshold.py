"""Closure rate against the number of open connections, with intervals, and the limit where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.charts import style
from jmxgen.analysis.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.analysis.model import Analysis

_Phase = Literal["handshake", "data"]


def shows(analysis: Analysis) -> bool:
    """Say whether anything was lost, of attempts whose time is known."""
    return bool(_phases(analysis))


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the rate of each phase that has closures, and how many attempts each point rests on."""
    tables = _tables(analysis)
    title, heights = _title(analysis, tables), [*(2.3 for _ in tables), 0.9]
    drawn, axes = style.panels(analysis, form, title, heights, share_x=True)
    end = max(float(table["high"].max()) for table in tables.values())
    for ax, (phase, table) in zip(axes, tables.items(), strict=False):
        _points(ax, phase, table)
        _limit(ax, analysis)
    table = measures.closure_rate_by_concurrency(analysis.results)
    low, high, attempts = (table[name].to_numpy(np.float64) for name in ("low", "high", "attempts"))
    # Bars with gaps, as one outline that falls to zero between them.
    edges = np.column_stack([low, low + 0.92 * (high - low)]).ravel()
    bars = np.column_stack([attempts, np.zeros(len(attempts))]).ravel()[:-1]
    style.stairs(axes[-1], bars, edges, style.AFTERMATH)
    style.count_axis(axes[-1], float(table["attempts"].max()), ticks=3)
    style.heading(axes[-1], "attempts", more="made at this number of open connections")
    style.number_axis(axes[-1], end, "connections open just before the attempt")
    return drawn


def describe(analysis: Analysis) -> str:
    """Say at which concurrency the rate is highest."""
    return f"{_title(analysis, _tables(analysis))}. Each rate has its 95% Wilson interval."


def _phases(analysis: Analysis) -> list[_Phase]:
    counts, connections = analysis.counts, analysis.results.connections
    known = connections["attempted_at"].notna()
    at_risk: dict[_Phase, bool] = {
        "handshake": counts.handshake > 0 and bool(known.any()),
        "data": counts.data > 0 and bool((known & connections["opened_at"].notna()).any()),
    }
    return [phase for phase, some in at_risk.items() if some]


def _tables(analysis: Analysis) -> dict[_Phase, pd.DataFrame]:
    rates = measures.closure_rate_by_concurrency
    return {phase: rates(analysis.results, phase=phase) for phase in _phases(analysis)}


def _title(analysis: Analysis, tables: Mapping[_Phase, pd.DataFrame]) -> str:
    if "limit" in analysis.verdict.evidence:
        return analysis.verdict.finding
    phase = max(tables, key=lambda p: getattr(analysis.counts, p))
    table = tables[phase]
    worst = table.iloc[int(table["rate_low"].argmax())]
    low, high = int(worst["low"]), int(worst["high"]) - 1
    at = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    whose = "attempts made" if phase == "handshake" else "connections opened"
    ending = "a handshake closure" if phase == "handshake" else "a closure in the data phase"
    return f"Of {whose} with {at} open, {words.percent(worst['rate'])} ended in {ending}"


def _points(ax: Axes, phase: _Phase, table: pd.DataFrame) -> None:
    middle = (table["low"] + table["high"]).to_numpy() / 2
    rate = table["rate"].to_numpy() * 100
    # A Wilson interval holds its rate but for rounding: no bar may point the wrong way.
    below = np.maximum(rate - table["rate_low"].to_numpy() * 100, 0)
    above = np.maximum(table["rate_high"].to_numpy() * 100 - rate, 0)
    colour = style.COLOURS[phase]
    ax.errorbar(
        middle, rate, yerr=[below, above], fmt=style.MARKS[phase], color=colour, ecolor=colour,
        elinewidth=1.4, capsize=2.5, markersize=6.5, zorder=4, clip_on=False,
    )  # fmt: skip
    style.count_axis(ax, min(100.0, float((rate + above).max())), ticks=5, whole=False)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    of = "attempts" if phase == "handshake" else "opened connections"
    style.heading(
        ax,
        f"{style.GLYPHS[phase]} {style.PHASE_WORDS[phase]} closures",
        colour=colour,
        more=f"share of {of}, bars: 95% interval",
    )


def _limit(ax: Axes, analysis: Analysis) -> None:
    limit = words.figure(analysis.verdict, "limit")
    if limit is None:
        return
    interval = words.bounds(analysis.verdict)
    style.mark_up(ax, limit, interval)
    said = f"limit {words.between(limit, interval)}"
    left = limit if interval is None else min(limit, interval[0])
    y = ax.get_ylim()[1] * 0.6
    style.note(ax, left, y, said, offset=(-5, 0), boxed=True, ha="right", va="center", fontweight="bold")
