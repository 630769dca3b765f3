"""Times of a log's lines to the spans of the run's connections, one to one."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


def pair(low: ArrayLike, high: ArrayLike, points: ArrayLike) -> list[tuple[int, int]]:
    """Return pairs (span, point): as many as can be, each point within its span, in the order of time.

    Of the spans that a point lies in, it takes the one that ends first. That pairs as many as any choice can.

    Args:
        low: when each span begins.
        high: when it ends. Spans with NaN are left out.
        points: a time for each line; NaN is left out.
    """
    begins, ends = np.asarray(low, np.float64), np.asarray(high, np.float64)
    at = np.asarray(points, np.float64)
    spans = [int(n) for n in np.argsort(begins, kind="stable") if begins[n] <= ends[n]]
    order: Sequence[int] = [int(n) for n in np.argsort(at, kind="stable") if not np.isnan(at[n])]
    pairs: list[tuple[int, int]] = []
    waiting: list[tuple[float, int]] = []
    following = 0
    for point in order:
        time = at[point]
        while following < len(spans) and begins[spans[following]] <= time:
            heapq.heappush(waiting, (float(ends[spans[following]]), spans[following]))
            following += 1
        while waiting and waiting[0][0] < time:
            heapq.heappop(waiting)
        if waiting:
            pairs.append((heapq.heappop(waiting)[1], point))
    return pairs
