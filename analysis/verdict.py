"""From results to a verdict: weigh every cause, rank them, and say how sure the first is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.causes import CAUSES, unknown
from jmxgen.analysis.causes.base import Facts, Finding
from jmxgen.analysis.model import Analysis, Verdict

if TYPE_CHECKING:
    from jmxgen.analysis.model import Results

LEAST_SCORE: Final = 0.25


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
    sure = findings and findings[0].hypothesis.score >= LEAST_SCORE
    if not findings:
        findings = [unknown.weigh(facts)]
    return Analysis(
        results=results,
        counts=facts.counts,
        verdict=_verdict(facts, findings if sure else [unknown.weigh(facts)]),
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
