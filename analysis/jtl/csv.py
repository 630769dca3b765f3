"""JMeter's CSV results as chunks of typed rows.

Each block of whole rows is read by pandas with its types given. A block in which any value has another form (a torn
line, a header in the middle, a stray quote) is read again as text, row by row: what can't be read is counted.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from jmxgen.analysis.jtl import layout as layouts
from jmxgen.analysis.jtl import times
from jmxgen.analysis.jtl.chunk import NUMBER_COLUMNS, TEXT_COLUMNS, Chunk, complete, from_texts
from jmxgen.analysis.jtl.source import Source, blocks
from jmxgen.analysis.model import OWN_COLUMNS, ROW_COLUMNS

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

_BYTES_A_ROW: Final = (
    50  # half of a usual row: a block is read by its bytes, and is rather too short than too long
)
_HEADER_AGAIN: Final = "the header again"
_EXTRA: Final = ("Latency", *OWN_COLUMNS)


def read(source: Source, *, rows: int, skipped: Counter[str], zone: str = "UTC") -> Iterator[Chunk]:
    """Yield the rows of a CSV file.

    Args:
        source: the file, at its beginning.
        rows: about so many rows a chunk.
        skipped: gets, by reason, the number of rows that can't be read.
        zone: the zone of formatted time stamps.

    Raises:
        ResultError: the file is no CSV file of JMeter's.
    """
    layout = layouts.tell(source.text, source.path)
    reader = _Reader(layout, skipped, zone)
    for block in blocks(source.read, rows * _BYTES_A_ROW, skipped):
        yield from reader.read(block)


class _Reader:
    """Turns the blocks of one file into chunks; knows which part of the file it is in."""

    def __init__(self, layout: layouts.Layout, skipped: Counter[str], zone: str) -> None:
        self._layout = layout
        self._skipped = skipped
        self._zone = zone
        self._header_due = layout.has_header
        self._part = 0
        self._latest = times.BAD  # the latest time so far
        self._extra = tuple(name for name in layout.columns if name in OWN_COLUMNS)
        wanted = {*ROW_COLUMNS, *self._extra}
        if "URL" not in layout.columns:
            wanted.add("Latency")  # tells other samplers' rows where the URL can't
        self._wanted = [name for name in layout.columns if name in wanted]
        if "Latency" in self._wanted:
            self._extra = (*self._extra, "Latency")
        self._types = self._column_types()
        self._text_columns = [name for name, kind in self._types.items() if kind == "category"]

    def _column_types(self) -> dict[str, str]:
        types = {name: "int64" for name in NUMBER_COLUMNS if name in self._wanted}
        types |= {name: "category" for name in (*TEXT_COLUMNS, *self._extra) if name in self._wanted}
        if "success" in self._wanted:
            types["success"] = "bool"
        return types

    def read(self, block: bytes) -> Iterator[Chunk]:
        if self._header_due:
            block = block.lstrip(b" \t\r\n")
            self._header_due = False
            block = block[_first_row_end(block) :]
        if not block.strip():
            return
        try:
            frame = self._fast(block)
        except (ValueError, OverflowError):  # pandas' ParserError is a ValueError
            yield from self._slow(block)
            return
        yield self._chunk(complete(frame, self._extra))

    def _fast(self, block: bytes) -> pd.DataFrame:
        if not block.endswith(b"\n"):  # a last line without its end: only the slow way sees if it is whole
            raise ValueError
        frame = self._parsed(block, self._types)
        for name in self._text_columns:
            column = frame[name].cat
            if (
                column.categories.dtype.kind in "iufb"
            ):  # pandas takes texts that all look like numbers for numbers
                frame[name] = self._texts_again(block, name, column)
        return frame

    def _parsed(self, block: bytes, types: dict[str, str]) -> pd.DataFrame:
        return pd.read_csv(
            io.BytesIO(block),
            sep=self._layout.delimiter,
            header=None,
            names=list(self._layout.columns),
            usecols=list(types),
            dtype=types,  # type: ignore[arg-type]
            engine="c",
            na_filter=False,
            index_col=False,
            encoding="utf-8",
            encoding_errors="replace",
            low_memory=True,
        )

    def _texts_again(self, block: bytes, name: str, column: Any) -> pd.Series[str]:
        numbers = column.categories
        if (
            name == "responseCode"
            and numbers.dtype.kind == "i"
            and numbers.min() >= 100
            and numbers.max() <= 9999
        ):
            return column.rename_categories(numbers.astype(str))  # type: ignore[no-any-return]
        return self._parsed(block, {name: "str"})[name].astype("category")

    def _chunk(self, frame: pd.DataFrame, *, assumed: bool = False) -> Chunk:
        if len(frame):
            self._latest = max(self._latest, int(frame["timeStamp"].max()))
        return Chunk(frame, self._part, assumed)

    def _slow(self, block: bytes) -> Iterator[Chunk]:
        text = block.decode("utf-8", errors="replace")
        columns: dict[str, list[str]] = {name: [] for name in self._wanted}
        places = [(columns[name], self._layout.columns.index(name)) for name in self._wanted]
        for row in self._whole_rows(text):
            if row[0].strip() == self._layout.columns[0] and row[-1].strip() == self._layout.columns[-1]:
                self._skipped[_HEADER_AGAIN] += 1
                yield from self._texts(columns)
                for column in columns.values():
                    column.clear()
                self._header_due = False
                self._pending_part = True
                continue
            for column, place in places:
                column.append(row[place])
        yield from self._texts(columns)

    _pending_part = False

    def _whole_rows(self, text: str) -> Iterator[list[str]]:
        width = len(self._layout.columns)
        csv.field_size_limit(2**30)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._layout.delimiter)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self._skipped["no CSV"] += 1
                continue
            if len(row) == width:
                yield row
            elif row and any(field.strip() for field in row):
                self._skipped["too few columns" if len(row) < width else "too many columns"] += 1

    def _texts(self, columns: dict[str, list[str]]) -> Iterator[Chunk]:
        if not columns["timeStamp"]:
            return
        frame, assumed = from_texts(columns, extra=self._extra, zone=self._zone, skipped=self._skipped)
        if not len(frame):
            return
        if self._pending_part:
            # After a header in the middle: files put one after the other, or only a stray line? Time tells.
            self._pending_part = False
            timed = frame["timeStamp"][frame["timeStamp"] > 0]
            if len(timed) and int(timed.iloc[0]) < self._latest - 1000:
                self._part += 1
        yield self._chunk(frame, assumed=assumed)


def _first_row_end(block: bytes) -> int:
    end = -1
    while True:
        end = block.find(b"\n", end + 1)
        if end < 0:
            return len(block)
        if block.count(b'"', 0, end) % 2 == 0:
            return end + 1
