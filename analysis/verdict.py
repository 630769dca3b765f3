"""From results to a verdict: ask each phase what its trouble comes from, then what is left unexplained."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis import scale
from jmxgen.analysis.advice import for_reader, reader_of
from jmxgen.analysis.causes import CAUSES, healthy, stall, unknown, unseen
from jmxgen.analysis.causes.base import Facts, Finding
from jmxgen.analysis.model import Analysis, Hypothesis, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.model import Phase, Run

PHASES: Final[tuple[Phase, ...]] = ("handshake", "data")
SHOWN: Final = 0.001  # hypotheses with less are added to `unknown`
MORE: Final = 3  # causes at most beside the first
LEAST: Final = 3  # troubles that a cause beside the first must account for
TIED: Final = 0.6  # of the first's probability: a second that comes so near can't be separated from it


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """What the trouble of one phase comes from."""

    phase: Phase
    weight: float  # of the trouble, as `Facts.weights` count it
    findings: tuple[Finding, ...]  # most probable first

    @property
    def best(self) -> Finding:
        """The most probable."""
        return self.findings[0]


def judge(run: Run) -> Analysis:
    """Return counts, hypotheses with their probabilities, and the verdict.

    Handshake and data are two questions with two answers; the verdict is that of the phase whose trouble
    weighs more, by the probability of its cause. What that leaves unexplained is asked again, to the end.
    """
    facts = Facts(run)
    answers = _ask(facts)
    if not answers:
        finding = unknown.weigh(facts)
        sure = dataclasses.replace(finding.hypothesis, probability=1.0)
        return Analysis(run=run, counts=facts.counts, verdict=_verdict(run, sure), hypotheses=(sure,))
    first = _first(facts, answers)
    tie = next((_tie(answer) for answer in answers if answer.best is first), "")
    also = _also(facts, first, tie)
    hypotheses = [
        dataclasses.replace(found.hypothesis, phase=answer.phase)
        for answer in sorted(answers, key=lambda answer: answer.best is not first)
        for found in answer.findings
    ]
    return Analysis(
        run=run,
        counts=facts.counts,
        verdict=_verdict(run, _alone(first, answers), also, tie),
        hypotheses=tuple(hypotheses),
    )


def _ask(facts: Facts) -> list[Answer]:
    """Ask each phase in which anything was tried what its trouble comes from."""
    if not facts.counts.attempted or unseen.blind(facts.run):
        return []
    findings = scale.findings(facts)
    phases = PHASES if facts.counts.opened else PHASES[:1]
    return [_answer(facts, findings, phase) for phase in phases]


def _answer(facts: Facts, findings: Mapping[str, Finding], phase: Phase) -> Answer:
    trouble = facts.trouble(phase)
    weight = float(facts.weights[trouble].sum())
    speaks: Mapping[str, float] = {}
    if phase == "data" and trouble.any() and not facts.run.durations_known:
        shares = {"unknown": 1.0}  # idle times and ages are data closures are recognised by
    elif not trouble.any() and unseen.why(facts.run):
        shares = {"unknown": 1.0}
    elif not trouble.any():
        wanted = facts.counts.opened if phase == "data" else facts.counts.attempted
        shares = _succession("healthy", wanted)
    elif phase == "data" and not facts.data.any() and stall.not_joined(facts):
        shares = _succession(stall.NAME, int(facts.stalled.sum()))  # the rows say so: nothing to weigh
    else:
        possible = {name for name, cause in CAUSES.items() if phase in cause.PHASES and name in findings}
        possible = {name for name in possible if _touches(findings[name], trouble)} | {"unknown"}
        if healthy.is_noise(facts, phase):
            possible.add("healthy")
        speaks = scale.statistics(facts, findings, phase)
        said = scale.witnesses(facts, phase)
        shares = scale.probabilities(speaks, phase, frozenset(possible), said)
    return Answer(phase=phase, weight=weight, findings=tuple(_ranked(facts, findings, shares, speaks, phase)))


def _succession(cause: str, times: int) -> dict[str, float]:
    """Return how sure it is what was so every time, by the rule of succession."""
    return {cause: (times + 1) / (times + 2), "unknown": 1 / (times + 2)}


def _touches(finding: Finding, trouble: NDArray[np.bool_]) -> bool:
    return bool((finding.explained & trouble).any())


def _ranked(
    facts: Facts,
    findings: Mapping[str, Finding],
    shares: Mapping[str, float],
    speaks: Mapping[str, float],
    phase: str,
) -> list[Finding]:
    """Return the findings with their probabilities, largest first; the least likely count as unknown."""
    kept = {name: p for name, p in shares.items() if p >= SHOWN or name == "unknown"}
    kept["unknown"] = 1 - sum(p for name, p in kept.items() if name != "unknown")
    order = sorted(kept, key=lambda name: -kept[name])
    ranked = []
    for name in order:
        finding = healthy.say(facts, phase) if name == "healthy" else findings[name]
        rival = next((other for other in order if other != name), name)
        hypothesis = dataclasses.replace(
            finding.hypothesis,
            probability=round(kept[name], 4),
            explains=int((finding.explained & facts.troubled).sum()),
            reasons=_reasons(facts, speaks, phase, name, rival),
        )
        ranked.append(dataclasses.replace(finding, hypothesis=hypothesis))
    return ranked


def _reasons(facts: Facts, speaks: Mapping[str, float], phase: str, name: str, rival: str) -> tuple[str, ...]:
    """Return the cause's own statistics that speak most for it over its rival, in words."""
    if not speaks:
        return ()
    strongest = scale.contributions(speaks, phase, name, rival)
    own = facts.once(scale.by_cause)[name]
    found = [key for key, nats in strongest.items() if nats > 0.3 and key in own]
    return tuple(f"{key}: {speaks[key]:.0%}" for key in found[:3])


def _first(facts: Facts, answers: list[Answer]) -> Finding:
    """Return the finding that the verdict is about."""
    sick = [answer for answer in answers if answer.best.hypothesis.cause != "healthy"]
    if not sick:
        return min(answers, key=lambda answer: answer.best.hypothesis.probability).best
    return _weightiest(facts, sick)


def _weightiest(facts: Facts, answers: list[Answer]) -> Finding:
    """Return the finding that accounts for most trouble, by how probable it is."""
    return max(
        answers, key=lambda answer: _accounted(facts, answer) * answer.best.hypothesis.probability
    ).best


def _accounted(facts: Facts, answer: Answer) -> float:
    """Return the trouble of both phases that an answer accounts for, at least that of its own."""
    return max(answer.weight, float(facts.weights[answer.best.explained].sum()))


def _alone(first: Finding, answers: list[Answer]) -> Hypothesis:
    """Return the first finding's hypothesis with the phases that it is the answer of."""
    hypothesis = first.hypothesis
    same = [answer for answer in answers if answer.best.hypothesis.cause == hypothesis.cause]
    if hypothesis.cause == "healthy":
        return hypothesis
    return dataclasses.replace(hypothesis, phase="both") if len(same) > 1 else hypothesis


def _also(facts: Facts, first: Finding, tie: str) -> tuple[Hypothesis, ...]:
    """Ask again what the trouble comes from that the causes found so far leave unexplained.

    A cause that may as well be the first one is not a second one as well: `tie` names it.
    """
    found: list[Hypothesis] = []
    explained = first.explained.copy()
    if first.hypothesis.cause in ("healthy", "unknown"):
        return ()
    for _ in range(MORE):
        rest = Facts(facts.run, explained)
        if rest.troubled.sum() < LEAST or all(healthy.is_noise(rest, phase) for phase in PHASES):
            break
        answers = _ask(rest)
        sick = [a for a in answers if a.best.hypothesis.cause not in ("healthy", "unknown")]
        if not sick:
            break
        best = _weightiest(rest, sick)
        fresh = best.explained & rest.troubled
        if fresh.sum() < LEAST:
            break
        explained |= fresh
        known = {first.hypothesis.cause, tie, *(h.cause for h in found)}
        if best.hypothesis.cause not in known:
            found.append(best.hypothesis)
    return tuple(found)


def _tie(answer: Answer) -> str:
    """Return the cause that comes so near to the best that this run can't separate them, or ""."""
    best, *others = (finding.hypothesis for finding in answer.findings)
    near = [h for h in others if h.cause != "unknown" and h.probability >= TIED * best.probability]
    return near[0].cause if near else ""


def _verdict(run: Run, best: Hypothesis, also: tuple[Hypothesis, ...] = (), tie: str = "") -> Verdict:
    finding = "; also: ".join([best.finding, *(other.finding for other in also)])
    advice = [*best.advice[:1], *(step for other in also for step in other.advice[:1]), *best.advice[1:]]
    has_log = run.server_log is not None
    return Verdict(
        cause=best.cause,
        side=best.side,
        phase=best.phase,
        confidence=best.probability,
        finding=finding,
        evidence=best.evidence,
        advice=for_reader(advice, reader_of(run.scenario, own_plan=run.own_plan, has_server_log=has_log)),
        also=also,
        tie=tie,
    )
