"""Random drop: closures independent of concurrency, rate, age and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, levels, peaks
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "random-drop"
PHASES: Final = (
    "handshake",
    "data",
)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "rate": Figure("rate"),
    "interval": Figure("interval"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(
            What.HALF_THE_CALLERS,
            "a random drop keeps its rate per connection, what a limit costs goes away",
        ),
    ),
    capacity=Capacity.ANY_LOAD,
    remedy="look for an unreliable network or server; the same share fails at any load",
)


FIT = 0.85  # what is left when nothing else explains: any cause with a mark of its own goes first

OUTLIVED = 0.6  # one age is a point of the call, no limit on age, where most connections live on


def weigh(facts: Facts) -> Finding | None:
    """Weigh that closures are spread as evenly as chance would, in the phase that this fits better."""
    lost = facts.data & facts.where("kind", "abnormal")  # chance strikes just after the open as well
    refused = facts.handshake & ~facts.unanswered & ~facts.denied  # what chance has no part in
    found = [one for one in (_in_phase(facts, lost), _in_phase(facts, refused, handshake=True)) if one]
    return max(found, key=lambda one: one.fit * facts.share(one.explained), default=None)


def _in_phase(facts: Facts, explained: NDArray[np.bool_], *, handshake: bool = False) -> Finding | None:
    whole = facts.counts.attempted if handshake else facts.counts.opened
    if explained.sum() < 3 or not whole:  # rows of failures alone: no rate is known
        return None
    distances = facts.once(_of_attempts) if handshake else _of_losses(facts, explained)
    fit = _fit(facts, explained, distances)
    number = int(explained.sum())
    low, high = (float(bound) for bound in measures.wilson(number, whole))
    worst = max(distances, key=lambda name: distances[name])
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
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
                Step.for_all(
                    "Compare with the same run from inside the server's network, or from another place: what "
                    "stays is the server's."
                ),
                advice.SERVER_LOG,
                advice.DISCONNECT_TYPE,
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def _fit(facts: Facts, explained: NDArray[np.bool_], distances: dict[str, float]) -> float:
    fit = FIT
    for name, distance in distances.items():
        evenness = _evenness(distance, int(explained.sum()))
        fit *= max(evenness, OUTLIVED) if name == "age" and _outlived(facts, explained) else evenness
    return fit


def _outlived(facts: Facts, lost: NDArray[np.bool_]) -> bool:
    """Return whether more connections lived on than ended at the age where most losses are.

    Where most are lost just after their open, that is not a point of the call, but the server's late refusal.
    """
    peak = facts.once(peaks.age_peak)
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
    places = np.argsort(others, kind="stable")
    others, values = others[places], np.sort(values.copy())
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
    if not len(every):  # no attempt has a time
        return 0.0
    part, whole = np.cumsum(chosen), np.cumsum(every)
    parted, rested = max(part[-1], 1), max(whole[-1] - part[-1], 1)
    return float(np.abs(part / parted - (whole - part) / rested).max())


def _of_attempts(facts: Facts) -> dict[str, float]:
    """Compare the failed attempts with the others: concurrency, rate, order."""
    attempts = facts.attempts
    failed = attempts["failed"].to_numpy()
    return {
        "concurrency": _distance_by(attempts["open"].to_numpy(), failed),
        "rate": _distance_by(facts.once(levels.recent), failed),
        "time": _distance_of_counts(failed, np.ones(len(failed), bool)),
    }


def _of_losses(facts: Facts, lost: NDArray[np.bool_]) -> dict[str, float]:
    """Compare the losses with the time that connections were open: concurrency, time, age."""
    opened, ended = facts.number("opened_at"), measures.ended_at(facts.connections)

    age = np.where(np.isinf(ended), facts.run.end_ms, ended) - opened
    moments = np.linspace(facts.run.start_ms, facts.run.end_ms, 2001)
    exposure = facts.open_connections.at(moments)
    noticed = facts.number("noticed_at")[lost]
    levels = facts.open_connections.at(noticed).astype(np.float64)
    life = age[~np.isnan(age)]
    life = np.sort(np.maximum(life, 0, out=life))
    ages = np.linspace(0, max(float(life.max(initial=1.0)), 1.0), 2001)
    at_risk = len(life) - np.searchsorted(life, ages, "left")
    return {
        "concurrency": _distance(levels, exposure.astype(np.float64), exposure),
        "time": _distance(noticed, moments, exposure),
        "age": _distance(age[lost], ages, at_risk),
    }


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how evenly failures and losses are spread over everything that others follow."""
    lost = facts.data & facts.where("kind", "abnormal")
    found = {}
    for name, which in (("refusals", facts.handshake), ("losses", lost)):
        distances = facts.once(_of_attempts) if name == "refusals" else _of_losses(facts, lost)
        number = int(which.sum())
        for over, distance in distances.items():
            even = _evenness(distance, number) if number >= 3 else 0.0
            found[f"{name} spread evenly over {over}"] = even
    return found
