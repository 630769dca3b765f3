"""A clock that is set back while a run is recorded: by hand, by a time service, or because summer time ends.

JMeter writes a row when its sample ends, so ends rise with the rows, but for what its threads do at once.
And a thread does one thing after the other: none of its rows ends before the one before it has ended.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis.jtl import times
from jmxgen.analysis.jtl.chunk import HOST

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.jtl.chunk import Chunk

    Ints = NDArray[np.int64]

BACK_MS: Final = 600_000  # further than threads differ
LASTS: Final = 20  # rows that stay behind: the clock was set back, and no row came late
FEWEST: Final = 5  # or so many, up to the end of a chunk; and so many threads that go back together
THREAD_BACK_MS: Final = 1000  # a thread's times go back by so much only with the clock
OVERLAP_MS: Final = 50  # so far a row may reach into the next of its thread
SHARE: Final = 0.5  # of the threads that go on: others may be in a long sample
ONCE: Final = 1.2  # rows that go back for each such thread
MOST_STEPS: Final = 3  # of a file: rows that go back again and again are not in the order of time
WINDOW: Final = 400  # rows in which threads go on after the clock was set
MOST_LOOKED_AT: Final = 1000  # hostile: rows that come late without end
HOUR_MS: Final = 3_600_000
NEAR_MS: Final = 60_000  # a step so near to whole hours is one: the run went on meanwhile
_UNKNOWN: Final = -1


class Clock:
    """Follows the times of one file, and moves on those after a step back."""

    def __init__(self) -> None:
        self._part = 0
        self._begin()

    def _begin(self) -> None:
        self._latest = _UNKNOWN
        self._added = 0  # ms that are added to all times from here on
        self._steps = 0
        self._ends: dict[str, int] = {}  # of each thread's last row

    def checked(self, chunk: Chunk) -> Chunk:
        """Return a chunk with its times corrected, and a note where the clock was set back."""
        if chunk.part != self._part:
            self._part = chunk.part
            self._begin()
        stamps = chunk.rows["timeStamp"].to_numpy(np.int64)
        places = np.flatnonzero(stamps > times.NONE_MS)
        took = np.maximum(chunk.rows["elapsed"].to_numpy(np.int64)[places], 0)
        start = stamps[places] + self._added
        names, of_row = _threads(chunk.rows)
        thread = of_row[places]
        notes: list[str] = []
        in_order = not _sorted_otherwise(chunk.rows)
        while in_order and self._steps < MOST_STEPS:
            before = self._ends_before(names, thread, start + took)
            found = _step_of_threads(thread, start, start + took, before) or self._step(start + took)
            if found is None:
                break
            place, step = found
            hours = round(step / HOUR_MS)
            whole = hours and abs(step - hours * HOUR_MS) <= NEAR_MS
            step = hours * HOUR_MS if whole else step
            said = f"{hours} h" if whole else f"about {step / 1000:,.0f} s"
            notes.append(f"the clock was set back by {said}: times behind that were moved on")
            start[place:][~self._began_before(thread, start, took, before, place)] += step
            self._added += step
            self._steps += 1
        self._note(names, thread, start + took)
        if not notes and not self._added:
            return chunk
        moved = stamps.copy()
        moved[places] = start
        return dataclasses.replace(
            chunk, rows=chunk.rows.assign(timeStamp=moved), notes=(*chunk.notes, *notes)
        )

    def _ends_before(self, names: list[str], thread: Ints, ends: Ints) -> Ints:
        """Return for each row the end of the row before it in its thread, _UNKNOWN without one."""
        order = np.argsort(thread, kind="stable")
        before = np.full(len(ends), _UNKNOWN, np.int64)
        before[order[1:]] = ends[order[:-1]]
        first = order[np.append(True, thread[order][1:] != thread[order][:-1])] if len(order) else order
        before[first] = [self._ends.get(names[number], _UNKNOWN) for number in thread[first].tolist()]
        return before

    def _began_before(self, thread: Ints, start: Ints, took: Ints, before: Ints, place: int) -> Any:
        """Return which rows from `place` on have the clock before the step: their samples had begun."""
        latest = max(self._latest, int((start + took)[:place].max(initial=_UNKNOWN)))
        first = np.zeros(len(start) - place, bool)
        first[np.unique(thread[place:], return_index=True)[1]] = True
        return first & (start[place:] >= before[place:]) & (start[place:] <= latest) & (before[place:] >= 0)

    def _step(self, ends: Ints) -> tuple[int, int] | None:
        """Return the first row from which all times stay behind, and by how many ms."""
        before: Ints = np.maximum.accumulate(np.append(self._latest, ends))[:-1]
        behind = (before >= 0) & (before - ends > BACK_MS)
        for place in np.flatnonzero(behind)[:MOST_LOOKED_AT].tolist():
            following = behind[place : place + LASTS]
            if len(following) >= FEWEST and following.all():
                return place, int(before[place] - ends[place])
        return None

    def _note(self, names: list[str], thread: Ints, ends: Ints) -> None:
        if len(ends):
            self._latest = max(self._latest, int(ends.max()))
            last = len(thread) - 1 - np.unique(thread[::-1], return_index=True)[1]
            self._ends.update(
                zip((names[n] for n in thread[last].tolist()), ends[last].tolist(), strict=True)
            )


def _step_of_threads(thread: Ints, start: Ints, ends: Ints, before: Ints) -> tuple[int, int] | None:
    """Return the first row from which the threads go back, each once, and by how many ms.

    A thread that went on at once shows the step in full, others less by their pause; so does the first row
    behind it, where rows come in the order of their ends.
    """
    back = (before >= 0) & (start < before - THREAD_BACK_MS) & (ends < before - OVERLAP_MS)
    for place in np.flatnonzero(back)[:MOST_LOOKED_AT].tolist():
        window = slice(place, place + WINDOW)
        rows = np.flatnonzero(back[window]) + place
        gone, asked = len(np.unique(thread[rows])), len(np.unique(thread[window]))
        if gone >= FEWEST and gone >= SHARE * asked and len(rows) <= ONCE * gone:
            step = int((before[rows] - start[rows]).max())
            latest = np.maximum.accumulate(ends[:place])[-LASTS:]
            in_order = len(latest) and bool((ends[:place][-LASTS:] >= latest - OVERLAP_MS).all())
            return place, max(step, int(latest[-1] - ends[place])) if in_order else step
    return None


def _threads(rows: pd.DataFrame) -> tuple[list[str], Ints]:
    """Return the names of threads, with their hosts, and the number of each row's."""
    threads = rows["threadName"].cat
    if HOST not in rows:
        return [str(name) for name in threads.categories], threads.codes.to_numpy().astype(np.int64)
    hosts = rows[HOST].cat
    pairs = hosts.codes.to_numpy(np.int64) * len(threads.categories) + threads.codes.to_numpy(np.int64)
    found, codes = np.unique(pairs, return_inverse=True)
    host, thread = np.divmod(found, max(len(threads.categories), 1))
    names = [f"{hosts.categories[h]}\n{threads.categories[t]}" for h, t in zip(host, thread, strict=True)]
    return names, codes.astype(np.int64)


def _sorted_otherwise(rows: pd.DataFrame) -> bool:
    """Return whether rows are sorted by label or duration: then their times go back all the time."""
    labels = rows["label"].cat
    alphabetical = np.argsort(np.argsort(labels.categories.astype(str)))
    return any(
        len(column) > 0 and column[0] != column[-1] and (_rises(column) or _rises(column[::-1]))
        for column in (alphabetical[labels.codes], rows["elapsed"].to_numpy())
    )


def _rises(values: NDArray[Any]) -> bool:
    return bool((values[1:] >= values[:-1]).all())
