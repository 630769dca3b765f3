"""The log of events: what is kept of the rows until the end of the run."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from jmxgen.analysis.dialects import Judgement

NEVER: Final = np.iinfo(np.int64).min // 4  # a time that is not known; differences of two don't overflow


class Flag(enum.IntFlag):
    """What else a row tells."""

    OPENED = 1  # the row itself opened the connection
    SENT = 2  # a frame was sent
    CLOSE_SIZED = 4  # as many bytes were sent as the plugin's close frame has
    FAILED = 8
    SUCCESS_AT_CLOSE = 16


class Fact(enum.IntFlag):
    """What is known of a label from all its rows."""

    OPENS = 1
    USES = 2  # uses a connection that is there
    CLOSES = 4
    CLOSES_NORMALLY = 8  # was answered with 1000


# One record: a row with an event, or a run of USED and IDLE rows of one thread. Times are ms since the epoch.
RECORD: Final = np.dtype(
    [
        ("thread", "i4"),
        ("event", "i1"),
        ("flags", "u1"),
        ("label", "i4"),  # of its last row
        ("judgement", "i4"),
        ("rows", "i4"),
        ("start", "i8"),  # of its first row
        ("end", "i8"),  # of its last row
        ("opened", "i8"),  # when the handshake was done
        ("first_frame", "i8"),
        ("last_frame", "i8"),  # up to the last sign of life
        ("loose_frame", "i8"),  # the last frame after it
        ("alive", "i8"),  # the last sign of life: a frame received, or a read that waited in vain
        ("idle", "i8"),  # the longest time without a frame before the last sign of life
        ("loose_idle", "i8"),  # and after it
        ("silence", "i8"),  # the longest time between two rows before the last sign of life
        ("loose_silence", "i8"),
        ("threads", "i4"),
        ("own", "i4"),  # ws_conn, -1 where the file has none
    ]
)


@dataclasses.dataclass
class Log:
    """The records of one or more files, with the names that their codes stand for. Mergeable and picklable."""

    threads: dict[tuple[str, int, str], int] = dataclasses.field(default_factory=dict)  # file, part, name
    labels: dict[str, int] = dataclasses.field(default_factory=dict)
    judgements: list[Judgement] = dataclasses.field(default_factory=list)
    facts: dict[int, int] = dataclasses.field(default_factory=dict)  # label -> Fact
    records: list[NDArray[np.void]] = dataclasses.field(default_factory=list)
    last_row: dict[int, tuple[int, int]] = dataclasses.field(
        default_factory=dict
    )  # thread -> (end, allThreads)

    def add_facts(self, labels: NDArray[np.intp], facts: NDArray[np.intp]) -> None:
        """Note what the rows of some labels told."""
        for label, fact in zip(labels.tolist(), facts.tolist(), strict=True):
            self.facts[label] = self.facts.get(label, 0) | fact

    def thread_codes(self, file: str, part: int, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some threads, new ones added."""
        known = self.threads
        return np.fromiter((known.setdefault((file, part, name), len(known)) for name in names), np.int32)

    def label_codes(self, names: Iterable[str]) -> NDArray[np.int32]:
        """Return the numbers of some labels, new ones added."""
        known = self.labels
        return np.fromiter((known.setdefault(name, len(known)) for name in names), np.int32)

    def merge(self, other: Log) -> None:
        """Add what another log holds; a thread that both know goes on from this log to the other."""
        threads = np.array(
            [self.threads.setdefault(key, len(self.threads)) for key in other.threads], np.int32
        )
        labels = self.label_codes(other.labels)
        offset = len(self.judgements)
        self.judgements.extend(other.judgements)
        for label, fact in other.facts.items():
            code = int(labels[label])
            self.facts[code] = self.facts.get(code, 0) | fact
        for part in other.records:
            moved = part.copy()
            moved["thread"] = threads[part["thread"]]
            moved["label"] = labels[part["label"]]
            moved["judgement"] += offset
            self.records.append(moved)
        for thread, last in other.last_row.items():
            self.last_row[int(threads[thread])] = last

    def sorted(self) -> NDArray[np.void]:
        """Return all records by thread, in the order of their rows within each."""
        if not self.records:
            return np.empty(0, RECORD)
        every = np.concatenate(self.records)
        return every[np.argsort(every["thread"], kind="stable")]
