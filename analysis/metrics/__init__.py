"""Active Conversations from outside (`--metrics FILE`): read, put on the run's clock, searched for a plateau.

Read are:

- CSV of a time and a value, with or without a header, separated by comma, semicolon or tab; the simulator's
  series is one;
- the JSON of Genesys Cloud's aggregate queries, whose data carry intervals;
- the JSON of its observation and activity queries, which carry no time of their own: one poll a line (or an
  array of polls), each with the time it was asked at, such as {"time": "2026-09-28T06:00:00Z", "response":
  {"results": […]}}.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    import pandas as pd

MOST_BYTES: Final = 64 * 2**20  # a day at one value a second is 3 MB


def read(path: Path | str, *, offset_ms: float = 0.0, metric: str | None = None) -> pd.DataFrame:
    """Read a series of Active Conversations.

    Args:
        path: the file.
        offset_ms: how far its clock is ahead of JMeter's; it is taken off each time.
        metric: which metric of Genesys' JSON; else the first that is known to count what goes on.

    Returns:
        Columns at_ms (ms since the epoch, rising) and active (float64), one row a time.

    Raises:
        ResultError: the file can't be read, or holds no series of a time and a number.
    """
    import pandas as pd

    from jmxgen.analysis.metrics import genesys, table

    text = _text(Path(path))
    rows = genesys.parse(text, path=path, metric=metric) if text[:1] in "{[" else table.parse(text, path=path)
    series = {at: value for at, value in rows if math.isfinite(at) and math.isfinite(value)}
    if not series:
        raise ResultError("no time with a number in it", place=Place(path), hint="CSV: time,value")
    at = sorted(series)
    return pd.DataFrame(
        {"at_ms": [time - offset_ms for time in at], "active": [series[time] for time in at]}
    ).astype("float64")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ResultError(f"can't read it: {error.strerror or error}", place=Place(path)) from error
    if len(data) > MOST_BYTES:
        raise ResultError(
            f"more than {MOST_BYTES // 2**20} MB", place=Place(path), hint="is this a series of numbers?"
        )
    text = data.decode("utf-8-sig", errors="replace").strip()
    if not text:
        raise ResultError("the file is empty", place=Place(path))
    return text
