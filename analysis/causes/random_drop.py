"""Random drop: closures independent of concurrency, rate, age and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jmxgen.analysis import measures, spill
from jmxgen.analysis.causes import advice
from jmxgen.analysis.causes.base import LEAST, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.openness import ended_at
from jmxgen.analysis.order import in_order, order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

FIT = 0.85  # what is left when nothing else explains: any cause with a mark of its own goes first

OUTLIVED = 0.6  # one age is a point of the call, no limit on age, where most connections live on


def weigh(facts: Facts) -> Finding | None:
    """Weigh that closures are spread as evenly as chance would, in the phase that this fits better."""
    lost = facts.data & facts.told("kind", "abnormal")  # chance strikes just after the open as well
    refused = facts.handshake & ~facts.unanswered & ~facts.denied  # what chance has no part in
    found = [one for one in (_in_phase(facts, lost), _in_phase(facts, refused, handshake=True)) if one]
    return max(found, key=lambda one: one.hypothesis.score, default=None)


def _in_phase(facts: Facts, explained: NDArray[np.bool_], *, handshake: bool = False) -> Finding | None:
    if explained.sum() < 3:
        return None
    distances = _of_attempts(facts) if handshake else _of_losses(facts, explained)
    score = facts.score(explained, fit=_fit(facts, explained, distances))
    if score < LEAST:
        return None
    number = int(explained.sum())
    whole = len(facts.attempts) if handshake else facts.counts.opened
    low, high = (float(bound) for bound in measures.wilson(number, whole))
    worst = max(distances, key=lambda name: distances[name])
    return Finding(
        hypothesis=Hypothesis(
            cause="random-drop",
            score=score,
            side="unknown",
            phase="handshake" if handshake else "data",
            finding=(
                f"{number / whole:.1%} of {plural(whole, 'attempt' if handshake else 'connection')} "
                f"{'failed' if handshake else 'were lost'}, at any load, time and age "
                f"({facts.how(explained)})"
            ),
            evidence={"rate": round(number / whole, 4), "interval": [round(low, 4), round(high, 4)]},
            support="distance from an even spread: "
            + ", ".join(f"{name} {distance:.2f}" for name, distance in distances.items()),
            against=f"least even over the {worst}" if _evenness(distances[worst], number) < 1 else "",
            advice=(
                (
                    "Compare with the same run from inside the platform's network, or from another place: "
                    "what stays is the server's."
                ),
                advice.SERVER_LOG,
                advice.DISCONNECT_TYPE,
            ),
            next_run=(
                "twice the callers: a random drop keeps its rate a connection, a limit of any kind does not"
            ),
        ),
        explained=explained,
    )


def _fit(facts: Facts, explained: NDArray[np.bool_], distances: dict[str, float]) -> float:
    fit = FIT
    for name, distance in distances.items():
        evenness = _evenness(distance, int(explained.sum()))
        fit *= max(evenness, OUTLIVED) if name == "age" and _outlived(facts, explained) else evenness
    return fit


def _outlived(facts: Facts, lost: NDArray[np.bool_]) -> bool:
    """Return whether more connections lived on than ended at the age where most losses are.

    Where most are lost just after their open, that is no point of the call, but the server's late refusal.
    """
    peak = facts.age_peak
    return 2 * facts.early.sum() < lost.sum() and (peak is None or peak.contradicting > len(peak.rows))


def _evenness(distance: float, n: int) -> float:
    """Return 1 up to the 1% critical value of Kolmogorov's statistic, falling to 0 at 0.3 over it."""
    return float(np.clip(1 - (distance - 1.63 / n**0.5) / 0.3, 0, 1))


def _distance(
    values: NDArray[np.float64], others: NDArray[np.float64], weights: NDArray[np.int64] | None = None
) -> float:
    """Return the greatest distance between two distributions (Kolmogorov-Smirnov).

    Args:
        values: a sample.
        others: another.
        weights: how often each of the others counts, once if not given.
    """
    places = order(others)
    others, values = others[places], in_order(values.copy())
    running = np.arange(len(others) + 1) if weights is None else np.append(0, np.cumsum(weights[places]))
    at = np.concatenate([values, others])
    part = np.searchsorted(values, at, "right") / max(len(values), 1)
    rest = running[np.searchsorted(others, at, "right")] / max(running[-1], 1)
    return float(np.abs(part - rest).max(initial=0.0))


def _distance_by(values: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float:
    """Return the distance, as `_distance`, between the chosen of some whole numbers >= 0 and the others."""
    number = np.bincount(values)
    return _distance_of_counts(np.bincount(values[chosen], minlength=len(number)), number)


def _distance_of_counts(chosen: NDArray[Any], every: NDArray[Any]) -> float:
    """Return the distance, as `_distance`, between the chosen and the others: how many have each value."""
    part, whole = np.cumsum(chosen), np.cumsum(every)
    parted, rested = max(part[-1], 1), max(whole[-1] - part[-1], 1)
    return max(
        float(np.abs(part[rows] / parted - (whole[rows] - part[rows]) / rested).max())
        for rows in spill.pieces(len(part))
    )


def _of_attempts(facts: Facts) -> dict[str, float]:
    """Compare the failed attempts with the others: concurrency, rate, order."""
    attempts = facts.attempts
    failed = attempts["failed"].to_numpy()
    return {
        "concurrency": _distance_by(attempts["open"].to_numpy(), failed),
        "rate": _distance_by(facts.recent, failed),
        "time": _distance_of_counts(failed, np.ones(len(failed), bool)),
    }


@spill.keeping
def _of_losses(facts: Facts, lost: NDArray[np.bool_]) -> dict[str, float]:
    """Compare the losses with the time that connections were open: concurrency, time, age."""
    opened, ended = facts.number("opened_at"), ended_at(facts.connections)

    def lived(rows: slice) -> NDArray[np.float64]:
        until = np.where(np.isinf(ended[rows]), facts.results.end_ms, ended[rows])
        return np.asarray(until - opened[rows])

    age = spill.by_pieces(len(opened), lived)
    moments = np.linspace(facts.results.start_ms, facts.results.end_ms, 2001)
    exposure = facts.results.openness.at(moments)
    noticed = facts.number("noticed_at")[lost]
    levels = facts.results.openness.at(noticed).astype(np.float64)
    life = age[~np.isnan(age)]
    life = in_order(np.maximum(life, 0, out=life))
    ages = np.linspace(0, max(float(life.max(initial=1.0)), 1.0), 2001)
    at_risk = len(life) - np.searchsorted(life, ages, "left")
    return {
        "concurrency": _distance(levels, exposure.astype(np.float64), exposure),
        "time": _distance(noticed, moments, exposure),
        "age": _distance(age[lost], ages, at_risk),
    }
