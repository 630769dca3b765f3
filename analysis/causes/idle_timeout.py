"""Idle timeout: losses pile up at one time since the last frame, and nothing idles longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, peaks, pings, shapes
from jmxgen.analysis.causes.base import Figure, Finding, seconds_text
from jmxgen.analysis.causes.timeouts import durations, find_peak
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.timeouts import Peak

NAME: Final = "idle-timeout"
PHASES: Final = ("data",)
PICTURE: Final = "idle"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "seconds": Figure("after", "s idle", limit=True),
    "interval": Figure("interval"),
    "share": Figure("share of the losses"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(What.PINGS, "the losses should be gone, which no other cause explains"),
        Change(What.LISTEN, "a listen step reads meanwhile, so it sends pings and answers the server's"),
    ),
    capacity=Capacity.ANY_LOAD,
    remedy="send something more often: keep_alive.ping_every, or shorter pauses",
)


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on the time without a frame."""
    peak, silent = facts.once(peaks.idle_peak), facts.once(silent_peak)
    unseen = silent is not None and (peak is None or len(silent.rows) > len(peak.rows))
    peak = silent if unseen else peak
    if peak is None:
        return None
    explained = facts.marked(peak.rows)
    if silent is not None:
        explained |= facts.marked(silent.rows)
    fit = peak.fit
    bounds = f"between {seconds_text(peak.low)} and {seconds_text(peak.high)}"
    about = bounds if peak.bounded_only else seconds_text(peak.ms)
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="data",
            finding=(
                f"Connections never answer again after {about} idle, and nobody closes them"
                if unseen
                else f"Connections are lost after {about} idle ({facts.how(explained)})"
            ),
            evidence=peak.evidence,
            support=(
                f"{peak.explained.sum():,} of {len(peak.explained):,} losses agree with it, "
                f"{peak.contradicting:,} connections idled longer; longest survived "
                f"{seconds_text(peak.low)}, shortest fatal {seconds_text(peak.high)}"
            ),
            against=_against(facts, peak, bounds),
            advice=(
                advice.keep_alive(seconds_text(max(peak.low, peak.high / 4))),
                Step.for_all(
                    "Look for that time in the timeouts of everything between (load balancer, proxy, "
                    "gateway): each has its own timeout."
                ),
                Step(
                    "Keep pauses below that, or use listen steps, which answer the server's pings while they "
                    "wait.",
                    "Keep timers below that, or wait with optional Single Read samplers under a Ping Frame "
                    "Filter, which answer the server's pings.",
                ),
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def _against(facts: Facts, peak: Peak, bounds: str) -> str:
    doubts = []
    if peak.bounded_only:
        doubts.append(f"the plan's pauses only tell that the limit lies {bounds}")
    if facts.once(pings.were_read):
        doubts.append("samplers read pings and left them unanswered: a server may end connections for that")
    if peak.rivals(facts.once(peaks.age_peak)):
        doubts.append(
            "a limit on the age of connections fits the same losses: all came as long after the open"
        )
    return "; ".join(doubts)


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how narrow the fatal idle times lie, and how many connections idled longer."""
    peak, silent = facts.once(peaks.idle_peak), facts.once(silent_peak)
    return durations("idle time", peak, facts.once(peaks.age_peak)) | {
        "losses whose close frame names idling": shapes.share(_named(facts), facts.data),
        "stalls after one idle time, never answered again": silent.fit if silent else 0.0,
    }


def _named(facts: Facts) -> NDArray[np.bool_]:
    return facts.reasons(("idle", "inactiv", "timeout", "timed out")) & ~facts.once(pings.named)


def silent_peak(facts: Facts) -> Peak | None:
    """Find the idle time after which connections never answered again: an end that nobody saw."""
    rows = np.flatnonzero(facts.silent)
    idle = facts.number("stall_idle")[rows]
    known = np.isfinite(idle)
    rows, idle = rows[known], idle[known]
    opened = ~np.isnan(facts.number("opened_at"))
    survived = np.where(facts.silent, 0.0, facts.number("longest_idle"))[opened]
    return find_peak(rows, np.zeros(len(rows)), idle, survived)
