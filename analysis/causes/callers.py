"""Who is refused: callers that never get in, that always do, and that sometimes do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts


@dataclasses.dataclass(frozen=True, kw_only=True)
class RefusedCallers:
    """Attempts and refusals by caller (file and thread)."""

    tried: NDArray[np.int64]
    refused: NDArray[np.int64]
    of: NDArray[np.int64]  # the number of each connection's caller

    @property
    def never_admitted(self) -> NDArray[np.bool_]:
        """Which never got in."""
        return np.asarray(self.refused == self.tried)

    @property
    def never_refused(self) -> NDArray[np.bool_]:
        """Which were never refused."""
        return np.asarray(self.refused == 0)

    @property
    def consistency(self) -> float:
        """How far the outcome follows the caller: 0 as chance would have it, 1 where it alone decides.

        The variance between callers over that of all attempts, less what chance adds (adjusted eta²).
        """
        n, callers = int(self.tried.sum()), len(self.tried)
        p = float(self.refused.sum()) / n if n else 0.0
        whole = n * p * (1 - p)
        if not whole or callers < 2:
            return 0.0
        between = float((self.tried * (self.refused / np.maximum(self.tried, 1) - p) ** 2).sum())
        expected = (callers - 1) * p * (1 - p)
        return float(np.clip((between - expected) / max(whole - expected, 1e-9), 0, 1))


def by_caller(facts: Facts) -> RefusedCallers:
    """Count attempts and refusals by caller."""
    frame = facts.connections
    key = frame["file"].cat.codes.to_numpy(np.int64) * (int(frame["thread"].cat.codes.max() or 0) + 2)
    key += frame["thread"].cat.codes.to_numpy(np.int64)
    _, of = np.unique(key, return_inverse=True)
    size = int(of.max()) + 1 if len(of) else 0
    tried = np.bincount(of, minlength=size)
    refused = np.bincount(of[facts.handshake | facts.client], minlength=size)
    return RefusedCallers(tried=tried, refused=refused, of=of)
