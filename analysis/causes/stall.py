"""Stall: answers missing, to messages on connections that live, or to upgrade requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.causes import advice
from jmxgen.analysis.causes.base import LEAST, Finding, plural
from jmxgen.analysis.model import Hypothesis

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.model import Phase

FIT = 0.75  # says what is missing, not why


def weigh(facts: Facts) -> Finding | None:
    """Weigh the connections that missed an answer and lived on, and the attempts that were never answered."""
    explained = facts.stalled | facts.unanswered
    if not explained.any():
        return None
    score = facts.score(explained, fit=FIT)
    if score < LEAST:
        return None
    number, silent = facts.results.stalls, int(facts.unanswered.sum())
    return Finding(
        hypothesis=Hypothesis(
            cause="stall",
            score=score,
            side="server",
            phase=_phase(number, silent),
            finding=_finding(number, silent),
            evidence={"count": number + silent},
            support=(
                f"{plural(int(facts.stalled.sum()), 'connection')} missed an answer and lived on; "
                f"{plural(silent, 'upgrade request')} got none in time"
            ),
            advice=(
                (
                    "Compare target.read_timeout and each step's within with how long the flow really "
                    "takes: a Collect Input step in Architect waits 5 s for a first digit by default (1 s "
                    "to 99 s)."
                ),
                "Check that the text expected is what the server sends: a frame that differs is waited past.",
                advice.CONVERSATIONS,
            ),
            next_run="the same run with longer timeouts: late answers then come, missing ones do not",
        ),
        explained=explained,
    )


def _phase(number: int, silent: int) -> Phase:
    if number and silent:
        return "both"
    return "handshake" if silent else "data"


def _finding(number: int, silent: int) -> str:
    if silent > number:
        return f"{plural(silent, 'upgrade request')} got no answer in time"
    return f"{plural(number, 'answer')} did not come in time, on connections that lived on"
