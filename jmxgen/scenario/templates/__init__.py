"""The scenarios that `jmxgen init` writes; samples/ links to them."""

from __future__ import annotations

import importlib.resources


def read(name: str) -> str:
    """Return a template's YAML text: `ivr`, `notifications`, `audiohook`, `socketio`, …."""
    return (importlib.resources.files(__name__) / f"{name}.yaml").read_text(encoding="utf-8")
