"""The JSON schema of an analysis: what criteria may name, and what other programs read."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any, cast

from jmxgen.analysis.causes import CAUSES


def schema() -> dict[str, Any]:
    """Return the JSON schema of version 1, with the causes that there are."""
    text = importlib.resources.files(__package__).joinpath("analysis-1.schema.json").read_text("utf-8")
    found = cast("dict[str, Any]", json.loads(text))
    parts = found["properties"]
    for cause in (
        parts["verdict"]["properties"]["cause"],
        parts["hypotheses"]["items"]["properties"]["cause"],
    ):
        cause["enum"] = list(CAUSES)
    return found
