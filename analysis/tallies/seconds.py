"""What happened in each second: sums kept only for seconds that occur."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.model import SECOND_COLUMNS
from jmxgen.analysis.tallies.sums import Sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

LONGEST: Final = 31 * 86_400  # seconds that one table covers: times beyond are a clock's error, not a run
_SUMS: Final = ("samples", "errors", "answers", "answer_ms")


@dataclasses.dataclass(frozen=True, slots=True)
class TimeLine:
    """The seconds of a run."""

    seconds: pd.DataFrame  # SECOND_COLUMNS with an index from 0
    start: float  # ms since the epoch, NaN where no row has a time
    end: float
    outside: int  # samples whose time is so far from the others' that it must be wrong


def seconds() -> Sums:
    """Return sums by the second of a row's end, and by engine (allThreads counts one engine's threads)."""
    return Sums(["engine", "second"], total=_SUMS, most=["threads", "last"], least=["first"])


def rows(
    *,
    engine: NDArray[np.int32],
    start: Ints,
    end: Ints,
    failed: NDArray[np.bool_],
    answer: NDArray[np.bool_],
    threads: NDArray[np.int32],
) -> pd.DataFrame:
    """Return what is summed of rows that have a time.

    Args:
        engine: the number of the engine that wrote the row.
        start: ms since the epoch.
        end: ms since the epoch.
        failed: whether the row failed.
        answer: whether it is an answer on an open connection.
        threads: allThreads, -1 where unknown.
    """
    return pd.DataFrame(
        {
            "engine": engine,
            "second": end // 1000,
            "samples": np.ones(len(end), np.int64),
            "errors": failed.astype(np.int64),
            "answers": answer.astype(np.int64),
            "answer_ms": np.where(answer, end - start, 0),
            "threads": threads,
            "first": start,
            "last": end,
        }
    )


def time_line(sums: Sums, aftermath: Ints, stalls: Ints) -> TimeLine:
    """Return the seconds of a run.

    Args:
        sums: of all its rows.
        aftermath: the times of the aftermath's rows, ms.
        stalls: the times of the stalls, ms.
    """
    every = sums.table()
    if every.empty:
        nothing = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in SECOND_COLUMNS.items()})
        return TimeLine(nothing, float("nan"), float("nan"), 0)
    near = _near(every["second"].to_numpy(), every["samples"].to_numpy())
    outside = int(every["samples"][~near].sum())
    every = every[near]
    second = every["second"].to_numpy()
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
    columns["threads"] = _threads(every, base, size)
    return TimeLine(pd.DataFrame(columns)[list(SECOND_COLUMNS)], start, end, outside)


def _near(second: Ints, samples: Ints) -> NDArray[np.bool_]:
    """Return which seconds are within reach of most samples."""
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


def _threads(every: pd.DataFrame, base: int, size: int) -> NDArray[np.int32]:
    """Sum the engines' thread counts; between an engine's rows its last count holds."""
    if not (every["threads"] >= 0).any():
        return np.full(size, -1, np.int32)
    known = every[every["threads"] >= 0]
    by_engine = known.pivot_table(index="second", columns="engine", values="threads", aggfunc="max")
    held = by_engine.reindex(range(base, base + size)).ffill(limit_area="inside")
    return held.fillna(0).sum(axis="columns").to_numpy().astype(np.int32)
