"""Findings as GitHub workflow commands, which become annotations on the changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.errors import one_line
from jmxgen.lint.formats import shown
from jmxgen.lint.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.lint.model import Finding

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(findings: Sequence[Finding]) -> str:
    """Return one command per finding (GitHub Actions, workflow commands)."""
    return "".join(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    rule, place = finding.rule, finding.place
    where = f"file={_property(shown(place.path))},line={place.line},col={place.column}"
    title = _property(f"{rule.id} {rule.name}")
    message = _data(f"{finding.what} ({finding.path}); fix: {rule.fix}")
    return f"::{_COMMANDS[rule.severity]} {where},title={title}::{message}\n"


def _data(text: str) -> str:
    lines = text.replace("%", "%25").replace("\r", "%0D").split("\n")
    return "%0A".join(one_line(line) for line in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
