"""Findings as a code quality report of GitLab, which shows them in a merge request."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jmxgen.errors import one_line
from jmxgen.lint.formats import fingerprint, shown
from jmxgen.lint.formats.escape import json_text
from jmxgen.lint.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.lint.model import Finding

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(findings: Sequence[Finding]) -> str:
    """Return the report: GitLab's part of the Code Climate format.

    GitLab drops what has the fingerprint of another: the same finding twice gets a number.
    """
    seen: Counter[str] = Counter()
    report = []
    for finding in findings:
        identity = fingerprint(finding)
        seen[identity] += 1
        report.append(
            {
                "description": one_line(f"{finding.what} ({finding.path}); fix: {finding.rule.fix}"),
                "check_name": f"{finding.rule.id} {finding.rule.name}",
                "fingerprint": identity if seen[identity] == 1 else f"{identity}-{seen[identity]}",
                "severity": _SEVERITIES[finding.rule.severity],
                "location": {
                    "path": shown(finding.place.path),
                    "lines": {"begin": finding.place.line or 1},
                },
            }
        )
    return json_text(report)
