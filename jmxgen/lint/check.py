"""Runs rules over a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.errors import Place
from jmxgen.lint.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jmxgen.lint.model import Hit, Rule, Subject


def check(subject: Subject, rules: Iterable[Rule]) -> list[Finding]:
    """Return what the rules find in the plan, in the order of its lines."""
    findings = [_finding(subject, rule, hit) for rule in rules for hit in rule.check(subject)]
    return sorted(findings, key=lambda one: (one.place.line or 0, one.place.column or 0, one.rule.id))


def _finding(subject: Subject, rule: Rule, hit: Hit) -> Finding:
    span = hit.node.span if hit.at is None else subject.tree.span(hit.at)
    place = Place(subject.tree.path, span.line, span.column)
    line = "(not shown: it holds a secret)" if hit.secret else subject.tree.line(span.line).strip()
    return Finding(rule, hit.what, place, hit.node.path, line)
