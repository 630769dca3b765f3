"""From results to a verdict: weigh every cause, rank them, and say how sure the first is."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import spill
from jmxgen.analysis.causes import CAUSES, unknown
from jmxgen.analysis.causes.base import Facts, Finding
from jmxgen.analysis.cores import spread
from jmxgen.analysis.model import Analysis, Hypothesis, Verdict

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Cause
    from jmxgen.analysis.model import Results

LEAST_SCORE: Final = 0.25
SECOND: Final = 0.8  # of the best score: a second cause as strong as that, of other closures, is said as well
APART: Final = 0.2  # overlap up to which closures are other ones
MANY: Final = 500_000  # connections: of more, one cause is weighed at a time, for each takes its memory


def judge(results: Results) -> Analysis:
    """Weigh all causes against the results.

    Returns:
        Counts, the hypotheses, best first, and the verdict: the best hypothesis with
        confidence = s² / (s + max(overlap × rival)), where s is its score and overlap the part of its
        closures that a rival accounts for as well. Two causes that account for the same closures equally well
        halve it. One that accounts for other closures nearly as well is no rival: the finding names both.
    """
    facts = Facts(results)
    share = spread if len(results.connections) <= MANY else map
    findings = [found for found in share(functools.partial(_weighed, facts), CAUSES) if found is not None]
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


def _weighed(facts: Facts, cause: Cause) -> Finding | None:
    """Weigh a cause, and leave nothing in memory of what it looked at."""
    found = cause.weigh(facts)
    found = found and dataclasses.replace(found, explained=spill.kept(found.explained))
    spill.tidy()
    return found


def _rank(found: Finding) -> tuple[bool, float, str]:
    """Order: healthy first where it applies at all, since it only speaks when closures are noise."""
    hypothesis = found.hypothesis
    return hypothesis.cause != "healthy", -hypothesis.score, hypothesis.cause


def _verdict(facts: Facts, findings: list[Finding]) -> Verdict:
    best, also = findings[0].hypothesis, _also(facts, findings)
    overlaps = ((_overlap(facts, findings[0], other), other.hypothesis.score) for other in findings[1:])
    rival = max((overlap * score for overlap, score in overlaps), default=0.0)
    return Verdict(
        cause=best.cause,
        side=best.side,
        phase=best.phase,
        confidence=round(best.score**2 / (best.score + rival), 4) if best.score else 0.0,
        finding=f"{best.finding}; also: {also.finding}" if also else best.finding,
        evidence=best.evidence,
        advice=tuple(dict.fromkeys((*best.advice[:1], *also.advice[:1], *best.advice[1:])))
        if also
        else best.advice,
    )


def _also(facts: Facts, findings: list[Finding]) -> Hypothesis | None:
    """Return a second cause that scores nearly as well, of closures that the best does not account for."""
    best = findings[0]
    for other in findings[1:]:
        near = other.hypothesis.score >= SECOND * best.hypothesis.score
        if near and max(_overlap(facts, best, other), _overlap(facts, other, best)) <= APART:
            return other.hypothesis
    return None


def _overlap(facts: Facts, best: Finding, other: Finding) -> float:
    """Return the part of the best finding's closures, by weight, that the other accounts for too."""
    own = float(facts.weights[best.explained].sum())
    return float(facts.weights[best.explained & other.explained].sum()) / own if own else 0.0
