"""The columns that a plan of jmxgen adds to its results: the plan writes them, the analysis reads them."""

from __future__ import annotations

from typing import Final

OWN_NUMBER: Final = "ws_conn"  # the number of the thread's connection or attempt, from 1
ID_COLUMN: Final = "ws_id"  # unique for each attempt to connect

# Through `sample_variables`, in this order.
OWN_COLUMNS: Final = (
    "ws_phase",  # handshake | data: where the thread stood
    OWN_NUMBER,
    "ws_attempt",  # attempts since the last success, from 1
    "ws_wait_ms",  # the backoff waited before this attempt
    "ws_close_code",  # how the connection before this one ended: a close code, 1006, or an HTTP status
    "ws_call",  # the number of the caller's call, from 1
)
