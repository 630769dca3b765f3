"""What a run had to be like: each criterion of a scenario and each `--fail-on`, and whether it was met."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import criteria
from jmxgen.analysis.model import Check
from jmxgen.analysis.report import json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jmxgen.analysis.model import Analysis, Outcome

NOT_WHOLE: Final = "the results are incomplete; --allow-truncated judges them all the same"
# Where a scenario plans callers: a run that never reached them has not tested what it was to test.
PLANNED_CALLERS: Final = "callers.reached >= callers.planned"


def parse(expressions: Iterable[str]) -> None:
    """Read expressions, so that a wrong one is reported before minutes are spent on a run.

    Raises:
        UsageError: an expression can't be read.
    """
    for expression in expressions:
        criteria.parse(expression)


def judged(
    analysis: Analysis,
    *,
    must_hold: Iterable[str] = (),
    must_not_hold: Iterable[str] = (),
    allow_incomplete: bool = False,
) -> Analysis:
    """Return the analysis with its criteria judged.

    Args:
        analysis: what was found.
        must_hold: the `criteria` of a scenario. Where a scenario plans callers and no criterion speaks of
            the callers reached, `PLANNED_CALLERS` is judged as well.
        must_not_hold: what `--fail-on` names.
        allow_incomplete: judge incomplete results as if they were the whole run.

    Raises:
        UsageError: an expression can't be read.
    """
    demands = [(text, False) for text in must_hold] + [(text, True) for text in must_not_hold]
    planned = analysis.run.planned_callers and analysis.run.scenario
    if planned and not any("callers.reached" in text for text, _ in demands):
        demands.insert(0, (PLANNED_CALLERS, False))
    document = json.value(analysis)
    whole = allow_incomplete or analysis.run.complete
    why_not = unmeasured(analysis) or (None if whole else NOT_WHOLE)
    checks = []
    for text, fail_on in demands:
        criterion = criteria.parse(text)
        found = criterion.evaluate(document)
        outcome: Outcome = "not judged"
        if not why_not and found.holds is not None:
            outcome = "met" if found.holds is not fail_on else "missed"
        checks.append(
            Check(
                expression=criterion.expression,
                outcome=outcome,
                actual=why_not or found.actual,
                fail_on=fail_on,
            )
        )
    return dataclasses.replace(analysis, criteria=tuple(checks))


def unmeasured(analysis: Analysis) -> str | None:
    """Return why these results measure nothing, None where they measure something."""
    if not analysis.counts.attempted:
        nothing = "no WebSocket connection was attempted"
        skipped = analysis.run.skipped_rows
        if sum(skipped.values()) <= analysis.run.rows:
            return nothing
        reason = max(skipped, key=lambda why: skipped[why])
        return f"{nothing} in the rows that can be read; {skipped[reason]:,} can't: {reason}"
    if analysis.run.rows < 2:
        return "a single row is not a run"
    return None


def incomplete(analysis: Analysis) -> str | None:
    """Return why these results are not the whole run, None where they are."""
    if analysis.run.complete:
        return None
    return f"the results are incomplete: {analysis.run.incomplete_because or 'the end is missing'}"
