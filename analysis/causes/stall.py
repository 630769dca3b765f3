"""Stall: answers missing on connections that live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.causes import advice
from jmxgen.analysis.causes.base import Finding, plural
from jmxgen.analysis.model import Hypothesis

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Facts

FIT = 0.75  # says what is missing, not why


def weigh(facts: Facts) -> Finding | None:
    """Weigh the connections that missed an answer and lived on."""
    if not facts.stalled.any():
        return None
    score = facts.score(facts.stalled, fit=FIT)
    if score < 0.02:
        return None
    number = facts.results.stalls
    return Finding(
        hypothesis=Hypothesis(
            cause="stall",
            score=score,
            side="server",
            phase="data",
            finding=f"{plural(number, 'answer')} did not come in time, on connections that lived on",
            evidence={"count": number},
            support=f"{plural(int(facts.stalled.sum()), 'connection')} missed an answer and was not lost",
            advice=(
                (
                    "Compare target.read_timeout and each step's within with how long the flow really "
                    "takes: a Collect Input step in Architect waits 5 s for a first digit by default (1 s "
                    "to 99 s)."
                ),
                (
                    "Check that the expected text is what the server sends: a frame that doesn't match is "
                    "waited past."
                ),
                advice.CONVERSATIONS,
            ),
            next_run="the same run with a longer within: late answers then come, missing ones do not",
        ),
        explained=facts.stalled,
    )
