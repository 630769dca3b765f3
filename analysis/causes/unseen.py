"""What a run does not show: where so much is hidden, nothing may be called healthy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jmxgen.analysis.model import Run

MOST: Final = 0.01  # of the rows
FEW: Final = 5  # rows: noise


def why(run: Run) -> str:
    """Return what hides failures from the reader of a run, "" where so little is hidden that it is noise."""
    if run.unread > max(MOST * (run.unread + run.rows), FEW):
        return f"{run.unread:,} of {run.unread + run.rows:,} rows can't be read"
    if run.unattributed > max(MOST * run.rows, FEW):
        return f"{run.unattributed:,} of {run.rows:,} rows are errors of no known phase"
    return ""


def is_blind(run: Run) -> bool:
    """Return whether no cause can be known: no row has a time, or none names its thread.

    Without threads, rows can't be put together to connections.
    """
    if math.isnan(run.start_ms):
        return True
    threads = run.connections["thread"].astype(str)
    return len(threads) > 1 and bool((threads == "").all())
