"""The moments and windows of a run that a timeline marks and names."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import series, style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from jmxgen.analysis.model import Analysis

_PHASES: Final[tuple[Literal["handshake", "data"], ...]] = ("handshake", "data")
_CHARACTER: Final = 0.083  # inches, about
_LINE: Final = 0.19
# What many connections lost at one moment can belong to.
_OF_MASS_LOSSES: Final = ("mass-disconnect", "outage", "reconnect-storm")


class LossMoment(NamedTuple):
    """Something to find in a picture, in seconds from its start."""

    at: float
    text: str
    until: float = math.nan  # of a window


def of(analysis: Analysis) -> list[LossMoment]:
    """Return what a reader should find: the verdict's own moments and windows, and the first closure."""
    found = [moment for moment in _of_verdict(analysis) if math.isfinite(moment.at)]
    near = 0.02 * analysis.run.seconds_long
    for first in _first(analysis):
        if not any(moment.at - near <= first.at <= moment.at + near for moment in found):
            found.append(first)
    return sorted(found)


def _first(analysis: Analysis) -> Iterator[LossMoment]:
    """Yield the first closure of each phase, and how many connections were open then."""
    connections = analysis.run.connections
    opened = measures.open_connections(connections)
    firsts = {
        phase: float(connections["noticed_at"][measures.is_closure(connections, phase)].min())
        for phase in _PHASES
    }
    held = series.held(connections, series.hold_s(connections)) if series.leaks(analysis) else None
    known = {phase: at for phase, at in firsts.items() if math.isfinite(at)}
    for phase, at_ms in known.items():
        what = f"{style.PHASE_WORDS[phase]} closure" if len(known) > 1 else "closure"
        at = (at_ms - analysis.run.start_ms) / 1000
        there = f"{int(opened.at([at_ms])[0]):,} open"
        there += f", {int(held.before([at_ms])[0]):,} held" if held else ""
        yield LossMoment(at, f"first {what} at {words.short(at)}, {there}")


def _of_verdict(analysis: Analysis) -> Iterator[LossMoment]:
    found, run = words.named(analysis), analysis.run
    start = run.start_ms
    if any(each.cause in _OF_MASS_LOSSES for each in found):
        for at_ms, number in series.mass_losses(run.connections):
            at = (at_ms - start) / 1000
            yield LossMoment(at, f"{words.count(number, 'connection')} lost at {words.short(at)}")
    for each in found:
        if "from" in each.evidence:
            begin, end = (_since(each.evidence.get(key), start) for key in ("from", "until"))
            last = end if math.isfinite(end) else len(run.seconds)
            until = words.short(end) if math.isfinite(end) else "the end"
            begin = max(begin, 0.0)
            yield LossMoment(begin, f"outage from {words.short(begin)} to {until}", last)
        onset = words.figure(each, "onset")
        if onset is not None:
            yield LossMoment(onset, f"answers slow down from {words.short(onset)}")


def _since(iso: object, start_ms: float) -> float:
    """Return an ISO time as seconds since the start, NaN where it is not one."""
    try:
        return dt.datetime.fromisoformat(str(iso)).timestamp() - start_ms / 1000
    except ValueError:
        return math.nan


class Flags:
    """Where the words of moments stand: in lines above what a panel shows, so that they hide nothing."""

    def __init__(self, moments: Sequence[LossMoment], end: float, across: float, beyond: float) -> None:
        """Find a line and a place for each.

        Args:
            moments: in the order of time.
            end: of the panel, in seconds.
            across: its width in inches.
            beyond: inches right of it in which words may end where they fit on neither side.
        """
        self._placed: list[tuple[LossMoment, int, float]] = []  # with its line and inches from the moment
        taken: list[float] = []  # inches up to which each line is written
        for moment in moments:
            width = _CHARACTER * len(moment.text) + 0.15
            x = moment.at / max(end, 0.001) * across
            begin = (
                x
                if x + width <= across
                else x - width
                if x >= width
                else max(0.0, min(x, across + beyond - width))
            )
            line = next((n for n, used in enumerate(taken) if used <= begin), len(taken))
            taken[line:] = [begin + width, *taken[line + 1 :]]
            self._placed.append((moment, line, begin - x))
        self.lines = len(taken)

    @property
    def height(self) -> float:
        """Inches that the words take."""
        return _LINE * self.lines

    def write(self, ax: Axes) -> None:
        """Raise the panel's upper end, so that the words stand above all that it shows, and write them."""
        share = self.height / style.inches_high(ax)
        low, high = ax.get_ylim()
        ticks = [tick for tick in ax.get_yticks() if tick <= high]
        ax.set_ylim(low, low + (high - low) / max(1 - share, 0.2))
        ax.set_yticks(ticks)  # no line runs through the words
        for moment, line, shift in self._placed:
            style.note(
                ax, moment.at, 1 - (line + 0.5) * _LINE / style.inches_high(ax), moment.text,
                offset=(72 * shift + 4, 0), ha="left", va="center",
                xycoords=("data", "axes fraction"), boxed=True,
            )  # fmt: skip


def mark(axes: Sequence[Axes], moments: Sequence[LossMoment]) -> None:
    """Draw a line up all panels at each moment, and shade each window."""
    for ax in axes:
        for moment in moments:
            ax.axvline(moment.at, color=style.INK, linestyle=":", linewidth=1, zorder=1)
            if math.isfinite(moment.until):
                ax.axvspan(moment.at, moment.until, color=style.HANDSHAKE, alpha=0.1, linewidth=0, zorder=0)
