"""How often handshakes fail, and connections are lost, by how many connections are open.

For handshakes that is a share of the attempts made at such a number. For losses it is a rate per minute of an
open connection, so that a number that was held for long doesn't look dangerous.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import series, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

_Phase = Literal["handshake", "data"]
_BINS: Final = {False: 16, True: 8}  # at most, on a wide and on a narrow picture
_LEAST: Final = 10  # attempts in a bin
# Causes under which attempts fail at any number: to draw them over it would show a limit that is none.
_WHATEVER_IS_OPEN: Final = ("mass-disconnect", "outage", "denied", "wrong-endpoint")
_BY_CHANCE: Final = 0.001


@dataclasses.dataclass(frozen=True)
class Rates:
    """One row per bin of open connections; `low` and `high` are what really was open in it, both included."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    middle: NDArray[np.float64]  # the mean of what was open
    closures: NDArray[np.int64]
    at_risk: NDArray[np.float64]  # attempts, or connection-minutes
    rate: NDArray[np.float64]
    rate_low: NDArray[np.float64]  # of its 95% interval
    rate_high: NDArray[np.float64]
    chance: float  # the probability of rates so different where they are all the same


def shows(analysis: Analysis) -> bool:
    """Say whether closures can depend on what was open: not where time or the caller decides."""
    return analysis.verdict.cause not in _WHATEVER_IS_OPEN and bool(_phases(analysis))


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the rate of each phase that has closures, and what each point rests on."""
    phases = _phases(analysis)
    found = {phase: rates(analysis, phase, most=_BINS[form.narrow]) for phase in phases}
    heights, gaps = [2.1, 0.75] * len(found), [0.42, 1.05] * len(found)
    drawn, axes = style.panels(
        analysis, form, _title(analysis, found), heights, gap=gaps[: len(heights) - 1], left=0.95
    )
    end = 1.02 * max(int(table.high.max()) for table in found.values()) + 1
    for place, (phase, table) in enumerate(found.items()):
        above, below = axes[2 * place : 2 * place + 2]
        _rates(above, phase, table)
        _at_risk(below, phase, table)
        for ax in (above, below):
            style.number_axis(ax, end, _axis(analysis, phase) if ax is below else "")
        above.tick_params(labelbottom=False)
        if phase == "handshake":
            _limit(above, analysis)
    return drawn


def describe(analysis: Analysis) -> str:
    """Say how the rate depends on what was open."""
    return f"{_title(analysis, {phase: rates(analysis, phase) for phase in _phases(analysis)})}."


def rates(analysis: Analysis, phase: _Phase, *, most: int = 16) -> Rates:
    """Return the rate of closures of a phase by how many connections were open.

    Args:
        analysis: what was found.
        phase: `handshake`: share of the attempts; `data`: losses per minute of an open connection.
        most: at most about so many bins.
    """
    level, weight, lost = _handshakes(analysis) if phase == "handshake" else _exposure(analysis)
    limit = words.figure(analysis.verdict, "limit") if phase == "handshake" else None
    least = _LEAST if phase == "handshake" else 0.01 * float(weight.sum())
    edges = series.bins(level, weight, round(limit) if limit is not None else 0, most, least)
    which, at = np.searchsorted(edges, level, "right") - 1, np.searchsorted(edges, lost, "right") - 1
    size = len(edges) - 1
    at_risk = np.bincount(which, weight, size).astype(np.float64)
    closures = np.bincount(np.clip(at, 0, size - 1), minlength=size)
    used = np.flatnonzero(at_risk > 0)
    places = [level[(which == place) & (weight > 0)] for place in used]
    total, some = at_risk[used], closures[used]
    low, high = measures.wilson(some, total) if phase == "handshake" else _poisson(some, total)
    return Rates(
        low=np.array([part.min() for part in places]),
        high=np.array([part.max() for part in places]),
        middle=np.bincount(which, weight * level, size)[used] / total,
        closures=some,
        at_risk=total,
        rate=some / total,
        rate_low=low,
        rate_high=high,
        chance=_chance(some, total, shares=phase == "handshake"),
    )


def _handshakes(analysis: Analysis) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return how many were open at each attempt, its weight, and how many were at those that failed."""
    connections = analysis.run.connections
    known = connections[connections["attempted_at"].notna()]
    level = _acted_on(analysis).before(known["attempted_at"])
    return level, np.ones(len(level)), level[measures.is_closure(known, "handshake")]


