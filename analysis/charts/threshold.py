"""The picture of how often handshakes fail, and connections are lost, by how many are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import risk, series, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jmxgen.analysis.charts.risk import Phase, Rates
    from jmxgen.analysis.model import Analysis, Hypothesis, Verdict

_BINS: Final = {False: 16, True: 8}  # at most, on a wide and on a narrow picture
_BY_CHANCE: Final = 0.001
# Causes by which something else decides. Where that rises and falls with what is open, as the rate of
# handshakes does in a ramp and the age of connections at the end, a curve would show a limit that is none.
_DECIDED_BY_OTHERS: Final[dict[Phase, tuple[str, ...]]] = {
    "handshake": ("handshake-rate-limit", "reconnect-storm"),
    "data": ("idle-timeout", "max-session-age", "unanswered-pings"),
}
_THIN: Final = 0.05  # inches of a bar, at least
_FILLED: Final = 0.6  # of a panel, by its highest bar: above it stand numbers
_DIGIT: Final = 0.075  # inches of a small figure across
_NUMBER: Final = 0.13  # inches that a line of them takes


def shows(analysis: Analysis) -> bool:
    """Say whether closures can depend on what was open: not where time or the caller decides."""
    return series.load_decides(analysis) and bool(_phases(analysis))


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the rate of each phase that has closures, and what each point rests on."""
    phases = _phases(analysis)
    found = {phase: risk.rates(analysis, phase, most=_BINS[form.narrow]) for phase in phases}
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
        _limit(above, risk.limited(analysis, phase))
    return drawn


def describe(analysis: Analysis) -> str:
    """Say how the rate depends on what was open."""
    found = {phase: risk.rates(analysis, phase) for phase in _phases(analysis)}
    said, limited = f"{_title(analysis, found)}.", risk.limited(analysis, "handshake")
    limit = words.figure(limited, "limit") if limited is not None else None
    table = found.get("handshake")
    if limited is None or limit is None or table is None:
        return said
    low, _ = words.bounds(limited) or (limit, limit)
    if not table.closures[table.high < low].any():
        return said
    return f"{said} Some fail just below it: what is still being set up already counts at the server."


def _phases(analysis: Analysis) -> list[Phase]:
    connections = analysis.run.connections
    refused = connections["attempted_at"].notna() & measures.is_closure(connections, "handshake")
    lost = connections["noticed_at"][measures.is_closure(connections, "data")].dropna().to_numpy(np.float64)
    found: dict[Phase, bool] = {
        "handshake": bool(refused.any()),
        "data": len(lost) > 0
        and bool(connections["opened_at"].notna().any())
        and not _momentary(lost, analysis.run.seconds_long),
    }
    return [phase for phase, some in found.items() if some and not _confounded(analysis, phase)]


def _confounded(analysis: Analysis, phase: Phase) -> bool:
    """Say whether rates differ by what was open although the verdict names something else for them."""
    decided = any(found.cause in _DECIDED_BY_OTHERS[phase] for found in words.named(analysis))
    limited = any(found.cause not in _DECIDED_BY_OTHERS[phase] for found in risk.named_for(analysis, phase))
    return decided and not limited and risk.rates(analysis, phase).chance <= _BY_CHANCE


def _momentary(times: NDArray[np.float64], seconds: float) -> bool:
    """Say whether most of the losses fall into one short window: then the moment decides."""
    times = np.sort(times)
    window = 1000 * max(1.0, 0.02 * seconds)
    return (
        len(times) >= 5
        and int((np.searchsorted(times, times + window) - np.arange(len(times))).max()) > len(times) / 2
    )


def _title(analysis: Analysis, found: dict[Phase, Rates]) -> str:
    for phase in found:
        limited = risk.limited(analysis, phase)
        if limited is not None:
            return limited.finding
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


def _axis(analysis: Analysis, phase: Phase) -> str:
    if phase == "data":
        return "connections open"
    if series.leaks(analysis):
        return "connections open or abandoned at the attempt"
    return "connections open at the attempt"


def _rates(ax: Axes, phase: Phase, table: Rates) -> None:
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


def _at_risk(ax: Axes, phase: Phase, table: Rates) -> None:
    """Draw what each point rests on, with its number."""
    inch = max(float(table.high.max()), 1.0) / style.inches_across(ax)  # connections
    middle, width = (table.low + table.high) / 2, np.maximum(table.high - table.low + 0.8, _THIN * inch)
    ax.bar(middle, table.at_risk, width, color=style.AFTERMATH)
    style.count_axis(ax, float(table.at_risk.max()) / _FILLED, ticks=4, whole=phase == "handshake")
    ax.set_yticks([tick for tick in ax.get_yticks() if tick <= table.at_risk.max()])
    said = [words.number(float(n)) for n in table.at_risk]
    tops = table.at_risk / ax.get_ylim()[1] * style.inches_high(ax)
    for x, high, text in zip(middle, _heights(middle / inch, width / inch, tops, said), said, strict=True):
        style.note(
            ax, x, 0, text, offset=(0, 72 * high + 1.5), ha="center", va="bottom", fontsize=8.5,
            color=style.MUTED,
        )  # fmt: skip
    if phase == "handshake":
        style.heading(ax, "attempts", colour=style.MUTED)
    else:
        style.heading(ax, "minutes of open connections", colour=style.MUTED)


def _heights(
    middle: NDArray[np.float64], width: NDArray[np.float64], tops: NDArray[np.float64], said: list[str]
) -> list[float]:
    """Return at how many inches each bar's number stands, so that none lies on a bar or a number."""
    half = np.array([_DIGIT * len(text) / 2 for text in said])
    heights: list[float] = []
    for n in range(len(said)):
        over = np.abs(middle - middle[n]) < half[n] + width / 2
        heights.append(float(tops[over].max()))
        for before in range(n):
            near = abs(middle[before] - middle[n]) < half[before] + half[n]
            if near and abs(heights[before] - heights[n]) < _NUMBER:
                heights[n] = heights[before] + _NUMBER
    return heights


def _limit(ax: Axes, found: Verdict | Hypothesis | None) -> None:
    """Mark the limit of a phase, where it has one."""
    limit = words.figure(found, "limit") if found is not None else None
    if found is None or limit is None:
        return
    interval = words.bounds(found)
    style.mark_up(ax, limit, interval)
    said = f"limit {words.between(limit, interval)}"
    left = limit if interval is None else min(limit, interval[0])
    per_inch = ax.get_xlim()[1] / style.inches_across(ax)
    right = left < 0.09 * len(said) * per_inch
    style.note(
        ax, limit if right else left, 0.6 if right else 1.0, said, offset=(5 if right else -5, -2),
        ha="left" if right else "right", va="top", fontweight="bold", xycoords=("data", "axes fraction"),
    )  # fmt: skip
