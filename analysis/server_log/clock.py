"""How far a log's clock is ahead of JMeter's."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.server_log import steps

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# A log may be written in any zone on earth (UTC-12 to UTC+14), and not say so, or say another.
FURTHEST_MS: Final = 15 * 3600_000.0
FURTHEST_ZONE_MS: Final = 14 * 3600_000.0  # UTC+14, seen from either side
DRIFT_MS: Final = 600_000.0  # a clock that nobody sets may be off by so much
ZONE_SLACK_MS: Final = 10_000.0  # and one in another zone by so much besides
QUARTER_MS: Final = 900_000.0  # zones differ by multiples of it
_FINE_MS: Final = 5.0  # width of a bin of the fine search
_NEAR_MS: Final = 3000.0  # the coarse search is right to a second or so
_MOST: Final = 20_000  # lines and attempts looked at in the search


@dataclasses.dataclass(frozen=True, slots=True)
class Offset:
    """An offset in ms, and the interval that it must lie in.

    Where a clock was set within the run the two are of the longest stretch, and `steps` has all: from which
    moment of JMeter's clock on, and the offset in ms.
    """

    ms: float = math.nan
    interval: tuple[float, float] = (math.nan, math.nan)
    steps: tuple[tuple[float, float], ...] = ()

    def at(self, moment: float) -> float:
        """Return the offset at a moment of JMeter's clock."""
        return next((ms for since, ms in reversed(self.steps) if since <= moment), self.ms)

    def of(self, logged: float) -> float:
        """Return the offset of a time in the log: of the stretch that it falls into, if it does."""
        return next((ms for _, ms in self.steps if self.at(logged - ms) == ms), self.ms)

    def nearest(self, logged: float, first: ArrayLike, last: ArrayLike) -> float:
        """Return the offset under which a time in the log is nearest to a span of JMeter's clock."""
        low, high = float(np.ravel(first)[0]), float(np.ravel(last)[0])
        return min(
            (ms for _, ms in self.steps), key=lambda ms: max(low - (logged - ms), logged - ms - high, 0.0)
        )

    @property
    def unsure_ms(self) -> float:
        """How far the true offset may be from this one."""
        return max(self.interval[1] - self.ms, self.ms - self.interval[0])

    def is_a_zone(self) -> bool:
        """Say whether it is what clocks differ by: little, or a time zone that one of them leaves out."""
        if abs(self.ms) <= DRIFT_MS:
            return True
        return abs(self.ms) <= FURTHEST_ZONE_MS and (
            abs(self.ms - round(self.ms / QUARTER_MS) * QUARTER_MS) <= self.unsure_ms + ZONE_SLACK_MS
        )


def from_joined(asked: ArrayLike, attempted: ArrayLike, answered: ArrayLike, resolution_ms: float) -> Offset:
    """Return the offset that joined openings show.

    A request reaches the server after the client began its attempt, and before the client had the answer:
    each connection bounds the offset from both sides, as in NTP. Of those that were answered the soonest the
    estimate is the median of the middles, and the interval is what nearly all (95 %) allow.

    The same holds of ends: they lie after the last sign of life, and before JMeter noticed.

    Args:
        asked: when the log says that the upgrade requests came (or that connections ended).
        attempted: when JMeter began the attempts (or last saw them alive).
        answered: when JMeter had the answers (or noticed the ends).
        resolution_ms: the log writes whole seconds (1000) or milliseconds (1).
    """
    high = np.asarray(asked, np.float64) - np.asarray(attempted, np.float64)
    low = np.asarray(asked, np.float64) - np.asarray(answered, np.float64)
    known = np.isfinite(high) & np.isfinite(low)
    if not known.any():
        return Offset()
    low, high, at = low[known], high[known], np.asarray(attempted, np.float64)[known]
    # A log that writes whole seconds cuts off what is left.
    cut = resolution_ms if resolution_ms > 1 else 0.0
    stretches = steps.stretches(at, low, high + cut, least_ms=2 * cut)
    single = [_estimate(low[mine], high[mine], cut) for _, mine in stretches]
    longest = single[max(range(len(single)), key=lambda n: int(stretches[n][1].sum()))]
    if len(single) == 1:
        return longest
    since = tuple((begin, offset.ms) for (begin, _), offset in zip(stretches, single, strict=True))
    return dataclasses.replace(longest, steps=since)


def _estimate(low: Floats, high: Floats, cut: float) -> Offset:
    # Answers that had to wait bound it badly: the promptest tenth is enough.
    prompt = high - low <= np.quantile(high - low, 0.1)
    middle = float(np.median((low[prompt] + high[prompt]) / 2)) + cut / 2
    lowest = float(np.quantile(low[prompt], 0.95))
    highest = float(np.quantile(high[prompt], 0.05)) + cut
    slack = max(1.0, cut / 2)  # JMeter counts whole milliseconds; a stamp is no better than what it counts in
    # Where a clock drifts the two cross.
    bounds = (min(lowest, highest) - 1, max(lowest, highest) + 1)
    return Offset(middle, (min(bounds[0], middle - slack), max(bounds[1], middle + slack)))


def candidates(points: ArrayLike, attempted: ArrayLike) -> list[float]:
    """Return offsets that points may have to attempts, the simplest first.

    Clocks that agree, a wrong zone, and the offset at which most points fall on attempts: the numbers of both
    in each second are correlated over all offsets, and around the best the differences between single points
    and attempts are counted in bins of a few milliseconds.
    """
    lines, tries = _some(points), _some(attempted)
    if not len(lines) or not len(tries):
        return []
    coarse = _coarse(lines, tries)
    return [0.0, round(coarse / QUARTER_MS) * QUARTER_MS, _fine(lines - coarse, tries) + coarse]


def _some(times: ArrayLike) -> Floats:
    found = np.sort(np.asarray(times, np.float64))
    found = found[np.isfinite(found)]
    return found[:: len(found) // _MOST + 1]


def _coarse(lines: Floats, tries: Floats) -> float:
    from scipy.signal import correlate, correlation_lags

    lines = lines[(lines >= tries[0] - FURTHEST_MS) & (lines <= tries[-1] + FURTHEST_MS)]
    if not len(lines):
        return 0.0
    base = min(lines[0], tries[0])
    logged, tried = (
        np.bincount(((times - base) // 1000).astype(np.int64)).astype(np.float64) for times in (lines, tries)
    )
    alike = correlate(logged, tried, mode="full", method="fft")
    lags = correlation_lags(len(logged), len(tried), mode="full")
    reachable = np.abs(lags) * 1000 <= FURTHEST_MS
    alike, lags = np.round(alike[reachable], 6), lags[reachable]
    best = np.flatnonzero(alike == alike.max())
    return float(lags[best[np.argmin(np.abs(lags[best]))]] * 1000)


def _fine(lines: Floats, tries: Floats) -> float:
    """Return the difference that occurs most often among lines and the attempts near them."""
    first = np.searchsorted(tries, lines - _NEAR_MS)
    last = np.searchsorted(tries, lines + _NEAR_MS, "right")
    differences = np.concatenate(
        [line - tries[low:high] for line, low, high in zip(lines, first, last, strict=True)] or [[]]
    )
    if not len(differences):
        return 0.0
    bins = np.bincount(((differences + _NEAR_MS) // _FINE_MS).astype(np.int64))
    pairs = np.convolve(bins, [1, 1])  # a peak that falls on the border of two bins
    peak = int(np.argmax(pairs))
    return float(peak * _FINE_MS - _NEAR_MS)
