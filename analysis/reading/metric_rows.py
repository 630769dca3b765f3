"""Rows of listeners that are not samples, such as PerfMon's: a metric stands where a duration would."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from jmxgen.analysis.jtl import Chunk


LEFT_OUT: Final = "rows without a thread are metrics, not samples, and left out"


def without(chunk: Chunk) -> Chunk:
    """Return a chunk without the rows that name no thread, code and message, where others do."""
    nameless = np.ones(len(chunk.rows), bool)
    for name in ("threadName", "responseCode", "responseMessage"):
        nameless &= (chunk.rows[name] == "").to_numpy()
    if not nameless.any() or nameless.all():
        return chunk
    rows = chunk.rows[~nameless].reset_index(drop=True)
    found = {LEFT_OUT: int(nameless.sum())}
    return dataclasses.replace(chunk, rows=rows, repaired={**chunk.repaired, **found})
