"""When anything happened at all: gaps over all threads show a load generator that stalled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.tallies.sums import Sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

BIN_MS: Final = 100
SHORTEST_MS: Final = 1000  # a gap worth noting
MOST: Final = 1000  # so many gaps are kept, the longest


def activity() -> Sums:
    """Return sums of the tenths of a second in which a row of any thread started or ended."""
    return Sums(["tenth"], total=["rows"])


def rows(start: NDArray[np.int64], end: NDArray[np.int64]) -> pd.DataFrame:
    """Return what is summed of rows that have a time, ms since the epoch."""
    return pd.DataFrame({"tenth": np.concatenate((start // BIN_MS, end // BIN_MS)), "rows": 1})


def gaps(sums: Sums, start: float, end: float) -> tuple[tuple[float, float], ...]:
    """Return (start, end) in ms of each span within the run in which nothing happened, in order of time.

    They are exact to `BIN_MS`, and given shorter rather than longer.
    """
    bins = sums.table()["tenth"].to_numpy()
    bins = bins[(bins * BIN_MS >= start - BIN_MS) & (bins * BIN_MS <= end)]
    lengths = (np.diff(bins) - 1) * BIN_MS
    found = np.flatnonzero(lengths >= SHORTEST_MS)
    if len(found) > MOST:
        found = np.sort(found[np.argsort(-lengths[found], kind="stable")[:MOST]])
    return tuple((float((bins[i] + 1) * BIN_MS), float(bins[i + 1] * BIN_MS)) for i in found.tolist())
