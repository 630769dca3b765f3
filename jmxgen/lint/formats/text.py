"""Findings for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jmxgen.errors import one_line
from jmxgen.lint.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.lint.model import Finding

_WIDTH = 100
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}


def render(findings: Sequence[Finding]) -> str:
    """Return each finding with its line, where it stands in the plan, and how to fix it; then the counts."""
    return "\n".join([*(_one(finding) for finding in findings), summary(findings)]) + "\n"


def _one(finding: Finding) -> str:
    rule = finding.rule
    line = finding.line if len(finding.line) <= _WIDTH else finding.line[: _WIDTH - 1] + "…"
    fix = f"{rule.fix} (jmxgen harden does)" if rule.hardened else rule.fix
    head = f"{finding.place}: {rule.severity} {rule.id} {rule.name}: {finding.what}"
    shown = (head, f"    | {line}", f"    in {finding.path}", f"    fix: {fix}")
    return "\n".join(one_line(text) for text in shown) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """Return the counts in words: ``2 errors, 1 warning, 3 infos``."""
    counts = Counter(finding.rule.severity for finding in findings)
    words = [f"{n} {_WORDS[one]}{'s' * (n != 1)}" for one in reversed(Severity) if (n := counts[one])]
    return ", ".join(words) or "nothing found"
