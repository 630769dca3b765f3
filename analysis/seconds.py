"""What happened in each second: sums that add up over chunks and files, kept only for seconds that occur."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.distinct import numbered
from jmxgen.analysis.model import SECOND_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

LONGEST: Final = 7 * 86_400  # seconds that one table covers: times beyond are a clock's error, not a run
_COMPACT: Final = 200_000
_SUMS: Final = ("samples", "errors", "answers", "answer_ms")
_ENGINE_SHIFT: Final = 44  # seconds in the low bits, with room for the year 3000 and for negative ones
_OFFSET: Final = 1 << 43

NO_ROW: Final = pd.DataFrame(
    {name: pd.Series(dtype=kind) for name, kind in SECOND_COLUMNS.items()}, index=pd.RangeIndex(0)
)


class Seconds:
    """Adds up rows by the second of their end, and by engine (allThreads counts one engine's threads)."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []
        self._waiting = 0

    def add(
        self,
        *,
        engine: NDArray[np.int32],
        start: Ints,
        end: Ints,
        failed: NDArray[np.bool_],
        answer: NDArray[np.bool_],
        threads: NDArray[np.int32],
    ) -> None:
        """Add rows that have a time.

        Args:
            engine: the number of the engine that wrote the row.
            start: ms since the epoch.
            end: ms since the epoch.
            failed: whether the row failed.
            answer: whether it is an answer on an open connection.
            threads: allThreads, -1 where unknown.
        """
        if not len(end):
            return
        # A hostile time must not reach into the engine's bits; it lies outside of any run anyway.
        second = np.clip(end // 1000, -_OFFSET, _OFFSET - 1)
        keys = (engine.astype(np.int64) << _ENGINE_SHIFT) + second + _OFFSET
        unique, inverse = numbered(keys)
        size = len(unique)
        most = np.full(size, -1, np.int32)
        np.maximum.at(most, inverse, threads)
        earliest = np.full(size, np.iinfo(np.int64).max)
        np.minimum.at(earliest, inverse, start)
        latest = np.full(size, np.iinfo(np.int64).min)
        np.maximum.at(latest, inverse, end)
        self._take(
            pd.DataFrame(
                {
                    "samples": np.bincount(inverse, minlength=size),
                    "errors": np.bincount(inverse, weights=failed, minlength=size),
                    "answers": np.bincount(inverse, weights=answer, minlength=size),
                    "answer_ms": np.bincount(
                        inverse, weights=np.where(answer, end - start, 0), minlength=size
                    ),
                    "threads": most,
                    "first": earliest,
                    "last": latest,
                },
                index=unique,
            )
        )

    def merge(self, other: Seconds, engines: NDArray[np.int32]) -> None:
        """Add another's sums; `engines` are this one's numbers for the other's."""
        for part in other._parts:
            keys = part.index.to_numpy()
            moved = (engines[keys >> _ENGINE_SHIFT].astype(np.int64) << _ENGINE_SHIFT) + (
                keys & ((1 << _ENGINE_SHIFT) - 1)
            )
            self._take(part.set_axis(moved))

    def _take(self, part: pd.DataFrame) -> None:
        self._parts.append(part)
        self._waiting += len(part)
        if self._waiting > _COMPACT:
            self.compact()

    def compact(self) -> None:
        """Keep each second once."""
        if self._parts:
            self._parts, self._waiting = [self._sum()], 0

    def _sum(self) -> pd.DataFrame:
        if not self._parts:
            return NO_ROW.assign(first=pd.Series(dtype="int64"), last=pd.Series(dtype="int64"))
        if len(self._parts) == 1:
            return self._parts[0]
        how = dict.fromkeys(_SUMS, "sum") | {"threads": "max", "first": "min", "last": "max"}
        every = pd.concat(self._parts)
        return every.groupby(level=0).agg(how)

    def table(self, aftermath: Ints, stalls: Ints) -> tuple[pd.DataFrame, float, float, int]:
        """Return the seconds, the run's start and end, and how many samples lie outside of it.

        Args:
            aftermath: the times of the aftermath's rows, ms.
            stalls: the times of the stalls, ms.

        Returns:
            SECOND_COLUMNS with an index from 0; start and end in ms (NaN where no row has a time); and the
            number of samples whose time is so far from the others' that it must be wrong.
        """
        every = self._sum()
        if every.empty:
            return NO_ROW, float("nan"), float("nan"), 0
        keys = every.index.to_numpy()
        second = (keys & ((1 << _ENGINE_SHIFT) - 1)) - _OFFSET
        inside = _sane(second, every["samples"].to_numpy())
        outside = int(every["samples"][~inside].sum())
        every, second = every[inside], second[inside]
        engine = keys[inside] >> _ENGINE_SHIFT
        start, end = float(every["first"].min()), float(every["last"].max())
        base = int(min(start // 1000, second.min()))
        if second.max() - base > LONGEST:
            base, start = int(second.min()), float(second.min() * 1000)
        size = int(second.max()) - base + 1
        columns = {
            name: np.bincount(second - base, weights=every[name], minlength=size).astype(SECOND_COLUMNS[name])
            for name in _SUMS
        }
        columns["aftermath"] = _count(aftermath, base, size)
        columns["stalls"] = _count(stalls, base, size)
        columns["threads"] = _threads(engine, second - base, every["threads"].to_numpy(), size)
        return pd.DataFrame(columns)[list(SECOND_COLUMNS)], start, end, outside


def _sane(second: Ints, samples: Ints) -> NDArray[np.bool_]:
    if second.max() - second.min() <= LONGEST:
        return np.ones(len(second), bool)
    order = np.argsort(second)
    running = np.cumsum(samples[order])
    middle = second[order][np.searchsorted(running, running[-1] / 2)]
    return np.asarray(np.abs(second - middle) <= LONGEST // 2)


def _count(times: Ints, base: int, size: int) -> Ints:
    second = times // 1000 - base
    second = second[(second >= 0) & (second < size)]
    return np.bincount(second, minlength=size).astype(np.int64)


def _threads(engine: Ints, second: Ints, threads: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Sum the engines' thread counts; between an engine's rows its last count holds."""
    total = np.zeros(size, np.int64)
    for one in np.unique(engine).tolist():
        mine = engine == one
        most = np.full(size, -1, np.int64)
        np.maximum.at(most, second[mine], threads[mine])
        seen = np.flatnonzero(most >= 0)
        if not len(seen):
            continue
        held = np.maximum.accumulate(np.where(most >= 0, np.arange(size), -1))
        within = (held >= 0) & (np.arange(size) <= seen[-1])
        total += np.where(within, most[np.maximum(held, 0)], 0)
    if not (threads >= 0).any():
        return np.full(size, -1, np.int32)
    return total.astype(np.int32)
