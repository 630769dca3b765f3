"""All that is known of the rows read so far: mergeable, so that files can be read apart."""

from __future__ import annotations

import collections
import dataclasses
import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.dialects import Event
from jmxgen.analysis.lifecycle import NEVER, History
from jmxgen.analysis.tallies import activity, labels, seconds

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.jtl import Chunk
    from jmxgen.analysis.lifecycle import Events
    from jmxgen.analysis.tallies.sums import Sums

_WANTED: Final = ("threadName", "bytes", "sentBytes", "Connect", "allThreads")
_NAMED: Final = ("responseCode", "responseMessage", "success")  # may be empty in every row of a plugin
_DURATION: Final = "elapsed"
_MANY: Final = 20  # rows that show that times are whole seconds


@dataclasses.dataclass
class Tally:
    """What was counted of the rows, and the history of their threads."""

    files: list[str] = dataclasses.field(default_factory=list)
    growing: list[str] = dataclasses.field(default_factory=list)  # files that changed while they were read
    rows: int = 0
    samples: int = 0
    errors: int = 0
    skipped: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    repaired: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    history: History = dataclasses.field(default_factory=History)
    durations: Sums = dataclasses.field(default_factory=labels.durations)
    seconds: Sums = dataclasses.field(default_factory=seconds.seconds)
    activity: Sums = dataclasses.field(default_factory=activity.activity)
    zone_assumed: bool = False
    whole_seconds: bool = True  # as far as the rows have times
    own_plan: bool = False  # rows have the columns of jmxgen's plans
    untimed: int = 0
    missing: set[str] = dataclasses.field(default_factory=set)
    notes_of_chunks: dict[str, None] = dataclasses.field(default_factory=dict)
    _engines: dict[tuple[str, str, str], int] = dataclasses.field(default_factory=dict)
    _engine_of: NDArray[np.int32] = dataclasses.field(default_factory=lambda: np.empty(0, np.int32))

    def add(self, chunk: Chunk, events: Events) -> None:
        """Add a chunk of rows and what they mean."""
        frame = chunk.rows
        self.rows += len(frame)
        self.own_plan |= bool((events.own_number >= 0).any())
        self.samples += int((~events.transaction & (frame["depth"].to_numpy() == 0)).sum())
        self.errors += int(events.failed.sum())
        self.zone_assumed |= chunk.zone_assumed
        self.repaired.update(chunk.repaired)
        self.notes_of_chunks.update(dict.fromkeys(chunk.notes))
        self.missing |= _missing(chunk)
        self.durations.add(labels.rows(events.label, frame["elapsed"].to_numpy(np.int64), events.failed))
        timed = events.start != NEVER
        self.whole_seconds &= not (events.start[timed] % 1000).any()
        self.untimed += int((~timed).sum())
        answer = (events.event == Event.USED) & ~events.failed & (events.received != 0)
        answer &= (events.connect <= 0) & (frame["responseCode"] != "101").to_numpy()
        start, end = events.start[timed], events.end[timed]
        self.activity.add(activity.rows(start, end))
        self.seconds.add(
            seconds.rows(
                engine=self._engine_of_threads()[events.thread[timed]],
                start=start,
                end=end,
                failed=events.failed[timed],
                answer=answer[timed],
                threads=events.running[timed],
            )
        )

    def _engine_of_threads(self) -> NDArray[np.int32]:
        """Return the number of each thread's engine."""
        new = [
            self._engines.setdefault(thread.engine, len(self._engines))
            for thread in itertools.islice(self.history.threads, len(self._engine_of), None)
        ]
        if new:
            self._engine_of = np.append(self._engine_of, np.array(new, np.int32))
        return self._engine_of

    def merge(self, other: Tally) -> None:
        """Add what another tally counted, of other files."""
        self.files += [file for file in other.files if file not in self.files]
        self.growing += other.growing
        self.rows += other.rows
        self.samples += other.samples
        self.errors += other.errors
        self.skipped += other.skipped
        self.repaired.update(other.repaired)
        self.untimed += other.untimed
        self.zone_assumed |= other.zone_assumed
        self.own_plan |= other.own_plan
        self.whole_seconds &= other.whole_seconds
        self.missing |= other.missing
        self.notes_of_chunks.update(other.notes_of_chunks)
        self.history.merge(other.history)
        numbers = self.history.label_numbers(other.history.labels)
        self.durations.merge(other.durations, {"label": numbers})
        engines = [self._engines.setdefault(key, len(self._engines)) for key in other._engines]
        self.seconds.merge(other.seconds, {"engine": np.array(engines, np.int32)})
        self.activity.merge(other.activity)

    def dialects(self) -> tuple[str, ...]:
        """Return the names of the plugins whose rows were found."""
        return tuple(sorted({found.dialect for found in self.history.classifications if found.dialect}))

    @property
    def durations_known(self) -> bool:
        """Whether the files say how long samples took."""
        return _DURATION not in self.missing

    def notes(self) -> list[str]:
        """Return what a reader must know of the files."""
        notes = [*self.notes_of_chunks]
        notes += [f"{what}: {count:,}" for what, count in self.repaired.items()]
        if self.zone_assumed:
            notes.append("the time stamps carry no zone: taken as UTC")
        if "threadName" in self.missing:
            notes.append("no threadName column: connections can't be rebuilt")
        kinds = [name for name in _NAMED if name in self.missing]
        if kinds:
            notes.append(
                f"no {', '.join(kinds)} column: what failed, and how, is known from the others alone"
            )
        if not self.durations_known:
            notes.append("no elapsed column: how long anything took, or lay idle, is unknown")
        if self.whole_seconds and self.rows >= _MANY:
            notes.append("the time stamps are whole seconds: times, and what is open at once, are as coarse")
        lacking = sorted(self.missing - {"threadName", "allThreads", _DURATION, *_NAMED})
        if lacking and self.dialects():
            notes.append(f"no {', '.join(lacking)} column: phases are inferred from each thread's history")
        return notes


def _missing(chunk: Chunk) -> set[str]:
    """Return the columns that a chunk lacks and that decide what a row means."""
    lacking = {name for name in _WANTED if _absent(chunk.rows[name])}
    return lacking | {name for name in (*_NAMED, _DURATION) if chunk.columns and name not in chunk.columns}


def _absent(column: pd.Series[int]) -> bool:
    if column.dtype == "category":
        return column.cat.categories.tolist() == [""]
    return bool((column.to_numpy() == -1).all())
