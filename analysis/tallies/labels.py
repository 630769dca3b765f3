"""Exact percentiles of each label, from counts of whole milliseconds: chunks and files add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.model import LABEL_COLUMNS
from jmxgen.analysis.tallies.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LONGEST_MS: Final = (1 << 40) - 1  # 34 years
PERCENTILES: Final = (50, 90, 95, 99)


def durations() -> Sums:
    """Return sums of samples and errors by label and duration."""
    return Sums(["label", "elapsed"], total=["samples", "errors"])


def rows(label: NDArray[np.int32], elapsed: NDArray[np.int64], failed: NDArray[np.bool_]) -> pd.DataFrame:
    """Return what is summed of rows: the numbers of their labels, their durations in ms, their failures."""
    return pd.DataFrame(
        {
            "label": label,
            "elapsed": np.clip(elapsed, 0, LONGEST_MS),
            "samples": np.ones(len(label), np.int64),
            "errors": failed.astype(np.int64),
        }
    )


def label_table(sums: Sums, names: Sequence[str]) -> pd.DataFrame:
    """Return LABEL_COLUMNS, by label. A percentile is the nearest rank: see `jmxgen.analysis.model`."""
    counts = sums.table()
    if counts.empty:
        empty = pd.DataFrame({name: pd.Series(dtype="int64") for name in LABEL_COLUMNS})
        return empty.astype({"label": object})
    label, elapsed = counts["label"].to_numpy(), counts["elapsed"].to_numpy()
    first = np.flatnonzero(np.append(True, label[1:] != label[:-1]))
    last = np.append(first[1:], len(label)) - 1
    running = counts["samples"].to_numpy().cumsum()
    before = np.append(0, running)[first]
    samples = running[last] - before
    columns: dict[str, object] = {
        "label": [names[number] for number in label[first].tolist()],
        "samples": samples,
        "errors": np.add.reduceat(counts["errors"].to_numpy(), first),
    }
    for percent in PERCENTILES:
        rank = before + np.maximum(-(-samples * percent // 100), 1)
        columns[f"p{percent}"] = elapsed[np.searchsorted(running, rank)]
    columns["max"] = elapsed[last]
    frame = pd.DataFrame(columns)[list(LABEL_COLUMNS)]
    return frame.sort_values("label", ignore_index=True)
