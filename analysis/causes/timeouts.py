"""Where losses pile up at one duration: ages and idle times that are known only as intervals."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_MS = 500.0  # below this, a "timeout" is the time of an answer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Peak:
    """A duration after which connections were lost."""

    ms: float
    low: float  # the longest that was survived
    high: float  # the shortest that was fatal
    explained: NDArray[np.bool_]  # which of the losses agree with it
    rows: NDArray[np.int64]  # where those stand in the run's connections
    contradicting: int  # connections that lived longer
    sharpness: float  # 0 to 1: how little chance could place so many losses there
    spread: float  # ms: median distance of the agreeing losses' middles from theirs
    travel: float = 0.0  # ms that the server's clock may differ from the client's, for each loss

    @property
    def bounded_only(self) -> bool:
        """Whether the run only says between which values it lies: more than a tenth apart."""
        return self.high - self.low > 0.1 * self.high

    @property
    def evidence(self) -> dict[str, float | list[float]]:
        """The evidence of a limit on a duration; without `seconds` where the run only bounds it."""
        low, high = max(0.0, self.low - self.travel), self.high + self.travel
        known: dict[str, float | list[float]] = (
            {} if self.bounded_only else {"seconds": round(self.ms / 1000, 3)}
        )
        return {
            **known,
            "interval": [round(low / 1000, 3), round(high / 1000, 3)],
            "share": round(float(self.explained.mean()), 4),
        }

    def rivals(self, other: Peak | None) -> bool:
        """Return whether another peak explains nearly the same losses, so that neither stands out."""
        if other is None or not len(self.rows):
            return False
        return float(np.isin(self.rows, other.rows).mean()) > 0.8 and other.fit > 0.5 * self.fit

    @property
    def fit(self) -> float:
        """0 to 1: sharpness, less where connections lived longer."""
        agreeing = int(self.explained.sum())
        return self.sharpness * agreeing / (agreeing + self.contradicting) if agreeing else 0.0


def tolerance(ms: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return how far off a timeout may strike: 5%, at least 250 ms (servers look at clocks in turns)."""
    return np.maximum(0.05 * np.asarray(ms), 250.0)


def find_peak(
    rows: NDArray[np.int64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    survived: NDArray[np.float64],
    travel: float = 0.0,
) -> Peak | None:
    """Find the duration T that most losses agree with and fewest connections outlived.

    A loss in (low, high] agrees with T where low <= T + d and high >= T - d, a connection contradicts it
    where it survived more than T + d, d being `tolerance`. T maximises agreeing less contradicting.

    Sharpness is the better of two: how narrow the losses' intervals are (1 less the chance that T falls into
    one, over the part that agrees), and, where at least five connections survived half of T, Mann-Whitney's
    probability that a fatal duration is longer than a survived one. With neither it is at most 0.35: such a
    run bounds T but shows no peak.

    Args:
        rows: where the losses stand in the run's connections.
        low: ms, one per loss.
        high: ms, one per loss.
        survived: ms, one per connection: the longest it lived through; 0 where unknown.
        travel: ms that a frame may be on its way: the server's clock starts and stops that much apart from
            the client's, so that the interval is as much wider.
    """
    if len(high) < 3:
        return None
    at = _candidates(low, high)
    if not len(at):
        return None
    survived = np.sort(survived.copy())
    slack = tolerance(at)
    agree = np.searchsorted(np.sort(low.copy()), at + slack, "right") - np.searchsorted(
        np.sort(high.copy()), at - slack, "left"
    )
    contradict = len(survived) - np.searchsorted(survived, at + slack, "right")
    balance = agree - contradict
    best = np.flatnonzero(balance == balance.max())
    middle = float(at[best[len(best) // 2]])
    slack_there = float(tolerance(middle))
    explained = (low <= middle + slack_there) & (high >= middle - slack_there)
    estimate, longest, shortest = _estimate(low[explained], high[explained], survived, middle)
    return Peak(
        ms=estimate,
        low=longest,
        high=shortest,
        travel=travel,
        explained=explained,
        rows=rows[explained],
        contradicting=len(survived) - int(np.searchsorted(survived, middle + slack_there, "right")),
        sharpness=_sharpness(low, high, explained, survived, middle),
        spread=_spread((low + high)[explained] / 2),
    )


def _candidates(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    at = np.unique(np.concatenate([low, high]).round())
    at = at[at >= LEAST_MS]
    return at[:: max(len(at) // 2000, 1)]


def _estimate(
    low: NDArray[np.float64], high: NDArray[np.float64], survived: NDArray[np.float64], middle: float
) -> tuple[float, float, float]:
    """Return T and the interval it lies in: from losses noticed at once, else from the bounds alone.

    `survived` is in order.
    """
    slack = float(tolerance(middle))
    lived = survived[: np.searchsorted(survived, middle + slack, "right")]
    shortest = float(high.min())
    known_alive = low[low < shortest]
    longest = max(float(lived[-1]) if len(lived) else 0.0, float(known_alive.max(initial=0.0)))
    longest, shortest = min(longest, shortest), max(longest, shortest)
    at_once = high - low <= 2 * slack
    if at_once.sum() >= 3:
        middle = float(np.median((low + high)[at_once] / 2))
        return min(max(middle, longest), shortest), longest, shortest
    return (longest + shortest) / 2, longest, shortest


def _spread(values: NDArray[np.float64]) -> float:
    return float(np.median(np.abs(values - np.median(values)))) if len(values) else 0.0


def _sharpness(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    explained: NDArray[np.bool_],
    survived: NDArray[np.float64],
    middle: float,
) -> float:
    slack = float(tolerance(middle))
    longest = max(float(np.quantile(high, 0.95)), middle) + slack
    chance = float(np.minimum((high - low + 2 * slack) / longest, 1).mean())
    narrow = max(0.0, 1 - chance / max(float(explained.mean()), 1e-9)) / 0.8
    witnesses = survived[np.searchsorted(survived, middle / 2) :]
    if len(witnesses) < 5:
        return min(1.0, max(narrow, 0.35))
    fatal = high[explained]
    # Of all pairs those whose witness lived longer, and half of those alike.
    longer_lived = 2 * len(witnesses) * len(fatal) - int(
        (np.searchsorted(witnesses, fatal, "left") + np.searchsorted(witnesses, fatal, "right")).sum()
    )
    longer = 1 - longer_lived / len(witnesses) / (2 * len(fatal))
    return float(np.clip(max(narrow, 2 * longer - 1), 0, 1))


def durations(name: str, peak: Peak | None, other: Peak | None) -> dict[str, float]:
    """Return statistics of a limit on a duration.

    Args:
        name: what it limits, for the statistics' names.
        peak: where the losses pile up in it.
        other: where they pile up in the other duration that connections have.
    """
    names = (
        f"losses that one {name} explains",
        f"losses that agree with one {name}",
        f"connections that outlived that {name}",
        f"the {name} at the losses lies narrow",
        f"narrower than the other duration: {name}",
    )
    if peak is None or not len(peak.rows):
        return dict.fromkeys(names, 0.0)
    agreeing = len(peak.rows)
    spread = peak.spread / max(peak.ms, 1.0)
    rival = other.spread / max(other.ms, 1.0) if other is not None and len(other.rows) else 1.0
    values = (
        peak.fit,
        agreeing / len(peak.explained),
        peak.contradicting / (peak.contradicting + agreeing),
        float(np.clip(1 - 4 * spread, 0, 1)),
        float(np.clip(2 * (rival - spread) / max(rival + spread, 1e-6), 0, 1)),
    )
    return dict(zip(names, values, strict=True))
