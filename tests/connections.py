"""Rows of the table of connections, as the lifecycle makes them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from jmxgen.analysis.model import CONNECTION_COLUMNS


def connection(**fields: Any) -> dict[str, Any]:
    """Return one row of the connections; what is not named is unknown or none."""
    row: dict[str, Any] = {
        "file": "results.jtl",
        "thread": "callers 1-1",
        "connection": 1,
        "attempted_at": math.nan,
        "opened_at": math.nan,
        "last_alive_at": math.nan,
        "noticed_at": math.nan,
        "end": "closed",
        "kind": "",
        "status": 0,
        "code": 0,
        "label": "open",
        "aftermath_rows": 0,
        "opener": "open",
        "reason": "",
        "last_frame_at": math.nan,
        "end_after": math.nan,
        "longest_idle": 0.0,
        "longest_silence": 0.0,
        "last_silence": 0.0,
        "handshake_ms": math.nan,
        "samples": 1,
        "pending_ms": math.nan,
        "stalls": 0,
        "stalled_at": math.nan,
        "stall_idle": math.nan,
        "silent": False,
        "pings": 0,
        "attempt": 1,
        "wait": math.nan,
        "threads": -1,
    }
    return row | fields


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows of `connection` as the frame that the analysis works on."""
    made = pd.DataFrame(rows, columns=list(CONNECTION_COLUMNS))
    return made.astype(dict(CONNECTION_COLUMNS))
