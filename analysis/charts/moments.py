"""The moments of a run that a timeline marks and names."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.charts import style
from jmxgen.analysis.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from jmxgen.analysis.model import Analysis, Verdict

_INCHES: Final = 2.0  # about the length of a remark


def of(analysis: Analysis) -> list[tuple[float, str]]:
    """Return (second, remark) of what a reader should find: the verdict's own moment, the first closure."""
    start = analysis.results.start_ms
    told = list(_of_verdict(analysis.verdict, start))
    at_ms, number = words.onset(analysis)
    first = (at_ms - start) / 1000
    near = 0.02 * analysis.results.seconds_long
    if not any(abs(at - first) <= near for at, _ in told):
        told.append(
            (first, f"first closure at {words.short(first)},\n{words.count(number, 'connection')} open")
        )
    return [(at, text) for at, text in told if math.isfinite(at)]


def _of_verdict(verdict: Verdict, start_ms: float) -> Iterator[tuple[float, str]]:
    if "at" in verdict.evidence:
        lost = words.figure(verdict, "connections") or 0
        yield _since(verdict.evidence["at"], start_ms), f"{words.number(lost)} connections lost\nat once"
    if "after" in verdict.evidence:
        yield _since(verdict.evidence["after"], start_ms), "the loss before\nthe storm"
    onset = words.figure(verdict, "onset")
    if onset is not None:
        yield onset, "answers slow down\nfrom here"


def _since(iso: object, start_ms: float) -> float:
    """Return an ISO time as seconds since the start, NaN where it is none."""
    try:
        return dt.datetime.fromisoformat(str(iso)).timestamp() - start_ms / 1000
    except ValueError:
        return math.nan


def remark(ax: Axes, analysis: Analysis, end: float, top: float) -> None:
    """Write each moment's remark where it crosses the open line, and the others, least."""
    steps = measures.open_connections(analysis.results.connections)
    at = (steps["at_ms"].to_numpy() - analysis.results.start_ms) / 1000
    levels = np.array([0, *steps["open"]])
    width, height = (
        2.0 / style.inches_across(ax) * end,
        0.2 * top,
    )  # of a remark, roughly: it is 2 inches long
    taken: list[tuple[float, float]] = []  # the left end and the middle height of each

    def crossed(begin: float, y: float) -> int:
        shown = np.linspace(begin, begin + width, 40)
        level = levels[np.searchsorted(at, shown, side="right")]
        beyond = 100 if begin < 0 or begin + width > end else 0
        hidden = sum(100 for x, other in taken if abs(x - begin) < width and abs(other - y) < height)
        return int((np.abs(level - y) < height / 2).sum()) + beyond + hidden

    for moment, text in of(analysis):
        places = [
            (begin, share * top)
            for begin in (moment, moment - width)
            for share in (0.32, 0.16, 0.5, 0.66, 0.85)
        ]
        begin, y = min(places, key=lambda place: crossed(*place))
        taken.append((begin, y))
        left = begin == moment
        style.note(
            ax, moment, y, text, offset=(6 if left else -6, 0), boxed=True, ha="left" if left else "right",
            va="center",
        )  # fmt: skip
