"""How findings are written: one format per module, each with ``render(findings) -> str``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def shown(path: Path | str) -> str:
    """Return a path as text that can be encoded: a name that is not UTF-8 gets question marks."""
    return str(path).encode("utf-8", "replace").decode()
