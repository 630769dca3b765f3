"""A lock between processes: a file that the system locks, and lets go of when its holder dies."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[Any]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: IO[Any]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextlib.contextmanager
def locked(path: Path, *, on_wait: Callable[[], None] | None = None, poll_s: float = 0.2) -> Iterator[None]:
    """Hold the lock file `path`; wait for whoever has it.

    There is no stale lock: the system releases it when its holder ends, however that happens. The file itself
    stays, since to delete it would let a third process lock a new file while a second waits on the old one.

    Args:
        path: the lock's file; its folder is made when missing.
        on_wait: called once, before the first wait.
        poll_s: seconds between two tries.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        told = False
        while not _try_lock(file):
            if on_wait and not told:
                on_wait()
                told = True
            time.sleep(poll_s)
        yield
