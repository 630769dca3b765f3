"""JMeter's CSV results as chunks of typed rows.

Each block of whole rows is read by pandas with its types given. A block in which any value has another form
(a torn line, a header in the middle, a stray quote) is read again as text, row by row: what can't be read
is counted.
"""

from __future__ import annotations

import collections
import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.jtl import layout as layouts
from jmxgen.analysis.jtl import times
from jmxgen.analysis.jtl.chunk import (
    EXTRA,
    HOST,
    LATENCY,
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    Chunk,
    complete,
    from_texts,
)
from jmxgen.analysis.jtl.source import OPEN_QUOTE, Source, blocks
from jmxgen.analysis.jtl.whole_rows import WholeRows
from jmxgen.analysis.model import HEADER_AGAIN, ROW_COLUMNS
from jmxgen.columns import OWN_NUMBER, REPLIES

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

_BYTES_A_ROW: Final = (
    50  # half of a usual row: a block is read by its bytes, and is rather too short than too long
)
_AGAIN_MS: Final = 1000  # a part that begins so long before the end of the one before it is another recording


def read(source: Source, *, rows: int, skipped: Counter[str], zone: str = "UTC") -> Iterator[Chunk]:
    """Yield the rows of a CSV file.

    Args:
        source: the file, at its beginning.
        rows: about so many rows a chunk.
        skipped: gets, by reason, the number of rows that can't be read.
        zone: the zone of formatted time stamps.

    Raises:
        ResultError: the file is not a CSV file of JMeter's.
    """
    layout = layouts.detect(source.text, source.path)
    reader = _Reader(layout, skipped, zone)
    only_returns = b"\r" in source.head and b"\n" not in source.head
    read_bytes = _with_line_feeds(source.read) if only_returns else source.read
    for block in blocks(read_bytes, rows * _BYTES_A_ROW, skipped):
        yield from reader.read(block)


