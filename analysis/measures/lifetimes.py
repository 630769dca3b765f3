"""How long connections lived, and how long they were idle: as intervals, for an end is only noticed later.

A lost connection ended in (end_after, noticed_at]; that whole interval is carried on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jmxgen.analysis.measures.closures import is_closure

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TIMES: Final = ("opened_at", "last_alive_at", "noticed_at", "end_after")


def ages(connections: pd.DataFrame) -> pd.DataFrame:
    """Return how long connections lived: those that were lost, and those that were not.

    Returns:
        One row an opened connection: low and high (ms since the open; a lost connection ended in (low, high],
        any other was alive at low and high is +inf) and closure (bool).
    """
    opened = connections.loc[connections["opened_at"].notna(), ["end", *_TIMES]]
    born = opened["opened_at"].to_numpy(np.float64)
    lost = is_closure(opened, "data")
    low, high = _end_interval(opened, lost)
    return pd.DataFrame(
        {"low": np.maximum(low - born, 0), "high": np.maximum(high - born, 0), "closure": lost}
    )


def idles(connections: pd.DataFrame) -> pd.DataFrame:
    """Return the time without a frame before each loss, and the longest such time survived.

    Returns:
        One row an opened connection: low and high (ms since the last frame; NaN where it was not lost),
        survived (the longest time without a frame that it lived through) and closure (bool).
    """
    opened = connections.loc[
        connections["opened_at"].notna(), ["end", *_TIMES, "last_frame_at", "longest_idle"]
    ]
    lost = is_closure(opened, "data")
    last = opened["last_frame_at"].fillna(opened["opened_at"]).to_numpy(np.float64)
    low, high = _end_interval(opened, lost)
    survived = opened["longest_idle"].fillna(0).to_numpy(np.float64)
    return pd.DataFrame(
        {
            "low": np.where(lost, np.maximum(low - last, 0), np.nan),
            "high": np.where(lost, np.maximum(high - last, 0), np.nan),
            "survived": survived,
            "closure": lost,
        }
    )


def _end_interval(
    opened: pd.DataFrame, lost: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (end_after, noticed_at) of the lost; (last seen alive, +inf) of the others."""
    alive = opened["last_alive_at"].fillna(opened["opened_at"]).to_numpy(np.float64)
    noticed = opened["noticed_at"].to_numpy(np.float64)
    after = opened["end_after"].to_numpy(np.float64)
    after = np.where(np.isnan(after), alive, after)
    seen = np.fmax(alive, np.where(np.isnan(noticed), alive, noticed))  # a close that was answered
    return np.where(lost, after, seen), np.where(lost, noticed, np.inf)
