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


def blind(run: Run) -> str:
    """Return why no cause can be known, "" where it can.

    Without times, or without threads that do one thing after the other, rows can't be put together to
    connections.
    """
    threads = run.connections["thread"].astype(str)
    if math.isnan(run.start_ms) or (len(threads) > 1 and (threads == "").all()):
        return "without the rows' times and thread names no cause can be determined"
    if run.lacks_openings:
        return "their openings are not in the files (only errors recorded?), so no cause can be determined"
    if run.tangled:
        return "threads do two things at once, so no cause can be determined"
    return ""
