"""JSON that does nothing to a terminal: names in a plan are hostile."""

from __future__ import annotations

import json
from typing import Any


def json_text(document: Any) -> str:
    """Return JSON in which every control or direction character is escaped."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text) + "\n"


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]
