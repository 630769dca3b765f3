"""How findings are written: one format per module, each with ``render(findings) -> str``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from jmxgen.lint.model import Finding


def shown(path: Path | str) -> str:
    """Return a path as text that can be encoded: a name that is not UTF-8 gets question marks."""
    return str(path).encode("utf-8", "replace").decode()


def fingerprint(finding: Finding) -> str:
    """Return what makes it the same finding after an edit elsewhere: the label path, not the line."""
    return hashlib.sha256(f"{finding.rule.id}\n{finding.path}\n{finding.what}".encode()).hexdigest()
