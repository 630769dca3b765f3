"""Times in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def order(times: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return where each time in order stands: equal ones as they came, NaN last."""
    return np.argsort(times, kind="stable")


def in_order(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the times in order, NaN last."""
    return np.sort(times)
