"""Where a log's clock was set within a run: NTP that steps it, or a wall clock that goes to summer time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Stretch = tuple[float, Mask]  # from which moment on, and which of the connections are in it

_SLACK_MS: Final = 100.0  # what a clock may run off within a run without being set
_LEAST_MS: Final = 250.0  # the least step that is one; NTP sets a clock from 128 ms on
_FEW: Final = 5  # connections that make a stretch
_SMALL: Final = 0.02  # and this share of all, where there are many
_MOST: Final = 3  # divisions in a row
_SHARE: Final = 0.75  # of the connections that all stretches together must explain


def stretches(at: Floats, low: Floats, high: Floats, least_ms: float = 0.0) -> list[Stretch]:
    """Return the stretches of a run in which a log's clock stood still to JMeter's; one where it never moved.

    Args:
        at: when each connection was asked for, by JMeter's clock.
        low: the least offset that each connection allows.
        high: the largest.
        least_ms: what the log's resolution hides.
    """
    everything = np.ones(len(at), np.bool_)
    found = _joined(_divide(at, low, high, everything, _MOST), low, high, max(least_ms, _LEAST_MS))
    few = max(_FEW, _SMALL * len(at))
    if (
        sum(int(_fitting(low[mine], high[mine])[1].sum()) for mine in found) < _SHARE * len(at)
        or min(int(mine.sum()) for mine in found) < few
    ):
        found = [everything]
    begins = [-math.inf, *(float(at[mine].min()) for mine in found[1:])]
    return list(zip(begins, found, strict=True))


def explained(low: Floats, high: Floats, slack_ms: float) -> int:
    """Return how many connections one offset explains."""
    return int(_fitting(low, high, slack_ms)[1].sum())


def _divide(at: Floats, low: Floats, high: Floats, mine: Mask, steps: int) -> list[Mask]:
    """Divide connections, in the order of time, where those that one offset explains end or begin."""
    order = np.flatnonzero(mine)[np.argsort(at[mine], kind="stable")]
    fits = _fitting(low[order], high[order])[1]
    if not steps or len(fits) - fits.sum() < _FEW:
        return [mine]
    balance = np.cumsum(np.where(fits, 1, -1))
    # The most on one side less the most on the other: there the fitting and the others part.
    last = int(np.argmax(np.abs(2 * balance - balance[-1])))
    sides = order[: last + 1], order[last + 1 :]
    if not len(sides[1]):
        return [mine]
    return [part for side in sides for part in _divide(at, low, high, _mask(side, len(at)), steps - 1)]


def _joined(parts: list[Mask], low: Floats, high: Floats, least_ms: float) -> list[Mask]:
    """Join neighbours whose offsets are the same, or nearly so."""
    found = parts[:1]
    for part in parts[1:]:
        before, after = (_fitting(low[mine], high[mine])[0] for mine in (found[-1], part))
        if abs(after - before) < least_ms:
            found[-1] = found[-1] | part
        else:
            found.append(part)
    return found


def _mask(places: NDArray[np.int64], size: int) -> Mask:
    mask = np.zeros(size, np.bool_)
    mask[places] = True
    return mask


def _fitting(low: Floats, high: Floats, slack_ms: float = _SLACK_MS) -> tuple[float, Mask]:
    """Return the offset that most connections allow, and which ones do."""
    if not len(low):
        return math.nan, np.zeros(0, np.bool_)
    low, high = low - slack_ms, high + slack_ms
    # Going up, each connection's least offset adds it, and its largest takes it away.
    ends = np.concatenate([low, high])
    order = np.lexsort((np.repeat([0, 1], len(low)), ends))
    depth = np.cumsum(np.repeat([1, -1], len(low))[order])
    deepest = int(np.argmax(depth))
    offset = float(ends[order[deepest]])
    if deepest + 1 < len(order):
        offset = (offset + float(ends[order[deepest + 1]])) / 2
    return offset, (low <= offset) & (offset <= high)
