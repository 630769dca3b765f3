"""One CSV row a connection or attempt, to be joined with a server's log (`jmxgen analyze --connections`)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis.model import CONTRACT_CONNECTION_COLUMNS
from jmxgen.errors import one_line

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

_ROWS: Final = 50_000  # made into text at a time
_CALENDAR_MS: Final = 2.5e14  # the year 9892
# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(analysis: Analysis) -> str:
    """Return the connections as CSV with the header of `CONTRACT_CONNECTION_COLUMNS`.

    Times are UTC ISO 8601 with milliseconds. What is unknown or does not apply is empty. Every row is one
    line, and no text of the results can act as a spreadsheet's formula.
    """
    connections = analysis.results.connections
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CONTRACT_CONNECTION_COLUMNS)
    for begin in range(0, len(connections), _ROWS):
        part = connections.iloc[begin : begin + _ROWS]
        writer.writerows(zip(*(_cells(part[name]) for name in CONTRACT_CONNECTION_COLUMNS), strict=True))
    return file.getvalue()


def cell(text: str) -> str:
    """Return `text` as a cell that no spreadsheet evaluates and that stays on its line."""
    safe = text if text.isprintable() else one_line(text)
    return f"'{safe}" if text.startswith(_FORMULA_STARTS) else safe


def _cells(column: pd.Series) -> list[Any]:
    if str(column.name).endswith("_at"):
        return list(_times(column).tolist())
    if column.name in ("status", "code"):
        return ["" if number == 0 else number for number in column.tolist()]
    if column.dtype != "category":
        return column.tolist()
    # A file has few texts, whatever its rows: each is made safe once. The number -1 stands for none.
    texts = [*(cell(str(text)) for text in column.cat.categories), ""]
    return [texts[number] for number in column.cat.codes.tolist()]


def _times(column: pd.Series) -> NDArray[np.str_]:
    """Return times in ms since the epoch as ISO 8601, empty where unknown or beyond the calendar."""
    import numpy as np

    at = column.to_numpy(np.float64)
    known = np.isfinite(at) & (np.abs(at) < _CALENDAR_MS)
    whole = np.where(known, np.rint(np.where(known, at, 0)), 0).astype("int64").astype("datetime64[ms]")
    told = np.datetime_as_string(whole, timezone="UTC")
    told[~known] = ""
    return told
