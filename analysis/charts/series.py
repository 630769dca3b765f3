"""What the pictures show, computed from a run's connections and seconds."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import measures, words

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from jmxgen.analysis.model import Analysis, Run

MASS_LOSS: Final = 0.3  # of the open connections, lost at one moment
_WHATEVER_THE_LOAD: Final = ("mass-disconnect", "outage", "denied", "wrong-endpoint")
_TOGETHER_MS: Final = 500.0
# How long a server may hold the slot of a client that went without a word, in seconds.
_HOLDS: Final = (*range(1, 60), *range(60, 300, 5), *range(300, 1800, 30), 1800, 3600, math.inf)


@dataclasses.dataclass(frozen=True)
class Level:
    """A number of connections over time: a step function.

    Attributes:
        at_ms: when it changes, rising.
        number: how many there are from that moment on.
    """

    at_ms: NDArray[np.float64]
    number: NDArray[np.int64]

    @classmethod
    def between(cls, begun: NDArray[np.float64], ended: NDArray[np.float64]) -> Level:
        """Count the intervals [begun, ended); an end may be infinite, a begin NaN where there is none."""
        begun, ended = np.sort(begun[~np.isnan(begun)]), np.sort(ended[np.isfinite(ended)])
        at = np.unique(np.concatenate([begun, ended]))
        number = np.searchsorted(begun, at, "right") - np.searchsorted(ended, at, "right")
        return cls(at, number.astype(np.int64))

    def before(self, times: ArrayLike) -> NDArray[np.int64]:
        """Return how many there were just before each time (ms)."""
        place = np.searchsorted(self.at_ms, np.asarray(times, np.float64), "left")
        return np.where(place > 0, np.append(0, self.number)[place], 0)

    @property
    def peak(self) -> int:
        """The largest number."""
        return int(self.number.max(initial=0))


def load_decides(analysis: Analysis) -> bool:
    """Say whether the load may decide which attempts fail.

    Where nobody was there, or callers were turned away whatever the load, a picture of failures over load
    would show a limit where there is none.
    """
    return any(found.cause not in _WHATEVER_THE_LOAD for found in words.named(analysis))


def leaks(analysis: Analysis) -> bool:
    """Say whether what was abandoned counts beside what was open."""
    return any(found.cause == "leaked-sessions" for found in words.named(analysis))


def opened(connections: pd.DataFrame) -> Level:
    """Return how many connections were open: from the handshake's end until the end was noticed."""
    return Level.between(_opened(connections), measures.ended_at(connections))


def held(connections: pd.DataFrame, hold_s: float) -> Level:
    """Return how many connections a server held: the open ones, and each abandoned one for `hold_s` more.

    JMeter lets go of an abandoned connection when its thread opens the next one: only then does the server
    begin to wait. Until then it is held as well.
    """
    ended = measures.ended_at(connections)
    ended = np.where(_leaked(connections), _let_go(connections) + 1000 * hold_s, ended)
    return Level.between(_opened(connections), ended)


def _opened(connections: pd.DataFrame) -> NDArray[np.float64]:
    return connections["opened_at"].to_numpy(np.float64)


