"""A results file as bytes: opened, unpacked, and cut into blocks of whole rows."""

from __future__ import annotations

import contextlib
import os
import stat
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

import numpy as np

from jmxgen.analysis.jtl.unpack import Unpacked
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

MOST_UNPACKED: Final = 2**30  # bytes; a file that unpacks to more,
MOST_RATIO: Final = (
    250  # and to so much more than its size, is not a results file: rows differ in their times
)
HEAD: Final = 64 * 1024  # bytes looked at to see what a file is
LONGEST_ROW: Final = 8 * 1024 * 1024  # a row that has not ended by then has an open quote
OPEN_QUOTE: Final = "a quote that is never closed"
PACKED: Final = b"\x1f\x8b"  # a gzip file
_PACKED_OTHERWISE: Final = {
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
    PACKED: "gzip twice",
}
_QUOTE: Final = ord('"')
_BOM: Final = b"\xef\xbb\xbf"


class Source:
    """An open results file: `read` gives its unpacked bytes in order.

    What is appended to a plain file while it is read is left out: a reader may never catch up with it.
    """

    def __init__(self, path: Path | str, raw: IO[bytes], stream: IO[bytes] | Unpacked) -> None:
        self.path = path
        self._end = size(path) if stream is raw else 0  # 0 where that is unknown
        self._raw = raw
        self._stream = stream
        self._unpacked = 0
        self.head = b""
        while len(self.head) < HEAD and (more := self._read(HEAD - len(self.head))):
            self.head += more
        self._pending = self.head.removeprefix(_BOM)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, nothing at the end.

        Raises:
            ResultError: the file can't be read, or is not a complete gzip file.
        """
        if self._pending:
            found, self._pending = self._pending[:size], self._pending[size:]
            return found
        return self._read(size)

    def _read(self, size: int) -> bytes:
        data = self._unpack(size)
        self._unpacked += len(data)
        if self._unpacked > max(MOST_UNPACKED, MOST_RATIO * self.position):
            raise ResultError("unpacks to more than results can be", place=Place(self.path), hint="a bomb?")
        return data

    def _unpack(self, size: int) -> bytes:
        size = min(size, max(self._end - self.position, 0)) if self._end else size
        try:
            return self._stream.read(size)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise ResultError(f"can't be read: {why}", place=Place(self.path)) from error
        except zlib.error as error:
            raise ResultError(f"can't be unpacked: {error}", place=Place(self.path)) from error

    @property
    def damaged(self) -> bool:
        """Whether the file is a gzip file of which a part can't be unpacked, as far as it has been read."""
        return isinstance(self._stream, Unpacked) and self._stream.damaged

    @property
    def position(self) -> int:
        """Bytes of the file on disk that have been read."""
        return self._raw.tell()

    @property
    def text(self) -> str:
        """The first characters of the file, without what a text file may start with."""
        if self.head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return self.head.decode("utf-16", errors="replace").lstrip()
        return self.head.removeprefix(_BOM).decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n\0")


@contextlib.contextmanager
def opened(path: Path | str) -> Iterator[Source]:
    """Open a results file, gzip or plain.

    Args:
        path: a file; as text, a URL that fsspec knows.

    Raises:
        ResultError: it can't be opened, is not a regular file, or is empty.
    """
    place = Place(path)
    try:
        with _remote(path) if isinstance(path, str) else _local(path, place) as raw:
            packed = raw.read(2) == PACKED
            raw.seek(0)
            source = Source(path, raw, Unpacked(raw) if packed else raw)
            if not source.head.strip(b"\0 \t\r\n"):
                raise ResultError("is empty: JMeter wrote no row", place=place)
            if kind := _packed_otherwise(source.head):
                raise ResultError(f"is packed with {kind}", place=place, hint="unpack it first")
            yield source
    except OSError as error:
        hint = "check the path" if isinstance(error, FileNotFoundError) else None
        raise ResultError(f"can't be read: {error.strerror or error}", place=place, hint=hint) from error


def _packed_otherwise(head: bytes) -> str:
    return next((kind for mark, kind in _PACKED_OTHERWISE.items() if head.startswith(mark)), "")


def _local(path: Path, place: Place) -> IO[bytes]:
    mode = path.stat().st_mode  # of what a link leads to
    if stat.S_ISDIR(mode):
        raise ResultError("is a folder, not a results file", place=place)
    if not stat.S_ISREG(mode):
        raise ResultError("is not a regular file", place=place, hint="write a pipe to a file first")
    return path.open("rb")


def _remote(url: str) -> IO[bytes]:
    try:
        import fsspec  # type: ignore[import-untyped]
    except ImportError as error:
        raise ResultError(
            "is a URL, which needs fsspec", place=Place(url), hint="pip install 'jmxgen[dask]'"
        ) from error
    try:
        return cast("IO[bytes]", fsspec.open(url, "rb").open())
    except (ImportError, ValueError) as error:  # a protocol that nobody knows, or whose package is missing
        raise ResultError(f"can't be opened: {error}", place=Place(url)) from error


def size(path: Path | str) -> int:
    """Return the file's bytes on disk, 0 where that is unknown."""
    if isinstance(path, str):
        return 0
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0


def blocks(read: Callable[[int], bytes], block_bytes: int, skipped: Counter[str]) -> Iterator[bytes]:
    """Cut the bytes of a CSV file into blocks that end where a row ends, never inside quotes.

    Whether a line end is inside quotes follows from the number of quotes before it, for a quote within quotes
    is written twice. A quote that is never closed is given up after `LONGEST_ROW` bytes: its line is
    skipped.
    """
    rest = b""
    while more := read(max(block_bytes, len(rest), 1)):
        if b"\0" in more:
            more = more.replace(b"\0", b"")
        cut = last_row_end(more, odd=_quotes(rest) % 2 == 1)
        if cut:
            # A block is large: it is copied once, and nothing of it is kept while it is worked on.
            made = [b"".join((rest, memoryview(more)[:cut]))]
            rest = more[cut:]
            del more
            yield made.pop()
            continue
        rest += more
        del more
        if len(rest) > LONGEST_ROW:
            rest = _without_first_line(rest, skipped)
    if rest:
        yield from _tail(rest, skipped)


def last_row_end(data: bytes, *, odd: bool = False) -> int:
    """Return the length of the longest beginning of `data` that ends where a row ends.

    Args:
        data: the bytes.
        odd: they begin inside quotes.
    """
    end = data.rfind(b"\n") + 1
    quotes = _quotes(memoryview(data)[:end]) + odd
    while end and quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end


def _quotes(data: bytes | memoryview) -> int:
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == _QUOTE))  # a quarter of bytes.count's time


def _without_first_line(data: bytes, skipped: Counter[str]) -> bytes:
    skipped[OPEN_QUOTE] += 1
    end = data.find(b"\n") + 1
    return data[end:] if end else b""


def _tail(rest: bytes, skipped: Counter[str]) -> Iterator[bytes]:
    """Yield what follows the last whole row: a line without its end, or the rows around an open quote."""
    while rest and rest.count(b'"') % 2:
        rest = _without_first_line(rest, skipped)
        cut = last_row_end(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest
