"""The C library's memory: what chunks of rows free is kept for the next chunk.

glibc hands each large block back to the system as soon as it is freed (mallopt(3), M_MMAP_THRESHOLD and
M_TRIM_THRESHOLD), and the system gives and zeroes its pages anew for the next chunk: a quarter of an
analysis' CPU time, measured (benchmarks/stages.py at 5 million rows).
"""

from __future__ import annotations

import contextlib
import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1  # malloc.h
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGEST: Final = 32 * 2**20  # bytes: the highest threshold that every glibc takes
_COLUMN: Final = 4 * 2**20
_KEPT: Final = 256 * 2**20


def keep_freed() -> None:
    """Keep freed memory in this process for the next chunk of rows; without glibc nothing changes."""
    _glibc("mallopt", _MMAP_THRESHOLD, _LARGEST)
    _glibc("mallopt", _TRIM_THRESHOLD, _KEPT)
    _glibc("mallopt", _ARENA_MAX, 1)  # else each thread keeps what it freed for itself


def give_back() -> None:
    """Give the system what is free, when the last chunk has been read; without glibc nothing changes.

    From now on whole columns of millions of rows, used once each, go back to it as soon as they are free.
    """
    _glibc("malloc_trim", 0)
    _glibc("mallopt", _MMAP_THRESHOLD, _COLUMN)


def _glibc(function: str, *arguments: int) -> None:
    # Another system has no such library, another C library no such function.
    with contextlib.suppress(OSError, TypeError, AttributeError):
        getattr(ctypes.CDLL(None), function)(*arguments)
