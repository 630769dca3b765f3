"""From results to a verdict: weigh every cause, rank them, and say how sure the first is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.causes.base import Facts, Finding, plural
from jmxgen.analysis.model import Analysis, Hypothesis, Verdict

if TYPE_CHECKING:
    from jmxgen.analysis.model import Counts, Phase, Results


def judge(results: Results) -> Analysis:
    """Weigh all causes against the results.

    Returns:
        Counts, the hypotheses, best first, and the verdict: the best hypothesis with
        confidence = s² / (s + max(overlap × rival)), where s is its score and overlap the part of its
        closures that a rival accounts for as well. Two causes that account for the same closures equally well
        halve it.
    """
    facts = Facts(results)
    findings = [found for cause in CAUSES if (found := cause.weigh(facts)) is not None]
    findings.sort(key=_rank)
    if not findings:
        findings = [_unknown(facts)]
    return Analysis(
        results=results,
        counts=facts.counts,
        verdict=_verdict(facts, findings),
        hypotheses=tuple(found.hypothesis for found in findings),
    )


def _rank(found: Finding) -> tuple[bool, float, str]:
    """Order: healthy first where it applies at all, since it only speaks when closures are noise."""
    hypothesis = found.hypothesis
    return hypothesis.cause != "healthy", -hypothesis.score, hypothesis.cause


def _verdict(facts: Facts, findings: list[Finding]) -> Verdict:
    best = findings[0].hypothesis
    overlaps = ((_overlap(facts, findings[0], other), other.hypothesis.score) for other in findings[1:])
    rival = max((overlap * score for overlap, score in overlaps), default=0.0)
    return Verdict(
        cause=best.cause,
        side=best.side,
        phase=best.phase,
        confidence=round(best.score**2 / (best.score + rival), 4) if best.score else 0.0,
        finding=best.finding,
        evidence=best.evidence,
        advice=best.advice,
    )


def _overlap(facts: Facts, best: Finding, other: Finding) -> float:
    """Return the part of the best finding's closures, by weight, that the other accounts for too."""
    own = float(facts.weights[best.explained].sum())
    return float(facts.weights[best.explained & other.explained].sum()) / own if own else 0.0


def _unknown(facts: Facts) -> Finding:
    """Say that no cause fits, and what was seen."""
    counts = facts.counts
    advice = "Look at the first closures one by one with --connections, and at the server's log of that time."
    closures = counts.handshake + counts.data
    finding = (
        f"{plural(closures, 'closure')} of {plural(counts.attempted, 'connection')} with no known pattern"
    )
    if closures:
        finding += f" ({facts.how(facts.closures)})"
    if not counts.attempted:
        finding = "No WebSocket connection was found in these results"
        advice = "Check that the plan uses WebSocket samplers, and that its file holds successes, too."
    return Finding(
        hypothesis=Hypothesis(
            cause="unknown",
            score=0.0,
            side="unknown",
            phase=_phase(counts),
            finding=finding,
            evidence={},
            advice=(advice,),
        ),
        explained=np.zeros(len(facts.connections), bool),
    )


def _phase(counts: Counts) -> Phase:
    if counts.handshake and counts.data:
        return "both"
    return "handshake" if counts.handshake else "data" if counts.data else "none"
