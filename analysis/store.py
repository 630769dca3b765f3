"""Arrays too many for memory, one after the other in a file that the processes of one machine may share.

The file has no name: nothing is left of it, however a process ends. Small parts of an array are used, so they
are read; `jmxgen.analysis.spill` maps such files. Importing this loads no numpy: a file to share is made
before the processes that share it.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
import weakref
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import SpawnContext
    from multiprocessing.synchronize import Lock

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]

LEAST: Final = 4 * 2**20  # bytes: fewer stay in memory

_numbers: Final = itertools.count()
_shared: Final[weakref.WeakValueDictionary[tuple[int, int], File]] = weakref.WeakValueDictionary()
_given: list[File] = []  # the file that this process was given to write to


class File:
    """A file without a name, written at its end and read anywhere."""

    def __init__(self, descriptor: int, lock: Lock | threading.Lock, name: tuple[int, int] | None) -> None:
        self.descriptor = descriptor
        self.lock = lock  # held while something is written
        self.name = name  # by which the processes that share it know it
        weakref.finalize(self, os.close, descriptor)
        if name is not None:
            _shared[name] = self

    @classmethod
    def new(cls, context: SpawnContext | None = None) -> File:
        """Make one; with a context, to be shared with its processes.

        Raises:
            OSError: there is no folder for it.
        """
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
        if context is None:
            return cls(descriptor, threading.Lock(), None)
        return cls(descriptor, context.Lock(), (os.getpid(), next(_numbers)))

    def write(self, data: bytes | memoryview) -> int:
        """Write bytes and return their place.

        Raises:
            OSError: there is no room for them.
        """
        with self.lock:
            place = end = os.fstat(self.descriptor).st_size
            while data:
                written = os.pwrite(self.descriptor, data, end)
                data, end = data[written:], end + written
        return place


class Stored:
    """An array in a file: each slice of it is read when it is asked for."""

    def __init__(self, file: File, place: int, kind: np.dtype[Any], length: int) -> None:
        self.file, self.place, self.kind, self.length = file, place, kind, length

    def __len__(self) -> int:
        """Return the number of values."""
        return self.length

    def __getitem__(self, places: slice) -> Array:
        """Return the values from one place up to another, which can't be written to."""
        import numpy as np

        begin, end, _ = places.indices(self.length)
        size = self.kind.itemsize
        data = os.pread(self.file.descriptor, max(end - begin, 0) * size, self.place + begin * size)
        return np.frombuffer(data, self.kind)

    def __reduce__(self) -> tuple[Callable[..., Array], tuple[Array]]:
        """Travel as an array, to where the file is not."""
        import numpy as np

        return np.asarray, (self[:],)


class Store:
    """Keeps arrays: the first in memory, those beyond `LEAST` bytes in a file."""

    def __init__(self) -> None:
        self._bytes = 0
        self._file: File | None = None

    def put(self, values: Array) -> Array | Stored:
        """Keep an array; return what gives its slices. Where a file has no room it stays in memory."""
        self._bytes += values.nbytes
        if self._bytes <= LEAST and not _given:
            return values
        try:
            if self._file is None:
                self._file = _given[0] if _given else File.new()
            return Stored(self._file, self._file.write(values.tobytes()), values.dtype, len(values))
        except (OSError, AttributeError):  # another system has no pwrite
            return values

    def __reduce__(self) -> tuple[type[Store], tuple[()]]:
        """Travel as an empty one: what it keeps, others hold."""
        return Store, ()


def write_to(file: File | None) -> None:
    """Let all stores of this process write to a file that it was given, from the first byte on."""
    _given[:] = [file] if file is not None else []


# A shared file's descriptor travels when a process is started, then only the places of what the file holds.
# (A descriptor can travel later as well, but through a socket that has a name, which a kill leaves behind.)
def _share(file: File) -> tuple[Callable[..., File], tuple[Any, ...]]:
    from multiprocessing.reduction import DupFd

    return _received, (DupFd(file.descriptor), file.lock, file.name)


def _received(descriptor: Any, lock: Lock, name: tuple[int, int]) -> File:
    return File(descriptor.detach(), lock, name)


def _place(stored: Stored) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    if stored.file.name is None:
        return stored.__reduce__()
    return _found, (stored.file.name, stored.place, stored.kind, stored.length)


def _found(name: tuple[int, int], place: int, kind: np.dtype[Any], length: int) -> Stored:
    return Stored(_shared[name], place, kind, length)


ForkingPickler.register(File, _share)
ForkingPickler.register(Stored, _place)
