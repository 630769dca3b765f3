"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jmxgen
from jmxgen.errors import one_line
from jmxgen.lint.formats import fingerprint
from jmxgen.lint.formats.escape import json_text
from jmxgen.lint.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.lint.model import Finding, Rule

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(findings: Sequence[Finding]) -> str:
    """Return one SARIF run with the rules that found something."""
    rules = sorted({finding.rule.id: finding.rule for finding in findings}.values(), key=lambda item: item.id)
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "jmxgen",
                        "semanticVersion": jmxgen.__version__,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, numbers[finding.rule.id]) for finding in findings],
            }
        ],
    }
    return json_text(log)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.fix}\nSource: {rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, number: int) -> dict[str, Any]:
    place, rule = finding.place, finding.rule
    region = {
        "startLine": place.line or 1,
        "startColumn": place.column or 1,
        "snippet": {"text": one_line(finding.line)},
    }
    return {
        "ruleId": rule.id,
        "ruleIndex": number,
        "level": _LEVELS[rule.severity],
        "message": {"text": one_line(f"{finding.what} ({finding.path})")},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(place.path)}, "region": region},
                "logicalLocations": [{"fullyQualifiedName": one_line(finding.path), "kind": "element"}],
            }
        ],
        "partialFingerprints": {"jmxgen/v1": fingerprint(finding)},
    }


def _uri(path: Path | str) -> str:
    """Return a relative reference for a relative path, a file URI for an absolute one."""
    path = Path(path)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
