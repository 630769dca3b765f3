"""One CSV row a connection or attempt, to be joined with a server's log (`jmxgen analyze --connections`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.model import CONTRACT_CONNECTION_COLUMNS
from jmxgen.errors import one_line

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

_CALENDAR_MS: Final = 2.5e14  # the year 9892
# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(analysis: Analysis) -> str:
    """Return the connections as CSV with the header of `CONTRACT_CONNECTION_COLUMNS`.

    Times are UTC ISO 8601 with milliseconds. What is unknown or does not apply is empty. Every row is one
    line, and no text of the results can act as a spreadsheet's formula.
    """
    import pandas as pd

    connections = analysis.results.connections
    columns: dict[str, pd.Series | NDArray[np.str_]] = {}
    for name in CONTRACT_CONNECTION_COLUMNS:
        column = connections[name]
        if name.endswith("_at"):
            columns[name] = _times(column)
        elif name in ("status", "code"):
            columns[name] = column.astype("Int64").mask(column == 0)
        elif name in ("connection", "aftermath_rows"):
            columns[name] = column
        else:
            columns[name] = column.astype("object").map(_texts(column)).fillna("")
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")


def cell(text: str) -> str:
    """Return `text` as a cell that no spreadsheet evaluates and that stays on its line."""
    safe = text if text.isprintable() else one_line(text)
    return f"'{safe}" if text.startswith(_FORMULA_STARTS) else safe


def _texts(column: pd.Series) -> dict[str, str]:
    """Return each distinct text of the column with its safe form: a file has few, whatever its rows."""
    return {text: cell(str(text)) for text in column.dropna().unique()}


def _times(column: pd.Series) -> NDArray[np.str_]:
    """Return times in ms since the epoch as ISO 8601, empty where unknown or beyond the calendar."""
    import numpy as np

    at = column.to_numpy(np.float64)
    known = np.isfinite(at) & (np.abs(at) < _CALENDAR_MS)
    whole = np.where(known, np.rint(np.where(known, at, 0)), 0).astype("int64").astype("datetime64[ms]")
    told = np.datetime_as_string(whole, timezone="UTC")
    told[~known] = ""
    return told
