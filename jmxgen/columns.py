"""The columns that a plan of jmxgen adds to its results: the plan writes them, the analysis reads them."""

from __future__ import annotations

from typing import Final

OWN_NUMBER: Final = "ws_conn"  # the number of the thread's connection or attempt, from 1
ID_COLUMN: Final = "ws_id"  # unique for each attempt to connect: joins it with a server's log

# Through `sample_variables`, in this order. The plan's other variables (ws_attempt, ws_wait_ms, ws_call) may
# be added there.
REPLIES: Final = "ws_replies"  # how many replies (the scenario's `on`) the connection has sent
OWN_COLUMNS: Final = (OWN_NUMBER, ID_COLUMN)
