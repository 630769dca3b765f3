"""From an analysed run to a probe: trials that are independent, what they are held to, and the verdict.

A row is not a trial. A caller that is refused ten times in a row has failed once, and what one incident ended
(a mass disconnect, an outage) is one failure, however many connections it took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis import criteria, words
from jmxgen.analysis.causes.base import Facts
from jmxgen.analysis.measures import callers
from jmxgen.analysis.next_run import Capacity
from jmxgen.analysis.report import checks
from jmxgen.search import causes
from jmxgen.search.model import Demand, Probe, Trials
from jmxgen.units import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jmxgen.analysis.model import Analysis
    from jmxgen.search.model import Load, Phase

DEFAULT: Final = ("closures.handshake.rate < 1%", "closures.data.rate < 1%")
_RATES: Final[dict[tuple[str, ...], Phase]] = {
    ("closures", "handshake", "rate"): "handshake",
    ("closures", "data", "rate"): "data",
}


def demands(expressions: Iterable[str]) -> tuple[Demand, ...]:
    """Return the criteria that say below which share failures must lie; the others hold or don't in a run.

    Raises:
        UsageError: a criterion can't be read.
    """
    found = []
    for expression in expressions:
        read = criteria.parse(expression)
        phase = _RATES.get(read.name)
        if phase and read.sign in ("<", "<=") and isinstance(read.wanted, float) and 0 < read.wanted < 1:
            found.append(Demand(phase, read.wanted, read.expression))
    return tuple(found)


def of_run(analysis: Analysis, load: Load, purpose: str, *, seconds: float, folder: str) -> Probe:
    """Return what a run says, its criteria judged before (`analysis.report.checks`)."""
    facts, verdict, counts = Facts(analysis.run), analysis.verdict, analysis.counts
    weights = facts.weights
    refused, lost = (round(float(weights[mask].sum())) for mask in (facts.handshake, facts.data))
    found = (*analysis.hypotheses[:1], *verdict.also)
    incident = sum(h.explains for h in found if causes.capacity(h.cause) is Capacity.EVENT)
    rates = {demand.expression for demand in demands(check.expression for check in analysis.criteria)}
    # A rate over rows may miss what the rate over callers meets; then neither is proved, incidents apart.
    doubtful = [c for c in analysis.criteria if c.expression in rates and not c.met and not incident]
    doubtful += [c for c in analysis.criteria if c.expression == checks.PLANNED_CALLERS and not c.met]
    others = [c for c in analysis.criteria if c.expression not in (*rates, checks.PLANNED_CALLERS)]
    took = facts.connections["handshake_ms"][facts.connections["opened_at"].notna()].median()
    return Probe(
        load=load,
        purpose=purpose,
        handshake=_once(refused, counts.opened + refused, incident),
        data=_once(lost, counts.opened, incident),
        missed=tuple(f"{c.expression} (was {c.actual})" for c in others if c.outcome == "missed"),
        not_judged=tuple(
            f"{c.expression} ({c.actual})"
            for c in (*doubtful, *(c for c in others if c.outcome == "not judged"))
        ),
        cause=verdict.cause,
        finding=verdict.finding,
        confidence=verdict.confidence,
        interval=words.bounds(verdict),
        reached=callers.count(analysis.run).reached,
        peak_open=counts.peak_open,
        handshake_ms=round(float(took), 1) if took == took else None,  # noqa: PLR0124 (NaN)
        caller_seconds=float(facts.seconds["threads"].clip(lower=0).sum()),
        started=iso(analysis.run.start_ms),
        seconds=round(seconds, 1),
        folder=folder,
    )


def _once(failures: int, trials: int, incident: int) -> Trials:
    """Count what one incident ended as one failure of one trial."""
    surplus = max(min(incident, failures) - 1, 0)
    return Trials(failures - surplus, trials - surplus)
