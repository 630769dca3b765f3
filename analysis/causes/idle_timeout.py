"""Idle timeout: losses pile up at one time since the last frame, and nothing idles longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.causes import advice
from jmxgen.analysis.causes.base import LEAST, LEFT_PINGS, Finding, seconds_text
from jmxgen.analysis.model import Hypothesis

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.timeouts import Peak


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on the time without a frame."""
    peak = facts.idle_peak
    if peak is None:
        return None
    explained = facts.marked(peak.rows)
    fit = peak.fit_beside(facts.age_peak, ratio=0.7) * (LEFT_PINGS if facts.left_pings else 1.0)
    score = facts.score(explained, fit=fit)
    if score < LEAST:
        return None
    bounds = f"between {seconds_text(peak.low)} and {seconds_text(peak.high)}"
    about = bounds if peak.bounded_only else seconds_text(peak.ms)
    return Finding(
        hypothesis=Hypothesis(
            cause="idle-timeout",
            score=score,
            side="server",
            phase="data",
            finding=f"Connections are lost once they idle for {about} ({facts.how(explained)})",
            evidence=peak.evidence,
            support=(
                f"{peak.explained.sum():,} of {len(peak.explained):,} losses agree with it, "
                f"{peak.contradicting:,} connections idled longer; longest survived "
                f"{seconds_text(peak.low)}, shortest fatal {seconds_text(peak.high)}"
            ),
            against=_against(facts, peak, bounds),
            advice=(
                advice.KEEP_ALIVE.format(limit=seconds_text(peak.low or peak.ms)),
                (
                    "Look for that time in the timeouts of everything between (load balancer, proxy, "
                    "gateway): each has one of its own."
                ),
                (
                    "Keep pauses shorter than it, or use listen steps, which answer the server's pings "
                    "while they wait."
                ),
            ),
            next_run=(
                f"pauses of random length around it (pause: {peak.low / 2000:.0f}s..{peak.high / 500:.0f}s), "
                "so that survived and fatal ones close in on the limit from both sides; and one run with "
                "keep_alive.ping_every, which only an idle timeout cares for"
            ),
        ),
        explained=explained,
    )


def _against(facts: Facts, peak: Peak, bounds: str) -> str:
    doubts = []
    if peak.bounded_only:
        doubts.append(f"the plan's pauses only tell that the limit lies {bounds}")
    if facts.left_pings:
        doubts.append("samplers read pings and left them unanswered: a server may end connections for that")
    if peak.rivals(facts.age_peak):
        doubts.append(
            "a limit on the age of connections fits the same losses: all came as long after the open"
        )
    return "; ".join(doubts)
