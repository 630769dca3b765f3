"""How likely a handshake fails, or a connection is lost, by how many connections are open.

For handshakes that is a share of the attempts made at such a number. For losses it is a rate per minute of an
open connection, so that a number that was held for long doesn't look dangerous.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from jmxgen.analysis import measures, words
from jmxgen.analysis.charts import series

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis, Hypothesis, Verdict

Phase = Literal["handshake", "data"]
_LEAST: Final = 10  # attempts in a bin


@dataclasses.dataclass(frozen=True)
class Rates:
    """One row per bin of open connections; `low` and `high` are what really was open in it, both included."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    middle: NDArray[np.float64]  # the mean of what was open
    closures: NDArray[np.int64]
    at_risk: NDArray[np.float64]  # attempts, or connection-minutes
    rate: NDArray[np.float64]
    rate_low: NDArray[np.float64]  # of its 95% interval
    rate_high: NDArray[np.float64]
    chance: float  # the probability of rates so different where they are all the same


def rates(analysis: Analysis, phase: Phase, *, most: int = 16) -> Rates:
    """Return the rate of closures of a phase by how many connections were open.

    Args:
        analysis: what was found.
        phase: `handshake`: share of the attempts; `data`: losses per minute of an open connection.
        most: at most about so many bins.
    """
    level, weight, lost = _handshakes(analysis) if phase == "handshake" else _exposure(analysis)
    least = _LEAST if phase == "handshake" else 0.01 * float(weight.sum())
    start = _start(limited(analysis, phase), level, weight, least)
    edges = series.bins(level, weight, start, most, least)
    if phase == "handshake" and start:
        edges = _with_border(edges, level, start)
    which, at = np.searchsorted(edges, level, "right") - 1, np.searchsorted(edges, lost, "right") - 1
    size = len(edges) - 1
    at_risk = np.bincount(which, weight, size).astype(np.float64)
    closures = np.bincount(np.clip(at, 0, size - 1), minlength=size)
    used = np.flatnonzero(at_risk > 0)
    places = [level[(which == place) & (weight > 0)] for place in used]
    total, some = at_risk[used], closures[used]
    low, high = measures.wilson(some, total) if phase == "handshake" else _poisson(some, total)
    return Rates(
        low=np.array([part.min() for part in places]),
        high=np.array([part.max() for part in places]),
        middle=np.bincount(which, weight * level, size)[used] / total,
        closures=some,
        at_risk=total,
        rate=some / total,
        rate_low=low,
        rate_high=high,
        chance=_chance(some, total, shares=phase == "handshake"),
    )


def _start(
    found: Verdict | Hypothesis | None, level: NDArray[np.int64], weight: NDArray[np.float64], least: float
) -> int:
    """Return where a bin begins: at the limit, or at its lower bound where hardly anything is above."""
    limit = words.figure(found, "limit") if found is not None else None
    if found is None or limit is None:
        return 0
    bounds = words.bounds(found)
    above = float(weight[level >= limit].sum())
    return round(limit) if bounds is None or above >= least else math.ceil(bounds[0])


def _with_border(edges: NDArray[np.int64], level: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Give what lies just below a limit a bin of its own, where enough attempts were made there.

    Within 2% the client's count and the server's may differ, as in `causes.steps`.
    """
    near = math.ceil(limit - max(1.0, 0.02 * limit))
    inside = int(((level >= near) & (level < limit)).sum())
    if near <= edges[0] or inside < _LEAST:
        return edges
    kept = [edge for edge in edges if not near <= edge < limit]
    below = [edge for edge in kept if edge < near]
    light = below[1:] and int(((level >= below[-1]) & (level < near)).sum()) < _LEAST
    return np.array([*(below[:-1] if light else below), near, *(edge for edge in kept if edge >= limit)])


def _handshakes(analysis: Analysis) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return how many were open at each attempt, its weight, and how many were at those that failed."""
    connections = analysis.run.connections
    known = connections[connections["attempted_at"].notna()]
    level = _acted_on(analysis).before(known["attempted_at"])
    return level, np.ones(len(level)), level[measures.is_closure(known, "handshake")]


def _exposure(analysis: Analysis) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return each number that was open, for how many connection-minutes, and how many were at each loss."""
    connections = analysis.run.connections
    level = series.opened(connections)
    ends = np.append(level.at_ms, analysis.run.end_ms)
    minutes = np.maximum(np.diff(ends), 0) / 60_000
    lost = connections["noticed_at"][measures.is_closure(connections, "data")].dropna()
    return level.number, minutes * level.number, np.maximum(level.before(lost), 1)


def _acted_on(analysis: Analysis) -> series.Level:
    """Return the number that a limit acts on: abandoned connections count where they are the cause."""
    connections = analysis.run.connections
    if not series.leaks(analysis):
        return series.opened(connections)
    return series.held(connections, series.hold_s(connections))


def _poisson(k: NDArray[np.int64], exposure: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the exact 95% interval of a Poisson rate (F. Garwood, Biometrika 28, 1936)."""
    from scipy import special

    low = np.where(k > 0, special.gammaincinv(np.maximum(k, 1), 0.025), 0.0)
    return low / exposure, special.gammaincinv(k + 1, 0.975) / exposure


def _chance(closures: NDArray[np.int64], at_risk: NDArray[np.float64], *, shares: bool) -> float:
    """Return Pearson's chi-squared probability of rates so different, were all the same."""
    from scipy import special

    whole = closures.sum() / at_risk.sum()
    expected = whole * at_risk
    variance = expected * (1 - whole) if shares else expected
    if len(closures) < 2 or not (variance > 0).all():
        return 1.0
    return float(special.chdtrc(len(closures) - 1, ((closures - expected) ** 2 / variance).sum()))


def named_for(analysis: Analysis, phase: Phase) -> list[Verdict | Hypothesis]:
    """Return what the verdict names for a phase."""
    return [found for found in words.named(analysis) if found.phase in (phase, "both")]


def limited(analysis: Analysis, phase: Phase) -> Verdict | Hypothesis | None:
    """Return what the verdict names for a phase that has a limit in connections."""
    return next((found for found in words.limited(analysis) if found in named_for(analysis, phase)), None)
