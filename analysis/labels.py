"""Exact percentiles of each label, from counts of whole milliseconds: chunks and files add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.distinct import counted
from jmxgen.analysis.model import LABEL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SHIFT: Final = 40  # bits for the milliseconds: 34 years
_COMPACT: Final = 1 << 20
PERCENTILES: Final = (50, 90, 95, 99)


class Labels:
    """Counts samples and errors of each label by their duration."""

    def __init__(self) -> None:
        self._keys: list[NDArray[np.int64]] = []
        self._counts: list[NDArray[np.int64]] = []
        self._waiting = 0
        self._errors = np.zeros(0, np.int64)

    def add(self, label: NDArray[np.int32], elapsed: NDArray[np.int64], success: NDArray[np.bool_]) -> None:
        """Count the rows of a chunk: the numbers of their labels, their durations in ms, their success."""
        if not len(label):
            return
        milliseconds = np.clip(elapsed, 0, (1 << _SHIFT) - 1)
        span = int(milliseconds.max()) + 1
        found, counts = counted(label * np.int64(span) + milliseconds)
        self._take(((found // span) << _SHIFT) | (found % span), counts)
        self._errors = _sum(self._errors, np.bincount(label[~success], minlength=int(label.max()) + 1))

    def merge(self, other: Labels, numbers: NDArray[np.int32]) -> None:
        """Add another's counts; `numbers` are this one's labels for the other's."""
        for keys, counts in zip(other._keys, other._counts, strict=True):
            self._take(
                (numbers[keys >> _SHIFT].astype(np.int64) << _SHIFT) | (keys & ((1 << _SHIFT) - 1)), counts
            )
        errors = np.bincount(numbers[: len(other._errors)], weights=other._errors, minlength=1).astype(
            np.int64
        )
        self._errors = _sum(self._errors, errors)

    def _take(self, keys: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        self._keys.append(keys)
        self._counts.append(counts)
        self._waiting += len(keys)
        if self._waiting > _COMPACT:
            self.compact()

    def compact(self) -> None:
        """Keep each count once."""
        self._waiting = 0  # grows again by what comes, so that compacting costs no more than reading
        if not self._keys:
            return
        keys, counts = np.concatenate(self._keys), np.concatenate(self._counts)
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        self._keys, self._counts = [keys[first]], [np.add.reduceat(counts, first)]

    def table(self, names: Sequence[str]) -> pd.DataFrame:
        """Return LABEL_COLUMNS, by label. A percentile is the nearest rank: see `jmxgen.analysis.model`."""
        self.compact()
        if not self._keys or not len(self._keys[0]):
            empty = pd.DataFrame({name: pd.Series(dtype="int64") for name in LABEL_COLUMNS})
            return empty.astype({"label": object})
        keys, counts = self._keys[0], self._counts[0]
        label, elapsed = keys >> _SHIFT, keys & ((1 << _SHIFT) - 1)
        first = np.flatnonzero(np.append(True, label[1:] != label[:-1]))
        until = np.append(first[1:], len(keys))
        running = np.cumsum(counts)
        before = np.append(0, running)[first]
        samples = running[until - 1] - before
        codes = label[first]
        errors = _sum(self._errors, np.zeros(int(codes.max()) + 1, np.int64))
        columns: dict[str, object] = {
            "label": [names[code] for code in codes.tolist()],
            "samples": samples,
            "errors": errors[codes],
        }
        for percent in PERCENTILES:
            rank = before + np.maximum(-(-samples * percent // 100), 1)
            columns[f"p{percent}"] = elapsed[np.searchsorted(running, rank)]
        columns["max"] = elapsed[until - 1]
        frame = pd.DataFrame(columns)[list(LABEL_COLUMNS)]
        return frame.sort_values("label", ignore_index=True)


def _sum(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    total = np.zeros(max(len(one), len(other)), np.int64)
    total[: len(one)] += one
    total[: len(other)] += other
    return total