def _exposure(analysis: Analysis) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return each number that was open, for how many connection-minutes, and how many were at each loss."""
    connections = analysis.run.connections
    level = series.opened(connections)
    ends = np.append(level.at_ms, analysis.run.end_ms)
    minutes = np.maximum(np.diff(ends), 0) / 60_000
    lost = connections["noticed_at"][measures.is_closure(connections, "data")].dropna()
    return level.number, minutes * level.number, np.maximum(level.before(lost), 1)


def _acted_on(analysis: Analysis) -> series.Level:
    """Return the number that a limit acts on: abandoned connections count where they are the cause."""
    connections = analysis.run.connections
    if not series.leaks(analysis):
        return series.opened(connections)
    return series.held(connections, series.hold_s(connections))


def _phases(analysis: Analysis) -> list[_Phase]:
    connections = analysis.run.connections
    refused = connections["attempted_at"].notna() & measures.is_closure(connections, "handshake")
    lost = connections["noticed_at"][measures.is_closure(connections, "data")].dropna().to_numpy(np.float64)
    found: dict[_Phase, bool] = {
        "handshake": bool(refused.any()),
        "data": len(lost) > 0
        and bool(connections["opened_at"].notna().any())
        and not _momentary(lost, analysis.run.seconds_long),
    }
    return [phase for phase, some in found.items() if some]


def _momentary(times: NDArray[np.float64], seconds: float) -> bool:
    """Say whether most of the losses fall into one short window: then the moment decides."""
    times = np.sort(times)
    window = 1000 * max(1.0, 0.02 * seconds)
    return (
        len(times) >= 5
        and int((np.searchsorted(times, times + window) - np.arange(len(times))).max()) > len(times) / 2
    )


def _poisson(k: NDArray[np.int64], exposure: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the exact 95% interval of a Poisson rate (F. Garwood, Biometrika 28, 1936)."""
    from scipy import special

    low = np.where(k > 0, special.gammaincinv(np.maximum(k, 1), 0.025), 0.0)
    return low / exposure, special.gammaincinv(k + 1, 0.975) / exposure


def _chance(closures: NDArray[np.int64], at_risk: NDArray[np.float64], *, shares: bool) -> float:
    """Return Pearson's chi-squared probability of rates so different, were all the same."""
    from scipy import special

    whole = closures.sum() / at_risk.sum()
    expected = whole * at_risk
    variance = expected * (1 - whole) if shares else expected
    if len(closures) < 2 or not (variance > 0).all():
        return 1.0
    return float(special.chdtrc(len(closures) - 1, ((closures - expected) ** 2 / variance).sum()))


def _title(analysis: Analysis, found: dict[_Phase, Rates]) -> str:
    if words.figure(analysis.verdict, "limit") is not None and "handshake" in found:
        return analysis.verdict.finding
    phase = max(found, key=lambda phase: int(found[phase].closures.sum()))
    table = found[phase]
    whole = table.closures.sum() / table.at_risk.sum()
    if len(table.rate) > 1 and table.chance > _BY_CHANCE:
        if phase == "handshake":
            return f"{words.percent(whole)} of attempts failed, however many connections were open"
        return f"{_mean_time(whole)}, however many are open"
    worst = int(table.rate_low.argmax())
    low, high = int(table.low[worst]), int(table.high[worst])
    at = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    if phase == "handshake":
        return f"{words.percent(table.rate[worst])} of the attempts made with {at} connections open failed"
    return f"{_mean_time(table.rate[worst])} with {at} open, {words.duration(60 / whole)} over the run"