def _with_line_feeds(read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Return a way to read a file whose lines end in carriage returns alone."""
    return lambda size: read(size).replace(b"\r", b"\n")


class _Reader:
    """Turns the blocks of one file into chunks; knows which part of the file it is in."""

    def __init__(self, layout: layouts.Layout, skipped: Counter[str], zone: str) -> None:
        self._layout = layout
        self._skipped = skipped
        self._zone = zone
        self._header_due = layout.has_header
        self._part = 0
        self._latest = times.BAD  # the latest time so far
        self._header_came_again = False
        # Latency shows other samplers' rows where the URL can't.
        extra = EXTRA[:-1] if "URL" in layout.columns else EXTRA
        self._extra = tuple(name for name in extra if name in layout.columns)
        types = {
            **dict.fromkeys((*NUMBER_COLUMNS, LATENCY), "int64"),
            **dict.fromkeys((*TEXT_COLUMNS, OWN_NUMBER, REPLIES, HOST), "category"),
            "success": "bool",
        }
        wanted = {*ROW_COLUMNS, *self._extra}
        self._types = {name: types[name] for name in layout.columns if name in wanted}
        self._row_start = _row_start(layout)
        self._texts = [name for name, kind in self._types.items() if kind == "category"]
        self._whole_rows = WholeRows(layout, skipped)

    def read(self, block: bytes) -> Iterator[Chunk]:
        if self._header_due:
            block = block.lstrip(b" \t\r\n")
            self._header_due = False
            block = block[_first_row_end(block) :]
        if not block or block.isspace():
            return
        try:
            frame = self._fast(block)
        except (ValueError, OverflowError):  # pandas' ParserError is a ValueError
            yield from self._slow(block)
            return
        stamps, unit = times.in_milliseconds(frame["timeStamp"].to_numpy())
        if not times.plausible(stamps).all() or times.rounded(stamps):
            yield from self._slow(block)
            return
        if unit:
            frame["timeStamp"] = stamps.astype(np.int64)
        yield self._chunk(complete(frame, self._extra), note=unit)

    def _fast(self, block: bytes) -> pd.DataFrame:
        if not block.endswith(b"\n"):  # a last line without its end: only the slow way sees if it is whole
            raise ValueError
        frame = self._parsed(block, self._types)
        for name in self._texts:
            column = frame[name].cat
            # pandas takes texts that all look like numbers or booleans for such
            if column.categories.dtype.kind in "iufb":
                frame[name] = self._as_texts(block, name, column)
        if self._swallows_rows(block, len(frame)) or self._has_more_values(block, len(frame)):
            raise ValueError
        return frame

    def _has_more_values(self, block: bytes, rows: int) -> bool:
        """Return whether rows have values behind the last column, which pandas leaves out silently."""
        delimiter = self._layout.delimiter.encode()
        most = rows * (len(self._layout.columns) - 1)
        more = block.count(delimiter) - most
        return more > 0 and more > b'"'.join(block.split(b'"')[1:-1:2]).count(delimiter)

    def _swallows_rows(self, block: bytes, rows: int) -> bool:
        """Return whether a quote that is never closed has made one row of several."""
        return block.count(b"\n") > rows and len(self._row_start.findall(block)) >= rows

    def _parsed(self, block: bytes, types: dict[str, str]) -> pd.DataFrame:
        with np.errstate(invalid="ignore"):  # a number beyond its type makes the cast complain
            return self._read_csv(block, types)

    def _read_csv(self, block: bytes, types: dict[str, str]) -> pd.DataFrame:
        return pd.read_csv(
            io.BytesIO(block),
            sep=self._layout.delimiter,
            header=None,
            names=list(self._layout.columns),
            usecols=list(types),
            dtype=types,
            engine="c",
            na_filter=False,
            index_col=False,
            encoding="utf-8",
            encoding_errors="replace",
            low_memory=False,  # a block is small enough to be parsed at once, which is a tenth faster
        )

    def _as_texts(self, block: bytes, name: str, column: Any) -> pd.Series[Any]:
        numbers = column.categories
        status = name == "responseCode" and numbers.dtype.kind == "i" and 100 <= numbers.min() <= 9999
        if status or name in (OWN_NUMBER, REPLIES):
            return column.rename_categories(numbers.astype(str))  # type: ignore[no-any-return]
        return self._parsed(block, {name: "str"})[name].astype("category")

    def _chunk(self, frame: pd.DataFrame, *, assumed: bool = False, note: str = "") -> Chunk:
        if len(frame):
            self._latest = max(self._latest, int(frame["timeStamp"].max()))
        notes = (note,) if note else ()
        repaired, self._whole_rows.repaired = +self._whole_rows.repaired, collections.Counter()
        columns = frozenset(self._layout.columns)
        return Chunk(frame, self._part, columns, notes, zone_assumed=assumed, repaired=repaired)

    def _slow(self, block: bytes) -> Iterator[Chunk]:
        text = block.decode("utf-8", errors="replace")
        columns: dict[str, list[str]] = {name: [] for name in self._types}
        places = [(column, self._layout.columns.index(name)) for name, column in columns.items()]
        for row in self._whole_rows.rows(self._parsed_rows(text)):
            if row[0].strip() == self._layout.columns[0] and row[-1].strip() == self._layout.columns[-1]:
                self._skipped[HEADER_AGAIN] += 1
                yield from self._collected(columns)
                for column in columns.values():
                    column.clear()
                self._header_came_again = True
                continue
            for column, place in places:
                column.append(row[place])
        yield from self._collected(columns)

    def _parsed_rows(self, text: str) -> Iterator[list[str]]:
        csv.field_size_limit(2**30)
        reader = csv.reader(self._records(text), delimiter=self._layout.delimiter)
        while True:
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error:
                self._skipped["no CSV"] += 1

    def _records(self, text: str) -> Iterator[str]:
        """Yield the lines of each row as one text; a row whose quote is never closed is left out.

        Such a quote would take in all rows up to the next quote: a line within quotes that looks like a row
        is one.
        """
        row, quotes = "", 0
        for line in io.StringIO(text, newline="\n"):
            if quotes % 2 and self._row_start.match(b"\n" + line[:200].encode()):
                self._skipped[OPEN_QUOTE] += 1
                row, quotes = "", 0
            row += line
            quotes += line.count('"')
            if quotes % 2 == 0:
                yield row
                row, quotes = "", 0
        if row:
            yield row

    def _collected(self, columns: dict[str, list[str]]) -> Iterator[Chunk]:
        if not columns["timeStamp"]:
            return
        frame, assumed, note = from_texts(
            columns, extra=self._extra, zone=self._zone, skipped=self._skipped, after=self._latest
        )
        if not len(frame):
            return
        if self._header_came_again:
            # Files put one after the other, or only a stray line? Their times decide.
            self._header_came_again = False
            timed = frame["timeStamp"][frame["timeStamp"] > 0]
            if len(timed) and int(timed.iloc[0]) < self._latest - _AGAIN_MS:
                self._part += 1
        yield self._chunk(frame, assumed=assumed, note=note)


def _row_start(layout: layouts.Layout) -> re.Pattern[bytes]:
    """Return how a row begins: behind a line end a time, and in JMeter's order a duration."""
    if layout.columns[:2] != ("timeStamp", "elapsed"):
        return re.compile(rb"(?!)")
    delimiter = re.escape(layout.delimiter.encode())
    time = rb"(?:\d{10,19}|0|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T][\d:.,+Z-]+)"
    return re.compile(rb'\n"?' + time + b'"?' + delimiter + b'"?-?\\d+"?' + delimiter)


def _first_row_end(block: bytes) -> int:
    end = -1
    while True:
        end = block.find(b"\n", end + 1)
        if end < 0:
            return len(block)
        if block.count(b'"', 0, end) % 2 == 0:
            return end + 1
