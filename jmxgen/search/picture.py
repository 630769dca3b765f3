"""The picture of a search: each probe a point, its failure rate with bounds over its load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words as report_words
from jmxgen.analysis.charts import style
from jmxgen.search import bounds, words
from jmxgen.search.state import outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jmxgen.search.model import Phase, Probe
    from jmxgen.search.result import Search

_PHASES: Final[tuple[Phase, ...]] = ("handshake", "data")
_TICKS: Final = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 1)
_BARS: Final = 0.05  # each end of a bar: together 90%


def draw(
    search: Search, formats: Sequence[Literal["png", "svg"]], *, heading: bool = True, narrow: bool = False
) -> dict[str, bytes]:
    """Return the picture in some formats, the same bytes for the same search."""
    with style.applied():
        figure = _figure(search, style.Form(heading=heading, narrow=narrow))
        return {form: style.save(figure, form) for form in formats}


def describe(search: Search) -> str:
    """Say what can be seen, for those who can't see it."""
    points = "; ".join(
        f"{probe.load}: {words.OUTCOMES[outcome([probe], search.goal.demands)]}" for probe in search.probes
    )
    return f"Failure rate of each probe over its callers, with 90% bounds. {points}."


def _figure(search: Search, form: style.Form) -> Figure:
    remarks = [f"{search.name} on {search.target}. Bars: exact 90% bounds of each run."]
    figure, (ax,) = style.sheet(remarks, form, words.sentence(search), [3.4], left=0.75, right=0.4)
    most = max((probe.load.callers for probe in search.probes), default=1)
    style.number_axis(ax, 1.12 * most + 1, "callers")
    runs = [run for probe in search.probes for run in (probe.handshake, probe.data)]
    highest = max((bounds.upper(run.failures, run.trials, _BARS) for run in runs), default=1.0)
    _rate_axis(ax, min(1.05, 4 * highest))
    _limits(ax, search)
    for phase in _PHASES:
        _points(ax, search, phase)
    _causes(ax, search)
    keys = [(f"{style.GLYPHS[phase]} {style.PHASE_WORDS[phase]}", style.COLOURS[phase]) for phase in _PHASES]
    style.heading(ax, "failure rate", more="filled: fails; open: doesn't", keys=keys)
    return figure


def _rate_axis(ax: Axes, top: float) -> None:
    """Give a y axis of shares that shows one per cent as well as all: a square root scale from zero."""
    ax.set_yscale("function", functions=(lambda y: abs(y) ** 0.5, lambda y: y**2))
    ax.set_ylim(0, top)
    ticks = [tick for tick in _TICKS if tick <= top]
    ax.set_yticks(ticks, [report_words.percent(tick) for tick in ticks])
    ax.yaxis.set_minor_locator(style.no_ticks())
    ax.grid(axis="y", color=style.FAINT, linewidth=0.6)
    ax.tick_params(axis="y", length=0)


def _limits(ax: Axes, search: Search) -> None:
    """Draw what is demanded, and the gap in which the limit lies."""
    for below in sorted({demand.below for demand in search.goal.demands}):
        ax.axhline(below, color=style.MUTED, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
        text = f"demanded: below {report_words.percent(below)}"
        style.note(
            ax, ax.get_xlim()[1], below, text, offset=(-2, 3), ha="right", color=style.MUTED, boxed=True
        )
    best, worst = search.holds, search.fails
    if best is not None:
        ax.axvline(best.callers, color=style.METRICS, linewidth=1.2, zorder=1)
        text = f"holds {best.callers:,}"
        style.note(
            ax, best.callers, 0.95 * ax.get_ylim()[1], text, offset=(-4, 0), ha="right", va="top",
            color=style.METRICS, fontweight="bold", boxed=True,
        )  # fmt: skip
    if best is not None and worst is not None:
        ax.axvspan(best.callers, worst.callers, color=style.INK, alpha=0.08, linewidth=0, zorder=0)


def _points(ax: Axes, search: Search, phase: Phase) -> None:
    shift = {"handshake": -1, "data": 1}[phase] * 0.004 * ax.get_xlim()[1]
    seen: dict[int, int] = {}
    for probe in search.probes:
        run = probe.trials(phase)
        if not run.trials:
            continue
        callers = probe.load.callers
        x = callers + shift * (1 + 2 * seen.get(callers, 0))  # runs of one load stand beside each other
        seen[callers] = seen.get(callers, 0) + 1
        low, high = (bound(run.failures, run.trials, _BARS) for bound in (bounds.lower, bounds.upper))
        colour = style.COLOURS[phase]
        fails = outcome([probe], search.goal.demands) == "fails" and run.failures > 0
        ax.vlines(x, low, high, color=colour, linewidth=1.4, alpha=0.6, zorder=3)
        ax.plot(
            x, run.failures / run.trials, style.MARKS[phase], color=colour, markersize=7, zorder=4,
            markerfacecolor=colour if fails else style.PAPER, clip_on=False,
        )  # fmt: skip


def _causes(ax: Axes, search: Search) -> None:
    """Write its cause above each load that fails; of loads that stand close together, above the first."""
    failed: dict[int, list[Probe]] = {}
    for probe in search.probes:
        if outcome([probe], search.goal.demands) == "fails":
            failed.setdefault(probe.load.callers, []).append(probe)
    free_from = 0.0
    for callers, probes in sorted(failed.items()):
        if callers < free_from:
            continue
        free_from = callers + 0.03 * ax.get_xlim()[1]
        top = max(bounds.upper(r.failures, r.trials, _BARS) for p in probes for r in (p.handshake, p.data))
        text = f"{callers:,}: {words.named(probes[0])}"
        style.note(
            ax, callers, min(top, ax.get_ylim()[1]), text, offset=(0, 6), ha="center", va="bottom",
            rotation=90, fontsize=9, boxed=True,
        )  # fmt: skip