def _mean_time(rate: float) -> str:
    """Return a rate per minute as the time from loss to loss."""
    return f"One loss per {words.duration(60 / rate)} of open connections"


def _axis(analysis: Analysis, phase: _Phase) -> str:
    if phase == "data":
        return "connections open"
    if series.leaks(analysis):
        return "connections open or abandoned when the attempt was made"
    return "connections open when the attempt was made"


def _rates(ax: Axes, phase: _Phase, table: Rates) -> None:
    colour, factor = style.COLOURS[phase], 100.0 if phase == "handshake" else 1.0
    rate, top = table.rate * factor, float(table.rate_high.max()) * factor
    # An interval holds its rate but for rounding: no bar may point the wrong way.
    bars = [np.maximum(rate - table.rate_low * factor, 0), np.maximum(table.rate_high * factor - rate, 0)]
    ax.hlines(rate, table.low - 0.4, table.high + 0.4, color=colour, alpha=0.35, linewidth=4)
    ax.errorbar(
        table.middle, rate, yerr=bars, fmt="none", ecolor=colour, elinewidth=1.4, capsize=2.5, zorder=4
    )
    ax.plot(table.middle, rate, style.MARKS[phase], color=colour, markersize=6, zorder=5, clip_on=False)
    text = f"{style.GLYPHS[phase]} {style.PHASE_WORDS[phase]} closures"
    if phase == "handshake":
        style.count_axis(ax, 100.0, ticks=5, whole=False)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
        style.heading(ax, text, colour=colour, more="of the attempts; bars: 95% interval")
        return
    cut = (
        min(top, 2.0 * float(rate.max())) if rate.max() > 0 else top
    )  # one wide bar must not flatten all others
    style.count_axis(ax, cut, ticks=5, whole=False)
    style.heading(ax, text, colour=colour, more="per minute open; bars: 95% interval")


def _at_risk(ax: Axes, phase: _Phase, table: Rates) -> None:
    """Draw what each point rests on, with its number."""
    width = table.high - table.low + 0.8
    ax.bar(table.low - 0.4, table.at_risk, width, align="edge", color=style.AFTERMATH)
    style.count_axis(ax, float(table.at_risk.max()) * 1.25, ticks=2, whole=phase == "handshake")
    room = style.inches_across(ax) / max(float(table.high.max()), 1.0)  # inches per connection
    for x, y, n, left, right in zip(
        table.middle, table.at_risk, table.at_risk, table.low, table.high, strict=True
    ):
        said = words.number(float(n))
        if (right - left + 1) * room > 0.08 * len(said) or len(table.at_risk) <= 8:
            style.note(
                ax, x, y, said, offset=(0, 1.5), ha="center", va="bottom", fontsize=8.5, color=style.MUTED
            )
    if phase == "handshake":
        style.heading(ax, "attempts", colour=style.MUTED)
    else:
        style.heading(ax, "minutes of open connections", colour=style.MUTED)


def _limit(ax: Axes, analysis: Analysis) -> None:
    limit = words.figure(analysis.verdict, "limit")
    if limit is None or math.isnan(limit):
        return
    interval = words.bounds(analysis.verdict)
    style.mark_up(ax, limit, interval)
    said = f"limit {words.between(limit, interval)}"
    left = limit if interval is None else min(limit, interval[0])
    per_inch = ax.get_xlim()[1] / style.inches_across(ax)
    right = left < 0.09 * len(said) * per_inch
    style.note(
        ax, limit if right else left, 0.6 if right else 1.0, said, offset=(5 if right else -5, -2),
        ha="left" if right else "right", va="top", fontweight="bold", xycoords=("data", "axes fraction"),
    )  # fmt: skip
