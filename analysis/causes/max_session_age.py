"""Maximum session age: losses pile up at one age since the open, and nothing lives longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.causes import advice
from jmxgen.analysis.causes.base import LEAST, LEFT_PINGS, Finding, seconds_text
from jmxgen.analysis.model import Hypothesis

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.timeouts import Peak

# Where an idle timeout fits as closely, it goes first: every proxy and load balancer has one.
TIE = 1.3


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on the age of a connection."""
    peak = facts.age_peak
    if peak is None:
        return None
    explained = facts.marked(peak.rows)
    fit = peak.fit_beside(facts.idle_peak, ratio=TIE) * (LEFT_PINGS if facts.answers_no_pings else 1.0)
    score = facts.score(explained, fit=fit)
    if score < LEAST:
        return None
    bounds = f"between {seconds_text(peak.low)} and {seconds_text(peak.high)}"
    about = bounds if peak.bounded_only else seconds_text(peak.ms)
    return Finding(
        hypothesis=Hypothesis(
            cause="max-session-age",
            score=score,
            side="server",
            phase="data",
            finding=f"Connections are lost {about} after their open ({facts.how(explained)})",
            evidence=peak.evidence,
            support=(
                f"{peak.explained.sum():,} of {len(peak.explained):,} losses agree with it, "
                f"{peak.contradicting:,} connections lived longer; longest survived "
                f"{seconds_text(peak.low)}, shortest fatal {seconds_text(peak.high)}"
            ),
            against=_against(facts, peak),
            advice=(
                (
                    f"End calls before {seconds_text(peak.low or peak.ms)}, or reopen on purpose before that "
                    "age (reconnect.after_loss: continue)."
                ),
                (
                    "Ask for the longest session each part allows: load balancers and gateways close old "
                    "connections whatever passes on them. Genesys notification channels live 24 h from the "
                    "last subscription."
                ),
                advice.SERVER_LOG,
            ),
            next_run=(
                "calls of different lengths and a slow ramp: a limit on age strikes each at the same age, "
                "at another moment"
            ),
        ),
        explained=explained,
    )


def _against(facts: Facts, peak: Peak) -> str:
    doubts = []
    if facts.answers_no_pings:
        doubts.append(
            "the client answers no pings: a server that waits for them ends connections at one age, too"
        )
    if peak.rivals(facts.idle_peak):
        doubts.append("an idle timeout fits the same losses: all came as long after the last frame")
    return "; ".join(doubts)
