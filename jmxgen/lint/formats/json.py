"""Findings as JSON, version 1."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jmxgen.lint.formats import shown
from jmxgen.lint.formats.escape import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.lint.model import Finding

SCHEMA = "jmxgen.lint/1"


def render(findings: Sequence[Finding]) -> str:
    """Return the findings and their counts by severity."""
    counts = Counter(str(finding.rule.severity) for finding in findings)
    document = {
        "schema": SCHEMA,
        "counts": {severity: counts[severity] for severity in ("error", "warning", "info")},
        "findings": [
            {
                "file": shown(finding.place.path),
                "line": finding.place.line,
                "column": finding.place.column,
                "rule": finding.rule.id,
                "name": finding.rule.name,
                "severity": str(finding.rule.severity),
                "message": finding.what,
                "element": finding.path,
                "source_line": finding.line,
                "why": finding.rule.why,
                "fix": finding.rule.fix,
                "hardened": finding.rule.hardened,
            }
            for finding in findings
        ],
    }
    return json_text(document)
