"""Processing bottleneck: answers slow down and throughput flattens before connections are lost."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.metrics.plateau import find_plateau
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Change, NextRun, What
from jmxgen.units import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.metrics.plateau import Plateau

NAME: Final = "processing-bottleneck"
PHASES: Final = (
    "handshake",
    "data",
)
PICTURE: Final = "latency"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "throughput_per_s": Figure("throughput flat at", "answers per second", limit=True),
    "plateau": Figure("plateau", "active conversations"),
    "onset": Figure("onset", "s into the run"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(
            What.STEPS,
            "the number of callers and the time then no longer rise together: answers slow down at the same "
            "step each time",
        ),
    ),
)


PENDING_MS: Final = 200.0  # an answer pending for less was on its way
BUSY: Final = (502, 503, 504)  # what a proxy says of a server that does not answer in time
SLOWER = 2.0  # answers take so many times as long as in the quiet part of the run


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bottleneck:
    """When answers began to slow down, and the throughput from then on."""

    onset: int  # seconds into the run
    throughput: float  # answers a second
    quiet_ms: float
    slow_ms: float
    flat: float  # 0 to 1: how even the throughput was while demand was over that of the onset


def _plateau(facts: Facts) -> Plateau | None:
    """Return where Active Conversations stood still while connections rose."""
    if facts.run.metrics is None:
        return None
    return find_plateau(facts.run.metrics, facts.seconds["open"], facts.run.start_ms)


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on the processing of sessions."""
    found = facts.once(find_bottleneck)
    plateau = facts.once(_plateau)
    late = facts.number("pending_ms") > PENDING_MS
    if found is None and plateau is None and not (facts.unanswered | late | facts.stalled).any():
        return None
    onset = found.onset if found else plateau.onset if plateau else 0
    after = facts.number("noticed_at") >= facts.run.start_ms + onset * 1000
    refused = facts.unanswered | (facts.handshake & np.isin(facts.number("status"), BUSY))
    explained = ((facts.data & ~facts.early | refused) & after) | facts.stalled
    if not explained.any():
        return None
    fit = 0.0
    support = []
    evidence: dict[str, float] = {}
    if found:
        fit = found.flat * min(1.0, found.slow_ms / max(found.quiet_ms, 1.0) / 4)
        evidence["throughput_per_s"] = round(found.throughput, 2)
        support.append(
            f"answers took {found.slow_ms:,.0f} ms instead of {found.quiet_ms:,.0f} ms from second "
            f"{found.onset} on, while no more than {rounded(found.throughput)} per second came"
        )
    if plateau:
        fit = max(fit, 0.6) if not found else min(1.0, fit + 0.3)
        evidence["plateau"] = round(plateau.level, 1)
        support.append(f"Active Conversations stood at {plateau.level:,.0f} while connections still rose")
    evidence["onset"] = onset
    if found:
        what = f"Sessions are processed no faster than {rounded(found.throughput)} answers per second"
    elif plateau:
        what = f"Sessions are processed no faster than {plateau.level:,.0f} Active Conversations allow"
    else:
        what = "The server falls behind: answers and handshakes come too late"
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="both" if (explained & facts.handshake).any() else "data",
            finding=(
                f"{what}, from second {onset} on; {plural(int(explained.sum()), 'connection')} suffered"
            ),
            evidence=evidence,
            support="; ".join(support),
            against=_against(facts),
            advice=(
                advice.CONVERSATIONS,
                Step.for_all(
                    "Run with fewer callers than at the onset: answers are then as fast as at first. Then "
                    "look at what is busy on the server at the onset (CPU, worker pool, database)."
                ),
                Step.for_all(
                    "Shorten what each session holds: Collect Input timeouts in Architect (5 s by default), "
                    "data actions, prompts.",
                    genesys=True,
                ),
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def _against(facts: Facts) -> str:
    if facts.once(_plateau) is not None:
        return ""
    if facts.run.metrics is None:
        return "without --metrics, a slow load generator looks the same from here"
    return "Active Conversations did not stand still while connections rose"


def find_bottleneck(facts: Facts) -> Bottleneck | None:
    """Find the second from which on answers stay slow and no more of them come although more is asked.

    The quiet level is the median time of an answer over the quarter of seconds with the fewest open
    connections; the onset the first second from which the running median of five seconds is at least twice
    that and 20 ms more, until the peak.
    """
    seconds = facts.seconds
    answers = facts.run.seconds["answers"].to_numpy(np.float64)
    used = np.flatnonzero(answers > 0)
    if len(used) < 8:
        return None
    took, level = seconds["answer_ms_mean"].to_numpy()[used], seconds["open"].to_numpy()[used]
    quiet = float(np.median(took[level <= np.quantile(level, 0.25)]))
    smooth = _running_median(took)
    slow = smooth >= np.maximum(SLOWER * quiet, quiet + 20)
    if slow.sum() < 3:
        return None
    first = int(np.flatnonzero(slow)[0])
    if slow[first:].mean() < 0.5:
        return None
    during = answers[used][slow]
    throughput = float(np.median(during))
    spread = float(np.median(np.abs(during - throughput))) / max(throughput, 1e-9)
    exceeded = float((answers[used][:first] > 1.2 * throughput).mean()) if first else 0.0
    return Bottleneck(
        onset=int(used[first]),
        throughput=throughput,
        quiet_ms=quiet,
        slow_ms=float(np.median(took[slow])),
        flat=float(np.clip(1.15 - spread, 0, 1)) * (1 - exceeded),
    )


def _running_median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(values, 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how far answers slowed down before the trouble, and what was pending at it."""
    found = facts.once(find_bottleneck)
    pending = facts.number("pending_ms")
    lost = facts.data & ~facts.early
    took = facts.number("handshake_ms")[~np.isnan(facts.number("opened_at"))]
    took = took[np.isfinite(took)]
    slow, quick = (np.quantile(took, [0.95, 0.1])) if len(took) >= 10 else (0.0, 0.0)
    return {
        "answers that slowed down": shapes.times_more(found.slow_ms, found.quiet_ms) if found else 0.0,
        "throughput that stood still meanwhile": found.flat if found else 0.0,
        "handshakes that slowed down": shapes.times_more(float(slow), max(float(quick), 2.0)),
        "losses while an answer was pending": shapes.share(pending > PENDING_MS, lost),
        "one length of the pending answers at losses": shapes.narrow(pending[lost & (pending > PENDING_MS)]),
        "active conversations stood still": float(facts.once(_plateau) is not None),
    }
