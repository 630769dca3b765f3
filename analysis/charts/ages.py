"""Age and idle time at closure. What is known is an interval, so each closure is spread over its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.charts import style
from jmxgen.analysis.report import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

_BINS: Final = 60
# Which evidence of which cause belongs on which axis.
_MARKED: Final = {
    "idle-timeout": "idle",
    "unanswered-pings": "idle",
    "max-session-age": "age",
}


def shows(analysis: Analysis) -> bool:
    """Say whether anything was lost in the data phase."""
    return analysis.counts.data > 0


def figure(analysis: Analysis, form: style.Form) -> Figure:
    """Draw the lost and, below each, what lived through as much."""
    ages, idles = analysis.results.ages, analysis.results.idles
    drawn, axes = style.panels(analysis, form, _title(analysis), [1.4, 0.7, 1.4, 0.7], gap=(0.42, 1.05, 0.42))
    lived, survived = ages.loc[~ages["closure"], "low"], idles["survived"]
    _pair(
        axes[0], axes[1], ages[ages["closure"]].to_numpy(np.float64), lived.to_numpy(np.float64),
        ("age when lost", "age of those not lost", "seconds since the connection opened"),
    )  # fmt: skip
    _pair(
        axes[2], axes[3], idles[idles["closure"]].to_numpy(np.float64), survived.to_numpy(np.float64),
        ("time without a frame when lost", "longest such time survived", "seconds since the last frame"),
    )  # fmt: skip
    where = _MARKED.get(analysis.verdict.cause)
    for ax in axes[:2] if where == "age" else axes[2:] if where == "idle" else ():
        _mark(ax, analysis, say=ax in (axes[0], axes[2]))
    return drawn


def describe(analysis: Analysis) -> str:
    """Say the middle of ages and idle times."""
    ages, idles = analysis.results.ages, analysis.results.idles
    age, idle = ages.loc[ages["closure"], "high"].median(), idles.loc[idles["closure"], "high"].median()
    return (
        f"Lost connections were {words.duration(age / 1000)} old in the middle, "
        f"and {words.duration(idle / 1000)} without a frame, when their end was noticed."
    )


def _title(analysis: Analysis) -> str:
    return analysis.verdict.finding if analysis.verdict.cause in _MARKED else describe(analysis).rstrip(".")


def _pair(
    above: Axes,
    below: Axes,
    lost: NDArray[np.float64],
    lived: NDArray[np.float64],
    said: tuple[str, str, str],
) -> None:
    lost, lived = lost[:, :2] / 1000, lived[np.isfinite(lived)] / 1000
    end = float(max(np.nanmax(lost, initial=0.001), lived.max(initial=0.001)))
    width = _bin_width(end)
    edges = np.arange(0, end + width, width)
    edges = edges if len(edges) > 1 else np.array([0.0, width])
    possible, noticed = spread(lost[:, 0], lost[:, 1], edges), np.histogram(lost[:, 1], edges)[0]
    alive = np.histogram(lived, len(edges) - 1, (edges[0], edges[-1]))[0]  # many: bins told by width are fast
    style.stairs(above, possible, edges, style.DATA, alpha=0.3)
    style.stairs(above, noticed, edges, style.DATA, line=1.8)
    style.stairs(below, alive, edges, style.AFTERMATH)
    tops = (1.25 * float(max(noticed.max(), possible.max())), float(alive.max()))
    for ax, top in zip((above, below), tops, strict=True):
        style.count_axis(ax, top, ticks=3, whole=top >= 3)
        style.seconds_axis(ax, float(edges[-1]), label=said[2] if ax is below else "")
    above.tick_params(labelbottom=False)
    style.heading(
        above,
        f"● {said[0]}",
        colour=style.DATA,
        more=f"line: noticed in each {width:g} s; pale: possible",
    )
    style.heading(below, said[1], colour=style.MUTED)


def spread(
    low: NDArray[np.float64], high: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how many of the intervals (low, high] fall into each bin, each spread evenly over its length."""
    known = np.isfinite(low) & np.isfinite(high)
    low, high = low[known], np.maximum(high[known], low[known] + 1e-9)
    if not len(low):
        return np.zeros(len(edges) - 1)
    # The share of an interval below an edge; summed over intervals it is a cumulative count.
    below = [float(np.clip((edge - low) / (high - low), 0, 1).sum()) for edge in edges]
    below[-1] = float(len(low))
    return np.diff(below)


def _bin_width(end: float) -> float:
    widths = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
    return next((w for w in widths if end / w <= _BINS), 3600.0)


def _mark(ax: Axes, analysis: Analysis, *, say: bool) -> None:
    at = words.figure(analysis.verdict, "seconds")
    if at is None:
        return
    interval = words.bounds(analysis.verdict)
    style.mark_up(ax, at, interval)
    if say:
        said = f"after {words.between(at, interval)} s"
        y = ax.get_ylim()[1] * 0.93
        style.note(ax, at, y, said, offset=(-5, 0), ha="right", va="center", fontweight="bold")
