"""Rows whose text has a delimiter or a line end without quotes: put together by their number of columns.

Tools that merge or filter results drop the quotes. The columns around a free text are countable and typed,
so the pieces can be joined where only that makes a row of them.
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.jtl.layout import is_time

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from jmxgen.analysis.jtl.layout import Layout

JOINED: Final = "rows put together again: a comma or line end without quotes in their text"
CUT: Final = "rows with more values than the file has columns: the last ones left out"
TOO_FEW: Final = "too few columns"
TOO_MANY: Final = "too many columns"
_FREE: Final = ("responseMessage", "failureMessage", "label")  # the likeliest first
_NUMBERS: Final = frozenset(
    ("elapsed", "bytes", "sentBytes", "grpThreads", "allThreads", "Latency", "IdleTime", "Connect")
)
_MOST_LINES: Final = 50  # of one row


class WholeRows:
    """Makes rows of all columns of the rows that a CSV parser finds."""

    def __init__(self, layout: Layout, skipped: Counter[str]) -> None:
        self._columns = layout.columns
        self._delimiter = layout.delimiter
        self._skipped = skipped
        self._free = [layout.columns.index(name) for name in _FREE if name in layout.columns]
        self.repaired: Counter[str] = collections.Counter()  # rows that were put together, or cut

    def rows(self, parsed: Iterable[list[str]]) -> Iterator[list[str]]:
        """Yield the rows of all columns; those that can't be made one are counted in `skipped`."""
        torn: list[str] = []  # a row up to a line end in its text
        lines = 0
        for row in parsed:
            if torn and lines < _MOST_LINES and not self._begins(row):
                torn, lines = self._continued(torn, row), lines + 1
                if whole := self._joined(torn):
                    yield whole
                    torn, lines = [], 0
                continue
            self._skipped[TOO_FEW] += lines
            torn, lines = [], 0
            if len(row) == len(self._columns):
                yield row
            elif len(row) > len(self._columns) and self._fits(row[: len(self._columns)]):
                self.repaired[CUT] += any(field.strip() for field in row[len(self._columns) :])
                yield row[: len(self._columns)]
            elif len(row) < len(self._columns) and self._begins(row):
                torn, lines = row, 1
            elif whole := self._joined(row):
                yield whole
            elif any(field.strip() for field in row):
                self._skipped[TOO_FEW if len(row) < len(self._columns) else TOO_MANY] += 1
        self._skipped[TOO_FEW] += lines

    def _begins(self, row: list[str]) -> bool:
        """Return whether this looks like the beginning of a row, and not like the rest of a text."""
        ordered = self._columns[:2] == ("timeStamp", "elapsed")
        return ordered and len(row) > 1 and is_time(row[0]) and row[1].isdigit()

    def _continued(self, torn: list[str], row: list[str]) -> list[str]:
        return [*torn[:-1], "\n".join((torn[-1], *row[:1])), *row[1:]]

    def _joined(self, row: list[str]) -> list[str] | None:
        """Return a row of all columns, a free text of it joined; None where no text makes it fit."""
        more = len(row) - len(self._columns)
        if more < 0:
            return None
        for place in self._free:
            text = self._delimiter.join(row[place : place + more + 1])
            found = [*row[:place], text, *row[place + more + 1 :]]
            if self._fits(found):
                self.repaired[JOINED] += 1
                return found
        return None

    def _fits(self, row: list[str]) -> bool:
        """Return whether each value is of its column's type."""
        values = dict(zip(self._columns, row, strict=True))
        numbers = [values[name].lstrip("-") for name in _NUMBERS if name in values]
        return (
            is_time(values["timeStamp"])
            and values.get("success", "").lower() in ("true", "false")
            and all(text.isdigit() for text in numbers)
        )