def _leaked(connections: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray(connections["end"] == "leaked")


def _let_go(connections: pd.DataFrame) -> NDArray[np.float64]:
    """Return when JMeter let go of each connection that it abandoned, ms."""
    ended = measures.ended_at(connections)
    noticed = connections["noticed_at"].to_numpy(np.float64)
    return np.where(np.isnan(noticed), ended, np.fmax(noticed, ended))


def hold_s(connections: pd.DataFrame) -> float:
    """Return for how many seconds abandoned connections seem to be held; infinite where for good.

    The time at which a limit on open and abandoned connections separates most of the refused attempts from
    the admitted attempts; of equals the longest.
    """
    known = connections[connections["attempted_at"].notna()]
    times, failed = known["attempted_at"].to_numpy(np.float64), (known["end"] == "handshake").to_numpy()
    forever, gone = (
        held(connections, math.inf).before(times),
        np.sort(_let_go(connections)[_leaked(connections)]),
    )
    errors = {
        hold: _misjudged(forever - np.searchsorted(gone, times - 1000 * hold, "left"), failed)
        for hold in _HOLDS
    }
    return float(min(_HOLDS, key=lambda hold: (errors[hold], -hold)))


def _misjudged(level: NDArray[np.int64], failed: NDArray[np.bool_]) -> int:
    """Return how many attempts the best limit gets wrong."""
    # Refused below each limit, less those admitted below it.
    wrong = np.cumsum(np.bincount(level, np.where(failed, 1, -1)))
    return int(wrong.min(initial=0)) + int((~failed).sum())


def demand(connections: pd.DataFrame, start_ms: float, seconds: int) -> tuple[NDArray[np.int64], ...]:
    """Return the attempts of each second, and how many of those were admitted, however long that took."""
    times = connections["attempted_at"].to_numpy(np.float64)
    known = ~np.isnan(times)
    second = np.clip((times[known] - start_ms) // 1000, 0, max(seconds - 1, 0)).astype(np.int64)
    admitted = connections["opened_at"].notna().to_numpy()[known]
    return tuple(np.bincount(some, minlength=seconds) for some in (second, second[admitted]))


def closures(run: Run, phase: str, seconds: int) -> NDArray[np.int64]:
    """Return the closures of each of so many seconds of a run; those after them count in the last."""
    frame = run.connections
    at = frame["noticed_at"][(frame["end"] == phase) & frame["noticed_at"].notna()].to_numpy(np.float64)
    second = np.clip((at - run.start_ms) // 1000, 0, seconds - 1).astype(np.int64)
    return np.bincount(second, minlength=seconds)


def mass_losses(connections: pd.DataFrame, *, most: int = 4) -> list[tuple[float, int]]:
    """Return the moments (ms) at which many connections were lost together, and how many, in their order.

    A connection was lost at some time after it was last alive, and not after its end was noticed. Of the
    moments that lie in most such intervals the first takes its connections, the next looks at what is left.
    """
    lost = connections[(connections["end"] == "data") & connections["noticed_at"].notna()]
    high = lost["noticed_at"].to_numpy(np.float64)
    low = np.fmin(lost["end_after"].fillna(lost["noticed_at"]).to_numpy(np.float64), high) - _TOGETHER_MS
    level = opened(connections)
    found: list[tuple[float, int]] = []
    while len(high) >= 5 and len(found) < most:
        began = np.sort(low)
        holding = np.searchsorted(began, high, "right") - np.searchsorted(np.sort(high), high, "left")
        at = high[int(holding.argmax())]  # the earliest end of the busiest moment
        inside = (low <= at) & (high >= at)
        before = int(level.before([max(low[inside].max(), low[inside].min())])[0])
        if inside.sum() < max(5, MASS_LOSS * before):
            break
        found.append((float(min(high[inside].min(), at)), int(inside.sum())))
        low, high = low[~inside], high[~inside]
    return sorted(found)


def bins(
    values: NDArray[np.int64], weights: NDArray[np.float64], start: int, most: int, least: float
) -> NDArray[np.int64]:
    """Return the edges of bins of `values` (edge <= value < next edge), one edge at `start`.

    Args:
        values: what is binned.
        weights: how much each value counts.
        start: no bin holds numbers on both sides of it: a limit.
        most: at most about so many bins.
        least: neighbours on one side of `start` are joined until each bin weighs so much.
    """
    low, high = int(values.min(initial=0)), int(values.max(initial=0)) + 1
    width = _round_width(high - min(low, start), most)
    first = start - width * math.ceil(max(start - low, 0) / width)
    edges = np.arange(first, max(high, start + 1) + width, width)
    edges = np.unique(np.clip(edges, low, high))
    if len(edges) < 2:
        return np.array([low, high])
    weigh = np.histogram(values, edges, weights=weights)[0]
    return _joined(edges, weigh, start, least)


def _joined(
    edges: NDArray[np.int64], weigh: NDArray[np.float64], start: int, least: float
) -> NDArray[np.int64]:
    """Drop the edges between light neighbours, from the limit outwards on either side."""
    kept = {int(edges[0]), int(edges[-1])} | ({start} if edges[0] < start < edges[-1] else set())
    above = [(edge, weight) for edge, weight in zip(edges[1:], weigh, strict=True) if edge > start]
    below = [(edge, weight) for edge, weight in zip(edges[:-1], weigh, strict=True) if edge < start][::-1]
    for side in (above, below):
        heavy, total = [], 0.0
        for edge, weight in side:
            total += weight
            if total >= least:
                heavy.append(int(edge))
                total = 0.0
        kept.update(heavy if not total else heavy[:-1])  # what is left over joins the last
    return np.array(sorted(kept))


def _round_width(span: int, most: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50, … that cuts `span` into at most `most` parts."""
    scale = 1
    while True:
        for width in (scale, 2 * scale, 5 * scale):
            if span <= width * most:
                return width
        scale *= 10
