"""Maximum session age: losses pile up at one age since the open, and nothing lives longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, peaks, pings, shapes
from jmxgen.analysis.causes.base import Figure, Finding, seconds_text
from jmxgen.analysis.causes.timeouts import durations
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.timeouts import Peak

NAME: Final = "max-session-age"
PHASES: Final = ("data",)
PICTURE: Final = "ages"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "seconds": Figure("after", "s of age", limit=True),
    "interval": Figure("interval"),
    "share": Figure("share of the losses"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(What.SLOWER_RAMP, "a limit on age strikes each connection at one age but at different times"),
    ),
    capacity=Capacity.ANY_LOAD,
    remedy="shorter calls, or a planned reconnect before the age limit; or raise that limit",
)


def weigh(facts: Facts) -> Finding | None:
    """Weigh a limit on the age of a connection."""
    peak = facts.once(peaks.age_peak)
    if peak is None:
        return None
    explained = facts.marked(peak.rows)
    fit = peak.fit
    bounds = f"between {seconds_text(peak.low)} and {seconds_text(peak.high)}"
    about = bounds if peak.bounded_only else seconds_text(peak.ms)
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="data",
            finding=f"Connections are lost {about} after they opened ({facts.how(explained)})",
            evidence=peak.evidence,
            support=(
                f"{peak.explained.sum():,} of {len(peak.explained):,} losses agree with it, "
                f"{peak.contradicting:,} connections lived longer; longest survived "
                f"{seconds_text(peak.low)}, shortest fatal {seconds_text(peak.high)}"
            ),
            against=_against(facts, peak),
            advice=(
                Step(
                    f"End calls before {seconds_text(peak.low or peak.ms)}, or reopen on purpose before that "
                    "age (reconnect.after_loss: continue).",
                    f"Close each connection before it is {seconds_text(peak.low or peak.ms)} old, and open a "
                    "new one.",
                ),
                Step.for_all(
                    "Ask for the longest session that each part allows: load balancers and gateways close "
                    "old connections whatever passes on them."
                ),
                advice.SERVER_LOG,
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def _against(facts: Facts, peak: Peak) -> str:
    doubts = []
    if facts.once(pings.go_unanswered):
        doubts.append(
            "the client answers no pings: a server that waits for them ends connections at one age, too"
        )
    elif not facts.run.replies:
        doubts.append(
            "a server that pings in messages of its own (Socket.IO, SignalR, graphql-ws) ends connections at "
            "one age, too, where nothing answers them"
        )
    if peak.rivals(facts.once(peaks.idle_peak)):
        doubts.append("an idle timeout fits the same losses: all came as long after the last frame")
    return "; ".join(doubts)


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how narrow the ages at the losses lie, and how many connections lived longer."""
    return durations("age", facts.once(peaks.age_peak), facts.once(peaks.idle_peak)) | {
        "losses whose close frame names age": shapes.share(
            facts.reasons(("expir", "max age", "maximum", "lifetime", "session end", "token", "too old")),
            facts.data,
        )
    }
