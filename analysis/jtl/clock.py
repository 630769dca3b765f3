"""A clock that is set back while a run is recorded: by hand, or because summer time ends.

JMeter writes a row when its sample ends, so ends rise with the rows, but for what its threads do at once.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.jtl.chunk import Chunk

BACK_MS: Final = 600_000  # further than threads differ
LASTS: Final = 20  # rows that stay behind: the clock was set back, and no row came late
FEWEST: Final = 5  # or so many, up to the end of a chunk
MOST_LOOKED_AT: Final = 1000  # hostile: rows that come late without end
HOUR_MS: Final = 3_600_000
NEAR_MS: Final = 60_000  # a step so near to whole hours is one: the run went on meanwhile
_LEAST: Final = 2 * 86_400_000  # a time up to then stands for none


class Clock:
    """Follows the times of one file, and corrects those after a step back by whole hours."""

    def __init__(self) -> None:
        self._latest = -1
        self._mended = 0  # ms that are added to all times from here on
        self._part = 0

    def checked(self, chunk: Chunk) -> Chunk:
        """Return a chunk with its times corrected, and a note where the clock was set back."""
        if chunk.part != self._part:
            self._part, self._latest, self._mended = chunk.part, -1, 0
        start = chunk.rows["timeStamp"].to_numpy(np.int64) + self._mended
        places = np.flatnonzero(start - self._mended > _LEAST)
        ends = start[places] + np.maximum(chunk.rows["elapsed"].to_numpy(np.int64)[places], 0)
        notes: list[str] = []
        changed = self._mended != 0
        while (found := self._step(ends)) is not None:
            place, step = found
            hours = round(step / HOUR_MS)
            if not hours or abs(step - hours * HOUR_MS) > NEAR_MS:
                notes.append(f"the clock was set back by {step / 1000:,.0f} s: times are unreliable")
                self._latest = int(ends[place])
                break
            notes.append(f"the clock was set back by {hours} h: times behind that were moved on")
            self._mended += hours * HOUR_MS
            ends[place:] += hours * HOUR_MS
            start[places[place:]] += hours * HOUR_MS
            changed = True
        if len(ends):
            self._latest = max(self._latest, int(ends.max())) if not notes else int(ends[-1])
        if not changed and not notes:
            return chunk
        known = np.isin(np.arange(len(start)), places)
        stamps = np.where(known, start, chunk.rows["timeStamp"].to_numpy(np.int64))
        return dataclasses.replace(
            chunk, rows=chunk.rows.assign(timeStamp=stamps), notes=(*chunk.notes, *notes)
        )

    def _step(self, ends: NDArray[np.int64]) -> tuple[int, int] | None:
        """Return the first row from which times stay behind, and by how many ms."""
        before: NDArray[Any] = np.maximum.accumulate(np.append(self._latest, ends))[:-1]
        behind = (before >= 0) & (before - ends > BACK_MS)
        for place in np.flatnonzero(behind)[:MOST_LOOKED_AT].tolist():
            following = behind[place : place + LASTS]
            if len(following) >= FEWEST and following.all():
                return place, int(before[place] - ends[place])
        return None
