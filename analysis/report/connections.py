"""One CSV row a connection or attempt, to be joined with a server's log (`jmxgen analyze --connections`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.model import CONTRACT_CONNECTION_COLUMNS
from jmxgen.errors import one_line

if TYPE_CHECKING:
    import pandas as pd

    from jmxgen.analysis.model import Analysis

# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def render(analysis: Analysis) -> str:
    """Return the connections as CSV with the header of `CONTRACT_CONNECTION_COLUMNS`.

    Times are UTC ISO 8601 with milliseconds. What is unknown or does not apply is empty. Every row is one
    line, and no text of the results can act as a spreadsheet's formula.
    """
    import pandas as pd

    connections = analysis.results.connections
    columns: dict[str, pd.Series] = {}
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
    safe = one_line(text)
    return f"'{safe}" if text.startswith(_FORMULA_STARTS) else safe


def _texts(column: pd.Series) -> dict[str, str]:
    """Return each distinct text of the column with its safe form: a file has few, whatever its rows."""
    return {text: cell(str(text)) for text in column.dropna().unique()}


def _times(column: pd.Series) -> pd.Series:
    import pandas as pd

    at = pd.to_datetime(column.round(), unit="ms", utc=True, errors="coerce")
    return at.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3] + "Z"
