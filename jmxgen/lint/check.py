"""Runs rules over a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.errors import Place
from jmxgen.lint import secrets
from jmxgen.lint.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jmxgen.lint.model import Hit, Rule
    from jmxgen.lint.subject import Subject


def check(subject: Subject, rules: Iterable[Rule]) -> list[Finding]:
    """Return what the rules find in the plan, in the order of its lines; secrets are masked."""
    lines = secrets.masked_lines(subject.tree, subject.secrets)
    masked = secrets.masking(subject.secrets)
    findings = [_finding(subject, lines, masked, rule, hit) for rule in rules for hit in rule.check(subject)]
    return sorted(findings, key=lambda found: (found.place.line or 0, found.place.column or 0, found.rule.id))


def _finding(
    subject: Subject, lines: Mapping[int, str], masked: Callable[[str], str], rule: Rule, hit: Hit
) -> Finding:
    span = hit.node.span if hit.at is None else subject.tree.span(hit.at)
    place = Place(subject.tree.path, span.line, span.column)
    line = hit.shown or lines.get(span.line) or subject.tree.line(span.line)
    return Finding(rule, masked(hit.what), place, masked(hit.node.path), masked(line.strip()))
