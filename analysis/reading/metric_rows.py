"""Rows of listeners that are not samples, such as PerfMon's: a metric stands where a duration would."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jmxgen.analysis.jtl import Chunk


def without(chunk: Chunk) -> Chunk:
    """Return a chunk without the rows that name no thread, where others do, and with a note of it."""
    threads = chunk.rows["threadName"]
    nameless = (threads == "").to_numpy()
    if not nameless.any() or nameless.all():
        return chunk
    rows = chunk.rows[~nameless].reset_index(drop=True)
    note = "rows without a thread are metrics, not samples: left out"
    return dataclasses.replace(chunk, rows=rows, notes=(*chunk.notes, note))
