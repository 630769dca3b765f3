"""Which whole numbers occur in a column: by counting where they lie close together, else by sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_WIDE: Final = 16  # counts a key: to sort it costs about as much
_FEW: Final = 100_000  # so many counts cost no more than to sort a few numbers


def counted(keys: NDArray[np.integer[Any]]) -> tuple[Ints, Ints]:
    """Return the distinct numbers, rising, and how often each occurs."""
    low = _close(keys)
    if low is None:
        found, counts = np.unique(keys, return_counts=True)
        return found.astype(np.int64), counts
    counts = np.bincount(keys - low)
    found = np.flatnonzero(counts)
    return found + low, counts[found]


def numbered(keys: NDArray[np.integer[Any]]) -> tuple[Ints, Ints]:
    """Return the distinct numbers, rising, and for each of the keys the place of its own among them."""
    low = _close(keys)
    if low is None:
        found, places = np.unique(keys, return_inverse=True)
        return found.astype(np.int64), places
    since = keys - low
    found = np.flatnonzero(np.bincount(since))
    place_of = np.zeros(int(found[-1]) + 1, np.int64)
    place_of[found] = np.arange(len(found))
    return found + low, place_of[since]


def _close(keys: NDArray[np.integer[Any]]) -> int | None:
    """Return the least number; None where there is none, or they lie too far apart."""
    if not len(keys):
        return None
    low, high = int(keys.min()), int(keys.max())
    return low if high - low < _WIDE * len(keys) + _FEW else None
