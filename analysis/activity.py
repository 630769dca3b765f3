"""When anything happened at all: gaps over all threads tell of a load generator that stalled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.distinct import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

BIN_MS: Final = 100
SHORTEST_MS: Final = 1000  # a gap worth telling
MOST: Final = 1000  # so many gaps are told, the longest
_COMPACT: Final = 1 << 20


class Activity:
    """The tenths of seconds in which a row of any thread started or ended."""

    def __init__(self) -> None:
        self._bins: list[NDArray[np.int64]] = []
        self._waiting = 0

    def add(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> None:
        """Add rows that have a time, ms since the epoch."""
        if len(start):
            self._take(np.concatenate((counted(start // BIN_MS)[0], counted(end // BIN_MS)[0])))

    def merge(self, other: Activity) -> None:
        """Add another's."""
        for bins in other._bins:
            self._take(bins)

    def _take(self, bins: NDArray[np.int64]) -> None:
        self._bins.append(bins)
        self._waiting += len(bins)
        if self._waiting > _COMPACT:
            self.compact()

    def compact(self) -> None:
        """Keep each tenth of a second once."""
        if self._bins:
            self._bins, self._waiting = [counted(np.concatenate(self._bins))[0]], 0

    def gaps(self, start: float, end: float) -> tuple[tuple[float, float], ...]:
        """Return (start, end) in ms of each span within the run in which nothing happened, in order of time.

        They are exact to `BIN_MS`, and given shorter rather than longer.
        """
        if not self._bins:
            return ()
        self.compact()
        (bins,) = self._bins
        bins = bins[(bins * BIN_MS >= start - BIN_MS) & (bins * BIN_MS <= end)]
        lengths = (np.diff(bins) - 1) * BIN_MS
        found = np.flatnonzero(lengths >= SHORTEST_MS)
        if len(found) > MOST:
            found = np.sort(found[np.argsort(-lengths[found], kind="stable")[:MOST]])
        return tuple((float((bins[i] + 1) * BIN_MS), float(bins[i + 1] * BIN_MS)) for i in found.tolist())
