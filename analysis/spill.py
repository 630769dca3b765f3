"""Columns too long for memory: they lie in files, and only the pages in use are in memory.

The files have no name, in the folder that TMPDIR sets: nothing is left behind, however the process ends.
Where that folder is itself in memory (a tmpfs), little is gained, and TMPDIR should name another. Where it
has no room, or the system can't do so, columns stay in memory: no result depends on where they lie.
"""

from __future__ import annotations

import contextlib
import functools
import mmap
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd

from jmxgen.analysis import memory, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import DTypeLike, NDArray

    Column = NDArray[Any]

_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")

LONG: Final = 2**20  # bytes of a column: some 30 of them together are worth files
LARGE: Final = 2**27  # bytes in files: to free what they needed then costs little beside them
PIECE: Final = 2**17  # rows

_mapped: Final[weakref.WeakSet[mmap.mmap]] = weakref.WeakSet()
_mapping: Final = threading.Lock()  # held while that is looked through, or added to


class Growing:
    """A column that grows by pieces: in memory while it is short, then in a file of its own."""

    def __init__(self, kind: DTypeLike) -> None:
        """Start an empty column of a type."""
        self._kind = np.dtype(kind)
        self._pieces: list[Column] = []  # what is not in the file
        self._bytes = 0
        self._file: store.File | None = None
        self._written = 0  # bytes in the file
        self._memory_only = False

    def append(self, values: Column) -> None:
        """Add values at the end."""
        self._pieces.append(values.astype(self._kind, copy=False))
        self._bytes += self._pieces[-1].nbytes
        if self._bytes > LONG and not self._memory_only:
            try:
                self._write()
            except (OSError, AttributeError):  # no room, most likely; another system has no pwrite
                self._take_back()

    def array(self) -> Column:
        """Return the whole column, which grows no more."""
        if self._file is not None:
            try:
                mapped = mmap.mmap(self._file.descriptor, self._written)
            except (OSError, ValueError):  # a file system whose files can't be mapped
                self._take_back()
            else:
                self._file = None
                with _mapping:
                    _mapped.add(mapped)
                return np.frombuffer(mapped, self._kind)  # which keeps the mapping, and that the file
        return np.concatenate(self._pieces or [np.empty(0, self._kind)])

    def _write(self) -> None:
        if self._file is None:
            self._file = store.File.new()
        for piece in self._pieces:
            self._file.write(np.ascontiguousarray(piece).view(np.uint8).data)
        self._pieces, self._written = [], self._bytes

    def _take_back(self) -> None:
        if self._file is not None:
            written = store.Stored(self._file, 0, self._kind, self._written // self._kind.itemsize)
            self._pieces.insert(0, written[:].copy())
        self._file, self._memory_only = None, True


def kept(found: _Found) -> _Found:
    """Return the same array, or frame, in files where it is too long for memory; all else as it is."""
    if isinstance(found, np.ndarray):
        column = Growing(found.dtype)
        column.append(found)
        return cast("_Found", column.array())
    if isinstance(found, pd.DataFrame):
        columns = {name: kept(column.to_numpy()) for name, column in found.items()}
        return cast("_Found", pd.DataFrame(columns, index=found.index, copy=False))
    return found


def keeping(work: Callable[_Asked, _Found]) -> Callable[_Asked, _Found]:
    """Let a function return its result as `kept` does, and leave nothing in memory of what it looked at."""

    @functools.wraps(work)
    def found(*args: _Asked.args, **named: _Asked.kwargs) -> _Found:
        result = kept(work(*args, **named))
        tidy()
        return result

    return found


def drop() -> None:
    """Take the pages of all columns that lie in files out of memory: what is used again comes back."""
    for file in _files():
        with contextlib.suppress(AttributeError, OSError, ValueError):  # a system that has no such advice
            file.madvise(mmap.MADV_DONTNEED)


def tidy() -> None:
    """Drop all pages; where columns are very long, give the system what was freed as well."""
    drop()
    if sum(map(len, _files())) > LARGE:
        memory.give_back()


def _files() -> list[mmap.mmap]:
    with _mapping:
        return list(_mapped)


def pieces(length: int) -> Iterator[slice]:
    """Yield the places of so many rows, piece by piece; what was read before goes out of memory."""
    for begin in range(0, max(length, 1), PIECE):
        drop()
        yield slice(begin, min(begin + PIECE, length))
    drop()


def by_pieces(length: int, work: Callable[[slice], Column]) -> Column:
    """Return what `work` tells of so many rows, each by itself: asked of a piece at a time."""
    column: Growing | None = None
    for piece in pieces(length):
        found = work(piece)
        column = column or Growing(found.dtype)
        column.append(found)
    assert column is not None
    return column.array()


def frame_by_pieces(frame: pd.DataFrame, work: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Return `work(frame)`, index aside, for a work that looks at each row by itself."""
    columns: dict[Any, Growing] = {}
    for piece in pieces(len(frame)):
        for name, column in work(frame.iloc[piece]).items():
            values = column.to_numpy()
            columns.setdefault(name, Growing(values.dtype)).append(values)
    return pd.DataFrame({name: column.array() for name, column in columns.items()}, copy=False)
