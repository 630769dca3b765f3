"""The C library's memory: what chunks of rows free is kept for the next chunk.

glibc hands each large block back to the system as soon as it is freed (mallopt(3), M_MMAP_THRESHOLD and
M_TRIM_THRESHOLD), and the system gives and zeroes its pages anew for the next chunk: a quarter of an
analysis' CPU time, measured (benchmarks/stages.py at 5 million rows).
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Final

_TRIM_THRESHOLD: Final = -1  # malloc.h
_MMAP_THRESHOLD: Final = -3
_LARGEST: Final = 32 * 2**20  # bytes: the highest threshold that every glibc takes
_KEPT: Final = 256 * 2**20


def keep_freed() -> None:
    """Keep freed memory in this process for the next chunk of rows; without glibc nothing changes."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):  # another C library has no mallopt, or ignores it
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGEST)
        mallopt(_TRIM_THRESHOLD, _KEPT)
