"""How many callers a run was to have, and how many it had."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Run


@dataclasses.dataclass(frozen=True, kw_only=True)
class Callers:
    """JMeter threads that talked to the server."""

    planned: int | None  # None where nobody said
    reached: int  # at once; in all where each makes its calls and stops


def count(run: Run) -> Callers:
    """Return the callers of a run.

    A caller is there from its first attempt to the end of its last connection. Where the scenario has callers
    that come, make their calls and go, nobody plans how many are there at once: those that came are counted.
    """
    first, last = _presence(run.connections, run.end_ms)
    load = (run.scenario or {}).get("load") or {}
    comes_and_goes = bool(load) and not load.get("hold") and not load.get("stages")
    threads = run.seconds["threads"]
    reported = int(threads.max()) if len(threads) else 0  # JMeter's own allThreads
    reached = len(first) if comes_and_goes else max(most_at_once(first, last), reported)
    return Callers(planned=run.planned_callers, reached=max(reached, 0))


def most_at_once(first: NDArray[np.float64], last: NDArray[np.float64]) -> int:
    """Return the largest number of closed intervals that have a point in common."""
    import numpy as np

    if not len(first):
        return 0
    begun = np.sort(first)
    gone = np.searchsorted(np.sort(last), begun, "left")
    return int((np.arange(1, len(begun) + 1) - gone).max())


def _presence(connections: pd.DataFrame, end_ms: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times of each caller's first attempt and last end, ms."""
    at = connections["attempted_at"].fillna(connections["opened_at"])
    end = connections["noticed_at"].fillna(end_ms)
    keys = [connections[name].cat.codes.to_numpy() for name in ("file", "thread")]
    spans = at.to_frame("first").assign(last=end).groupby(keys)
    return spans["first"].min().dropna().to_numpy(float), spans["last"].max().dropna().to_numpy(float)
