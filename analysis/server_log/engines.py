"""Which engine of the run sent ids of which first part: several load generators may share one log."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.server_log import steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jmxgen.analysis.server_log.collect import Entry
    from jmxgen.analysis.server_log.line import Line
    from jmxgen.analysis.server_log.run_side import RunSide

    Head = tuple[str, str]  # a results file, and the part of its threads' names that stands for the engine

_FEW: Final = 5  # lines that fit by chance
_SHARE: Final = 0.5  # of an engine's lines that one offset of the clocks explains
_LOOSE_MS: Final = 250.0  # so far a clock may drift within a run
_CLOSE_MS: Final = 50.0


@dataclasses.dataclass(slots=True)
class _Fit:
    """How many lines of one file go with the connections of one engine."""

    explained: int = 0  # by one offset for each stretch
    closely: int = 0  # and that to a few milliseconds
    spread: float = 0.0  # of the offsets


def engines(entries: Mapping[tuple[str, int, str], Sequence[Entry]], run: RunSide) -> dict[Head, str]:
    """Return the first part of the ids that each engine sent; engines that sent none are left out.

    The results don't name it. No two engines' callers of one number start at quite the same moments: the
    first part whose times fit an engine's attempts is its own, and one that fits none is of another
    generator or run.

    Args:
        entries: lines by the caller, the number of the connection and the first part of their ids.
        run: the run's side.
    """
    pairs: dict[tuple[Head, str], dict[int, list[tuple[Line, int]]]] = collections.defaultdict(
        lambda: collections.defaultdict(list)
    )
    for (tail, number, first), some in entries.items():
        for thread in run.tails[tail]:
            row = run.row(thread, number)
            if row is None:
                continue
            for entry in some:
                pairs[run.heads[thread], first][entry.file].append((entry.line, row))
    best: dict[Head, tuple[int, float, str]] = {}
    for (head, first), files in pairs.items():
        fits = [_fit(some, run) for some in files.values()]
        lines = sum(len(some) for some in files.values())
        if lines >= _FEW and sum(fit.explained for fit in fits) < _SHARE * lines:
            continue
        ranked = (-sum(fit.closely for fit in fits), max(fit.spread for fit in fits), first)
        best[head] = min(best.get(head, ranked), ranked)
    return {head: first for head, (_, _, first) in best.items()}


def _fit(pairs: Sequence[tuple[Line, int]], run: RunSide) -> _Fit:
    lines, rows = [line for line, _ in pairs], np.array([row for _, row in pairs])
    logged, begun, over = run.bounds(lines, rows)
    known = np.isfinite(logged) & np.isfinite(begun) & np.isfinite(over)
    if not known.any():
        return _Fit()
    logged, begun, over = logged[known], begun[known], over[known]
    low, high = logged - over, logged - begun + max(line.resolution_ms for line in lines)
    still = [mine for _, mine in steps.stretches(begun, low, high)]
    middle = (low + high) / 2
    return _Fit(
        explained=sum(steps.explained(low[mine], high[mine], _LOOSE_MS) for mine in still),
        closely=sum(steps.explained(low[mine], high[mine], _CLOSE_MS) for mine in still),
        spread=max(float(np.median(np.abs(middle[mine] - np.median(middle[mine])))) for mine in still),
    )
