"""Columns too long for memory: they lie in files, and only the pages in use are in memory.

The files have no name, in the folder that TMPDIR sets: nothing is left behind, however the process ends.
Where that folder is itself in memory (a tmpfs), little is gained, and TMPDIR should name another. Where it
has no room, or the system can't do so, columns stay in memory: no result depends on where they lie.
"""

from __future__ import annotations

import contextlib
import mmap
import tempfile
import weakref
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    Column = NDArray[Any]

LONG: Final = 2**20  # bytes of a column: some 30 of them together are worth files
PIECE: Final = 2**18  # rows

_mapped: Final[weakref.WeakSet[mmap.mmap]] = weakref.WeakSet()


class Growing:
    """A column that grows by pieces: in memory while it is short, then in a file of its own."""

    def __init__(self, kind: DTypeLike) -> None:
        """Start an empty column of a type."""
        self._kind = np.dtype(kind)
        self._pieces: list[Column] = []  # what is not in the file
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._written = 0  # bytes in the file
        self._memory_only = False

    def append(self, values: Column) -> None:
        """Add values at the end."""
        self._pieces.append(values.astype(self._kind, copy=False))
        self._bytes += self._pieces[-1].nbytes
        if self._bytes > LONG and not self._memory_only:
            try:
                self._write()
            except OSError:  # no room, most likely
                self._take_back()

    def array(self) -> Column:
        """Return the whole column, which grows no more."""
        if self._file is not None:
            try:
                mapped = mmap.mmap(self._file.fileno(), self._written)
            except (OSError, ValueError):  # a file system whose files can't be mapped
                self._take_back()
            else:
                self._file.close()
                _mapped.add(mapped)
                return np.frombuffer(mapped, self._kind)  # which keeps the mapping, and that the file
        return np.concatenate(self._pieces or [np.empty(0, self._kind)])

    def _write(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        for piece in self._pieces:
            rest = np.ascontiguousarray(piece).view(np.uint8).data
            while rest:
                rest = rest[self._file.write(rest) :]
        self._pieces, self._written = [], self._bytes

    def _take_back(self) -> None:
        if self._file is not None:
            self._file.seek(0)
            self._pieces.insert(0, np.frombuffer(self._file.read(self._written), self._kind).copy())
            self._file.close()
        self._file, self._memory_only = None, True


def kept(values: Column) -> Column:
    """Return the same values, in a file where they are too long for memory."""
    column = Growing(values.dtype)
    column.append(values)
    return column.array()


def drop() -> None:
    """Take the pages of all columns that lie in files out of memory: what is used again comes back."""
    for file in list(_mapped):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # a system that has no such advice
            file.madvise(mmap.MADV_DONTNEED)


def pieces(length: int) -> Iterator[slice]:
    """Yield the places of so many rows, piece by piece; what a piece read goes out of memory after it."""
    for begin in range(0, length, PIECE):
        yield slice(begin, min(begin + PIECE, length))
        drop()
