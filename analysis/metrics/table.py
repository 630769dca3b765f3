"""A CSV of time and value."""

from __future__ import annotations

import csv
import math
import re
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.metrics.times import to_ms
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TIME: Final = ("time", "timestamp", "at", "at_ms", "date", "datetime", "interval", "intervalstart", "start")
_VALUE: Final = (
    "active_conversations",
    "activeconversations",
    "active",
    "conversations",
    "ointeracting",
    "interacting",
    "value",
    "count",
)


def parse(text: str, *, path: Path | str) -> Iterator[tuple[float, float]]:
    """Yield (ms since the epoch, value) of a CSV text.

    Columns are found by the header's names; without a header, or with names that say nothing, the first is
    the time and the second the value. Rows that hold no time or no number (a repeated header, a torn end) are
    passed over.

    Raises:
        ResultError: the first row has fewer than two columns, or is not CSV.
    """
    first, _, _ = text.partition("\n")
    delimiter = max(",;\t|", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    except csv.Error as error:
        raise ResultError(f"no CSV: {error}", place=Place(path)) from error
    header = [re.sub(r"[^a-z_]", "", name.lower()) for name in rows[0]]
    if len(header) < 2:
        raise ResultError("one column only", place=Place(path, 1), hint="CSV: time,value")
    time, value = _column(header, _TIME, 0), _column(header, _VALUE, 1)
    decimal_comma = delimiter != ","
    for row in rows:
        if len(row) > max(time, value):
            yield to_ms(row[time]), _number(row[value], decimal_comma=decimal_comma)


def _column(header: list[str], names: tuple[str, ...], otherwise: int) -> int:
    return next((header.index(name) for name in names if name in header), otherwise)


def _number(text: str, *, decimal_comma: bool) -> float:
    text = text.strip().replace("\u00a0", "")
    try:
        number = float(text.replace(",", ".") if decimal_comma else text)
    except ValueError:
        return math.nan
    return number if number >= 0 else math.nan
