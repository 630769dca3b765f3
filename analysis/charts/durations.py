"""How long something had lasted when connections were lost, and how long others lived through it.

What is known of a loss is an interval, so each loss is spread over its interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import words
from jmxgen.analysis.charts import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis, Hypothesis, Verdict

_BINS: Final = 60
_MOST: Final = 0.9  # of the losses


def pair(
    above: Axes,
    below: Axes,
    lost: NDArray[np.float64],
    lived: NDArray[np.float64],
    said: tuple[str, str, str],
) -> None:
    """Draw how long what was lost had lasted, and below it what lived through as much.

    Args:
        above: the panel of the lost.
        below: the panel of the others.
        lost: two columns, ms: a loss happened after the first and not after the second.
        lived: ms that were survived, of each connection.
        said: the heading of each, and the name of the axis.
    """
    lost, lived = lost[:, :2] / 1000, lived[np.isfinite(lived)] / 1000
    end = float(max(np.nanmax(lost, initial=0.001), lived.max(initial=0.001)))
    width = _bin_width(end)
    edges = np.arange(0, end + width, width)
    edges = edges if len(edges) > 1 else np.array([0.0, width])
    possible, noticed = spread(lost[:, 0], lost[:, 1], edges), np.histogram(lost[:, 1], edges)[0]
    alive = np.histogram(lived, len(edges) - 1, (edges[0], edges[-1]))[0]  # many: equal widths are fast
    style.stairs(above, possible, edges, style.DATA, alpha=0.3)
    style.stairs(above, noticed, edges, style.DATA, line=1.8)
    style.stairs(below, alive, edges, style.AFTERMATH)
    tops = (1.25 * float(max(noticed.max(), possible.max())), float(alive.max()))
    for ax, top in zip((above, below), tops, strict=True):
        style.count_axis(ax, top, ticks=3, whole=top >= 3)
        style.seconds_axis(ax, float(edges[-1]), label=said[2] if ax is below else "")
    above.tick_params(labelbottom=False)
    more = "line: when detected; pale: possible time of loss"
    style.heading(above, f"● {said[0]}", colour=style.DATA, more=more)
    style.heading(below, said[1], colour=style.MUTED, more=f"connections in each {width:g} s")


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


def found(analysis: Analysis, causes: Sequence[str]) -> Verdict | Hypothesis | None:
    """Return what the verdict names of some causes."""
    return next((each for each in words.named(analysis) if each.cause in causes), None)


def mark(axes: Sequence[Axes], cause: Verdict | Hypothesis) -> None:
    """Draw the time of a cause up the panels, named in the upper one; bounds alone where none is known."""
    at, interval = words.figure(cause, "seconds"), words.bounds(cause)
    if at is None and interval is None:
        return
    for ax in axes:
        style.mark_up(ax, at, interval)
    low = at if interval is None else interval[0]
    style.note(
        axes[0], low or 0.0, 1.0, f"limit {_limit(at, interval)}", offset=(-5, 0), ha="right", va="top",
        fontweight="bold", xycoords=("data", "axes fraction"), boxed=True,
    )  # fmt: skip


def _limit(at: float | None, interval: tuple[float, float] | None) -> str:
    def seconds(value: float) -> str:
        return f"{words.number(value, 2)} s"

    if at is None and interval is not None:
        return f"between {seconds(interval[0])} and {seconds(interval[1])}"
    return words.between(at or 0.0, interval, seconds)


def title(
    analysis: Analysis,
    causes: Sequence[str],
    what: str,
    lost: NDArray[np.float64],
    lived: NDArray[np.float64],
) -> str:
    """Return the finding of a cause whose time it is, or that durations don't decide, or their median.

    Args:
        analysis: what was found.
        causes: whose time the picture marks.
        what: that was measured.
        lost: how long it had lasted at most when each was lost, ms.
        lived: how long others lived through it, ms.
    """
    cause = found(analysis, causes)
    if cause is not None:
        return cause.finding
    known = lost[~np.isnan(lost)]
    median = words.duration(float(np.median(known)) / 1000 if len(known) else np.nan)
    said = f"Median {what.lower()} of {analysis.counts.data:,} lost connections: {median}"
    return outlived(what, lost, lived) or said


def outlived(what: str, lost: NDArray[np.float64], lived: NDArray[np.float64]) -> str:
    """Return whether most losses came no later than what others lived through, in a sentence; "" where not.

    Args:
        what: that was measured.
        lost: how long it had lasted at most when each was lost.
        lived: how long others lived through it.
    """
    lost, lived = lost[np.isfinite(lost)], lived[np.isfinite(lived)]
    before = int((lost <= lived.max(initial=0.0)).sum())
    if not before or before < _MOST * len(lost):
        return ""
    share = f"all {before:,}" if before == len(lost) else f"{before:,} of {len(lost):,}"
    return f"{what} does not decide: others outlived {share} that were lost"
