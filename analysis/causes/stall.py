"""Stall: answers missing, to messages on connections that live, or to upgrade requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.model import Phase

NAME: Final = "stall"
PHASES: Final = (
    "handshake",
    "data",
)
PICTURE: Final = "latency"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "count": Figure("missing answers"),
    "silent": Figure("never answered again", "connections"),
    "fragments": Figure("messages in fragments", "rows"),
}
NEXT_RUN: Final = NextRun(
    changes=(Change(What.LONGER_TIMEOUTS, "late answers then come, missing ones do not"),),
)


def weigh(facts: Facts) -> Finding | None:
    """Weigh the connections that missed an answer and lived on, and the attempts that were never answered."""
    explained = facts.stalled | facts.unanswered
    if not explained.any():
        return None
    fit = 1.0
    if not_joined(facts):
        return Finding(hypothesis=_client(facts), explained=explained, fit=fit)
    stalls, unanswered = facts.run.stalls, int(facts.unanswered.sum())
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase=_phase(stalls, unanswered),
            finding=_finding(stalls, unanswered, int(facts.silent.sum()), int(facts.stalled.sum())),
            evidence={"count": stalls + unanswered, "silent": int(facts.silent.sum())},
            against=_against(facts),
            support=(
                f"{plural(int(facts.stalled.sum()), 'connection')} missed an answer, "
                f"{int(facts.silent.sum()):,} of them never answered again; "
                f"{plural(unanswered, 'upgrade request')} got none in time"
            ),
            advice=(
                Step(
                    "Compare target.read_timeout and each step's within with how long answers really take.",
                    "Compare the read timeouts with how long an answer really takes.",
                ),
                Step(
                    "Check that the text expected is what the server sends: other frames are skipped while "
                    "waiting.",
                    "Check that the text expected is what the server sends, and in one frame: others are "
                    "skipped while waiting, and the plugin doesn't join fragments.",
                ),
                advice.CONVERSATIONS,
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def not_joined(facts: Facts) -> bool:
    """Return whether the client missed answers since it takes each fragment for a message.

    The plugin says so where a sampler met a fragment of another kind than it reads, and in the sub-results of
    filters. Few such rows beside many missing answers prove nothing.
    """
    return bool(facts.stalled.any()) and 2 * facts.run.fragments >= facts.run.stalls


def _client(facts: Facts) -> Hypothesis:
    """Return that the answers came, and the client missed them."""
    fragments = facts.run.fragments
    return Hypothesis(
        cause=NAME,
        side="client",
        phase="data",
        finding=(
            f"The client doesn't join fragments: {plural(facts.run.stalls, 'answer')} counted as missing, "
            "while messages came in parts"
        ),
        evidence={"count": facts.run.stalls, "silent": int(facts.silent.sum()), "fragments": fragments},
        support=f"{plural(fragments, 'row')} with parts of messages, each taken for a message",
        advice=(
            Step.for_all(
                "Let a plan of jmxgen's read the answers: it joins fragments (RFC 6455, 5.4). By hand, wait "
                "for a text that stands in one fragment, or let the server send messages whole (Tomcat and "
                "Jetty cut at 8 kB)."
            ),
        ),
    )


def _against(facts: Facts) -> str:
    if not facts.run.fragments:
        return ""
    return (
        f"{plural(facts.run.fragments, 'row')} with parts of messages: the client doesn't join them, and may "
        "have missed answers that came"
    )


def _phase(stalls: int, unanswered: int) -> Phase:
    if stalls and unanswered:
        return "both"
    return "handshake" if unanswered else "data"


def _finding(stalls: int, unanswered: int, silent: int, stalled: int) -> str:
    if unanswered > stalls:
        return f"{plural(unanswered, 'upgrade request')} got no answer in time"
    if silent == stalled:
        return f"{plural(silent, 'connection')} stopped answering and never answered again"
    again = f"; {plural(stalled - silent, 'connection')} answered again later"
    never = f", {silent:,} never did" if silent else ""
    return f"{plural(stalls, 'answer')} did not come in time{again}{never}"


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how much of the trouble is missing answers, and whether they came again."""
    stalled = facts.stalled
    at = facts.number("stalled_at")[stalled]
    length = max(facts.run.end_ms - facts.run.start_ms, 1.0)
    known = at[np.isfinite(at)]
    spread = float(np.subtract(*np.quantile(known, [0.9, 0.1]))) / length if len(known) >= 3 else 1.0
    return {
        "trouble that is a missing answer": shapes.share(stalled, facts.trouble("data")),
        "stalled connections that never answered again": shapes.share(facts.silent, stalled),
        "stalls close together in time": float(np.clip(1 - 1.5 * spread, 0, 1)),
        "connections that stalled": shapes.share(stalled, ~np.isnan(facts.number("opened_at"))),
        "several stalls per connection": shapes.share(facts.number("stalls") > 1, stalled),
    }
