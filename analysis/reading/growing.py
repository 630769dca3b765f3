"""A results file that JMeter is still writing: what it says so far, read piece by piece, each row once."""

from __future__ import annotations

import collections
import io
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.jtl import csv
from jmxgen.analysis.jtl.source import Source, last_row_end
from jmxgen.analysis.reading.files import add_rows, finish
from jmxgen.analysis.reading.tally import Tally
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from pathlib import Path

    from jmxgen.analysis.model import Run

MOST_BYTES: Final = 32 * 2**20  # read at a time: some 300,000 rows


class Growing:
    """The rows of a CSV file that have been written in full."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tally = Tally(files=[str(path)])
        self._skipped: collections.Counter[str] = collections.Counter()
        self._header = b""
        self._read = 0

    @property
    def rows(self) -> int:
        """Rows read so far."""
        return self._tally.rows

    def read(self) -> int:
        """Read what has come since the last time; return the number of new rows.

        A file that does not exist yet has none. A row whose end has not been written waits for the next time.

        Raises:
            ResultError: the file can't be read, or is not CSV.
        """
        before = self._tally.rows
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                piece = file.read(MOST_BYTES)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise ResultError(f"can't be read: {error.strerror or error}", place=Place(self._path)) from error
        piece = piece[: last_row_end(piece)]
        self._read += len(piece)
        if not self._header and piece:
            if piece.lstrip().startswith(b"<"):
                raise ResultError("is XML, which can't be followed as it grows", place=Place(self._path))
            end = piece.index(b"\n") + 1
            self._header, piece = piece[:end], piece[end:]
        if piece:
            self._add(self._header + piece)
        return self._tally.rows - before

    def run(self) -> Run:
        """Return what the rows read so far say, as `reading.read` would of a file that ended here."""
        return finish(self._tally)

    def _add(self, text: bytes) -> None:
        source = Source(self._path, io.BytesIO(text), io.BytesIO(text))
        add_rows(self._tally, csv.read(source, rows=250_000, skipped=self._skipped), str(self._path))
