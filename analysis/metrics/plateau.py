"""Where Active Conversations stand still while connections still rise."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plateau:
    """A level at which Active Conversations stood while connections still rose."""

    level: float
    onset: int  # seconds into the run
    until: int


def find_plateau(metrics: pd.DataFrame, open_by_second: pd.Series, start_ms: float) -> Plateau | None:
    """Find where Active Conversations stop rising although open connections do not.

    Two straight lines, the second one flat from the knot on, by least squares over the knot (a broken line).
    It is a plateau where the level changes less than 5% of itself over at least five points, connections
    rise by at least a tenth meanwhile, and the level rose before. A network drop is not a plateau: there the
    level falls, and connections with it.
    """
    at = metrics["at_ms"].to_numpy(np.float64)
    active = metrics["active"].to_numpy(np.float64)
    second = ((at - start_ms) // 1000).astype(np.int64)
    inside = (second >= 0) & (second < len(open_by_second))
    second, active = second[inside], active[inside]
    if len(active) < 8:
        return None
    demand = open_by_second.to_numpy(np.float64)[second]
    peak = int(demand.argmax())  # after the peak of demand, a falling level says nothing
    if peak < 7:
        return None
    second, active, demand = second[: peak + 1], active[: peak + 1], demand[: peak + 1]
    knot = _knot(active)
    tail = active[knot:]
    level = float(np.median(tail))
    if knot < 2 or len(tail) < 5 or level <= 0:
        return None
    drift = abs(float(np.polyfit(np.arange(len(tail)), tail, 1)[0])) * len(tail)
    risen = float(demand[-1] - demand[knot])
    if drift > 0.05 * level + 1 or risen < 0.1 * max(demand[knot], 1) or active[0] > 0.8 * level:
        return None
    return Plateau(level=level, onset=int(second[knot]), until=int(second[-1]))


def _knot(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    """Return the index from which on a constant fits best, the part before being a straight line."""
    best, where = np.inf, 0
    for knot in range(2, len(values) - 2):
        head = np.arange(knot)
        line = np.polyfit(head, values[:knot], 1)
        error = float(
            ((np.polyval(line, head) - values[:knot]) ** 2).sum()
            + ((values[knot:] - values[knot:].mean()) ** 2).sum()
        )
        if error < best:
            best, where = error, knot
    return where


def around(metrics: pd.DataFrame, at_ms: float) -> tuple[float, float] | None:
    """Return the level in the 10 s before a moment and that 2 to 12 s after it; None where one is not known.

    Sessions that the platform ended are gone from it; those that only the network lost go on for a while.
    """
    at = metrics["at_ms"].to_numpy(np.float64)
    active = metrics["active"].to_numpy(np.float64)
    before = active[(at >= at_ms - 10_000) & (at < at_ms)]
    after = active[(at >= at_ms + 2000) & (at <= at_ms + 12_000)]
    if not len(before) or not len(after):
        return None
    return float(np.median(before)), float(after.min())
