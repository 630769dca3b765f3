"""The moments of a run that a timeline marks and names."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from jmxgen.analysis.charts import style
from jmxgen.analysis.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from jmxgen.analysis.model import Analysis, Verdict

_CHARACTER: Final = 0.08  # inches, about


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
    """Write each moment's remark where it hides lines and other words least.

    Args:
        ax: the panel, its lines and words already in it.
        analysis: what was found.
        end: of the panel, in seconds.
        top: of the panel.
    """
    height = 0.2 * top  # of a remark's two lines, roughly
    for moment, text in of(analysis):
        width = _width(ax, text, end)
        boxes = [
            _Box(x, share * top, width, height)
            for x in (moment, moment - width)
            for share in (0.32, 0.16, 0.5, 0.66, 0.85)
        ]
        box = min(boxes, key=lambda place: _hides(ax, place, end))
        side, gap = ("left", 6) if box.x == moment else ("right", -6)
        style.note(ax, moment, box.y, text, offset=(gap, 0), boxed=True, ha=side, va="center")


class _Box(NamedTuple):
    """Where a text stands, in the panel's own numbers."""

    x: float  # its left end
    y: float  # its middle
    width: float
    height: float


def _hides(ax: Axes, box: _Box, end: float) -> int:
    """Return how much a text in a box would hide, or stand out of the panel."""
    hidden = 100 if box.x < 0 or box.x + box.width > end else 0
    shown = np.linspace(box.x, box.x + box.width, 40)
    for line in ax.lines:
        if line.get_transform() == ax.transData:  # not those that cross the whole panel
            x, y = (np.asarray(values, np.float64) for values in line.get_data())
            level = np.interp(shown, x, y, left=np.nan, right=np.nan)
            hidden += int((np.abs(level - box.y) < box.height / 2).sum())
    for text in ax.texts:
        left, middle = (float(part) for part in getattr(text, "xy", text.get_position()))
        length = _width(ax, text.get_text(), end)
        left -= length if text.get_horizontalalignment() == "right" else 0
        beside = left > box.x + box.width or left + length < box.x
        if not beside and abs(middle - box.y) < box.height:
            hidden += 60
    return hidden


def _width(ax: Axes, text: str, end: float) -> float:
    """Return about how long a text is, in seconds of the panel."""
    inches = _CHARACTER * max(map(len, text.splitlines()), default=0) + 0.1
    return inches / style.inches_across(ax) * end
