"""What a run had to be like: each criterion of a scenario and each `--fail-on`, and whether it was met."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.analysis import criteria
from jmxgen.analysis.report import json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jmxgen.analysis.model import Analysis


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """One demand on a run."""

    name: str  # the expression as it was written, `not` before it where it must not hold
    met: bool
    actual: str  # the values it was judged by


def parse(expressions: Iterable[str]) -> None:
    """Read expressions, so that a wrong one is told early.

    Raises:
        UsageError: an expression can't be read.
    """
    for expression in expressions:
        criteria.parse(expression)


def judge(
    analysis: Analysis, *, must_hold: Iterable[str] = (), must_not_hold: Iterable[str] = ()
) -> tuple[Check, ...]:
    """Judge a run by expressions (`jmxgen.analysis.criteria`).

    Args:
        analysis: what was found.
        must_hold: the `criteria` of a scenario.
        must_not_hold: what `--fail-on` names.

    Raises:
        UsageError: an expression can't be read.
    """
    document = json.value(analysis)
    checks = []
    for text, holds in [*((text, True) for text in must_hold), *((text, False) for text in must_not_hold)]:
        outcome = criteria.evaluate(text, document)
        name = outcome.expression if holds else f"not ({outcome.expression})"
        checks.append(Check(name=name, met=outcome.passed is holds, actual=outcome.actual))
    return tuple(checks)
