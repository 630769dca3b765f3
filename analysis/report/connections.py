"""One CSV row a connection or attempt, to be joined with a server's log (`jmxgen analyze --connections`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.model import CONTRACT_CONNECTION_COLUMNS
from jmxgen.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

_ROWS: Final = 50_000  # made into text at a time
_PART: Final = 1 << 25  # bytes that so many rows may take with each cell as wide as its column's widest
_CALENDAR_MS: Final = 2.5e14  # the year 9892
# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
# The full-width forms are taken for the narrow ones by spreadsheets of East Asia.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(analysis: Analysis) -> bytes:
    """Return the connections as CSV in UTF-8 with the header of `CONTRACT_CONNECTION_COLUMNS`.

    Where the other side's log was given, `SERVER_COLUMNS` follow.

    Times are UTC ISO 8601 with milliseconds. What is unknown or does not apply is empty. Every row is one
    line, and no text of the results can act as a spreadsheet's formula.
    """
    connections = analysis.run.connections[list(CONTRACT_CONNECTION_COLUMNS)]
    view = analysis.run.server_log
    columns = [*CONTRACT_CONNECTION_COLUMNS, *(view.connections.columns if view else ())]
    parts = [f"{','.join(columns)}\n".encode()]
    for begin in range(0, len(connections), _ROWS):
        rows = connections.iloc[begin : begin + _ROWS]
        if view:
            rows = rows.join(view.connections.iloc[begin : begin + _ROWS])
        parts += _lines(rows)
    return b"".join(parts)


def cell(text: str) -> str:
    """Return `text` as a cell that no spreadsheet evaluates and that stays on its line."""
    safe = text if text.isprintable() else one_line(text)
    return f"'{safe}" if text.startswith(_FORMULA_STARTS) else safe


def _lines(rows: pd.DataFrame) -> Iterator[bytes]:
    """Yield rows as CSV: cells padded with zeros stand in one table, whose zeros then go. No cell has any.

    That takes a quarter of the time of Python's csv. Where one long text would make the table large, it is
    made of half the rows.
    """
    import numpy as np

    cells: list[tuple[NDArray[np.int64], list[bytes]]] = []
    for place, name in enumerate(rows, start=1):
        cells += ((numbers, [text.encode() for text in texts]) for numbers, texts in _cells(rows[name]))
        cells.append((np.zeros(len(rows), np.int64), [b"," if place < len(rows.columns) else b"\n"]))
    widths = [max(1, *map(len, texts)) for _, texts in cells]
    if len(rows) > 1 and len(rows) * sum(widths) > _PART:
        half = len(rows) // 2
        yield from _lines(rows.iloc[:half])
        yield from _lines(rows.iloc[half:])
        return
    table = np.empty(len(rows), [(str(place), f"S{width}") for place, width in enumerate(widths)])
    for place, (numbers, texts) in enumerate(cells):
        table[str(place)] = np.array(texts)[numbers]
    yield table.tobytes().translate(None, b"\0")


def _cells(column: pd.Series) -> Iterator[tuple[NDArray[np.int64], Sequence[str]]]:
    """Yield what the cells of a column are put together of: texts, and which of them each row has.

    A column has few texts, whatever its rows: each is made once.
    """
    import pandas as pd

    if str(column.name).endswith("_at"):
        yield from _times(column)
    elif isinstance(column.dtype, pd.CategoricalDtype):
        numbers, used = pd.factorize(column.cat.codes.to_numpy())
        known = column.cat.categories
        yield numbers, ["" if number < 0 else _quoted(cell(str(known[number]))) for number in used.tolist()]
    else:
        numbers, used = pd.factorize(column.to_numpy())
        none = 0 if str(column.name).endswith(("status", "code")) else None
        texts = ["" if number == none else str(number) for number in used.tolist()]
        yield numbers, [*texts, ""]  # the last, which has the number -1, is for NaN


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""')) if "," in text or '"' in text else text


def _times(column: pd.Series) -> Iterator[tuple[NDArray[np.int64], Sequence[str]]]:
    """Yield the seconds, then the milliseconds of times in ms since the epoch as ISO 8601.

    Both are empty where a time is unknown or beyond the calendar.
    """
    import numpy as np
    import pandas as pd

    at = column.to_numpy(np.float64)
    known = np.isfinite(at) & (np.abs(at) < _CALENDAR_MS)
    seconds, ms = np.divmod(np.rint(np.where(known, at, 0)).astype(np.int64), 1000)
    numbers, used = pd.factorize(seconds)
    # The last text, which has the number -1, stands for none.
    yield np.where(known, numbers, -1), [*np.datetime_as_string(used.astype("datetime64[s]")).tolist(), ""]
    yield np.where(known, ms, -1), [*(f".{n:03}Z" for n in range(1000)), ""]
