"""Reconnect storm: after a loss, attempts come back at once and in step, and are rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.causes.mass_disconnect import find_moment
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Change, NextRun, What
from jmxgen.units import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "reconnect-storm"
PHASES: Final = ("handshake",)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "attempts_per_s": Figure("attempts per second"),
    "after": Figure("after"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(What.JITTER, "callers that were lost together no longer come back together"),
        Change(What.LATER_RETURN, "a storm is then gone, a limit of the server stays"),
    ),
)


STORM_MS = 15_000.0  # how long after the loss a failed attempt is still part of it
AT_ONCE_MS = 1000.0


def weigh(facts: Facts) -> Finding | None:
    """Weigh that a loss of many was followed by a burst of attempts that mostly failed."""
    moment = facts.once(find_moment)
    if moment is None or moment.p > 0.01 or moment.lost.sum() < 5:
        return None
    attempts = facts.attempts
    at, failed = attempts["at"].to_numpy(), attempts["failed"].to_numpy()
    wait = facts.number("wait")[attempts["row"].to_numpy()]
    after = (at >= moment.at - 1000) & (at <= moment.at + STORM_MS) & np.isfinite(wait)
    first = after & (attempts["attempt"].to_numpy() == 1)
    if first.sum() < 5 or not (failed & after).any():
        return None
    peak, usual = _peak(at[after]), _peak(at[at < moment.at - 1000])
    in_step = _in_step(wait[first])
    refused = float(failed[after].mean())
    calm_before = 1 - float(failed[at < moment.at - 1000].mean()) if (at < moment.at - 1000).any() else 1.0
    explained = moment.lost.copy()
    explained[attempts["row"].to_numpy()[failed & after]] = True
    fit = (
        min(1.0, in_step / 0.6) * min(1.0, refused / 0.3) * min(1.0, peak / (2 * max(usual, 5))) * calm_before
    )
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="client",
            phase="both",
            finding=(
                f"After {plural(int(moment.lost.sum()), 'connection')} were lost, callers came back at "
                f"{peak:,} attempts per second and {refused:.0%} were refused"
            ),
            evidence={"attempts_per_s": peak, "after": iso(moment.at)},
            support=(
                f"{in_step:.0%} of the callers came back within a second of each other; at most {usual:,} "
                "attempts per second before the loss"
            ),
            against=(
                "the loss itself has a cause of its own, and the refusals a limit: see the other hypotheses"
            ),
            advice=(
                Step(
                    "Set reconnect.jitter: full with a base of some seconds (RFC 6455, 7.2.3: a random wait "
                    "up to 5 s, then truncated exponential backoff): callers that wait the same time come "
                    "back together.",
                    "Wait a random time before each new Open, growing with each failure (RFC 6455, 7.2.3; "
                    "`jmxgen harden` adds it): callers that wait the same time come back together.",
                ),
                advice.PACE,
                Step.for_all(
                    "Find out what ended the connections in the first place; the storm only made it last."
                ),
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def _peak(at: NDArray[np.float64]) -> int:
    """Return the most attempts in any one second."""
    if not len(at):
        return 0
    return int((np.searchsorted(at, at + 1000.0, "left") - np.arange(len(at))).max())


def _in_step(wait: NDArray[np.float64]) -> float:
    """Return the part of first attempts that waited alike: the most waits within one second of each other."""
    wait = np.sort(wait)
    return float((np.searchsorted(wait, wait + AT_ONCE_MS, "right") - np.arange(len(wait))).max()) / len(wait)


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how far attempts came back at once after a common loss, and failed."""
    moment, attempts = facts.once(find_moment), facts.attempts
    names = ("failures soon after a common loss", "callers that came back at once", "rush after the loss")
    if moment is None or moment.lost.sum() < 5:
        return dict.fromkeys(names, 0.0)
    at, failed = attempts["at"].to_numpy(), attempts["failed"].to_numpy()
    after = (at >= moment.at - 1000) & (at <= moment.at + STORM_MS)
    wait = facts.number("wait")[attempts["row"].to_numpy()][after & (attempts["attempt"].to_numpy() == 1)]
    wait = wait[np.isfinite(wait)]
    rush, usual = _peak(at[after]), _peak(at[at < moment.at - 1000])
    values = (
        shapes.share(after, failed),
        _in_step(wait) if len(wait) >= 3 else 0.0,
        shapes.times_more(rush, max(usual, 1)),
    )
    return dict(zip(names, values, strict=True))
