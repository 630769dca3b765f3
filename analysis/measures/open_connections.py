"""How many connections were open at any time.

A connection counts as open from the end of its handshake until its end was *noticed* (closed, lost) or it was
abandoned (leaked). Attempts still in their handshake, and leaked connections that the server may yet hold,
are not open. A connection that is open when the file ends stays open.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def ended_at(connections: pd.DataFrame) -> NDArray[np.float64]:
    """Return when each connection stopped counting as open: ms, +inf where it never did, NaN if never open.

    Lost and closed connections end when that was noticed, leaked ones when last seen alive.
    """
    end = connections["end"]
    opened = connections["opened_at"].to_numpy(np.float64)
    alive = connections["last_alive_at"].to_numpy(np.float64)
    noticed = connections["noticed_at"].to_numpy(np.float64)
    ended = np.where(np.isnan(noticed), alive, noticed)
    ended = np.where(end == "leaked", np.fmin(alive, ended), ended)
    ended = np.where(end == "open", np.inf, ended)
    return np.where(np.isnan(opened), np.nan, np.fmax(ended, opened))


def open_connections(connections: pd.DataFrame) -> OpenConnections:
    """Return how many of the connections (CONNECTION_COLUMNS) were open, to be asked for any time."""
    opened, ended = connections["opened_at"].to_numpy(np.float64), ended_at(connections)
    return OpenConnections(
        opened=np.sort(opened[~np.isnan(opened)]), ended=np.sort(ended[np.isfinite(ended)])
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenConnections:
    """When connections opened and ended: ms since the epoch, each in order."""

    opened: NDArray[np.float64]
    ended: NDArray[np.float64]

    def at(self, times: ArrayLike) -> NDArray[np.int64]:
        """Return how many connections were open just before each time.

        A connection that opens at the very millisecond does not count, nor one that ends in it: a caller who
        closes and opens anew within a millisecond is not counted twice, and a connection's own end is not
        counted at its end.

        Args:
            times: ms since the epoch, any shape; NaN gives 0.
        """
        at = np.asarray(times, np.float64)
        return self._at(at.ravel()).reshape(at.shape)

    def _at(self, at: NDArray[np.float64]) -> NDArray[np.int64]:
        places = np.argsort(at, kind="stable")  # each is then found near the one before: three times as fast
        rising = at[places]
        number = np.empty(len(at), np.int64)
        number[places] = np.searchsorted(self.opened, rising) - np.searchsorted(self.ended, rising, "right")
        return np.where(np.isnan(at), 0, np.maximum(number, 0))

    @property
    def steps(self) -> pd.DataFrame:
        """The number of open connections as a step function.

        Columns at_ms (float64, rising) and open (int64): the number from that moment on.
        """
        at = np.unique(np.concatenate([self.opened, self.ended]))
        number = np.searchsorted(self.opened, at, "right") - np.searchsorted(self.ended, at, "right")
        return pd.DataFrame({"at_ms": at, "open": number.astype(np.int64)})

    @property
    def peak(self) -> int:
        """The largest number of connections that were open at one time."""
        if not len(self.opened):
            return 0
        opened = np.arange(1, len(self.opened) + 1)  # of one millisecond's the last counts all
        return int((opened - np.searchsorted(self.ended, self.opened, "right")).max())
