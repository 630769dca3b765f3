"""The scenario's JSON schema (draft 2020-12), for editors and other programs.

It knows keys, kinds, choices and limits. What depends on several keys (callers or stages, cap over base)
is checked by `load` alone.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from jmxgen.scenario.amounts import Written
from jmxgen.scenario.model import Scenario


class _Generator(GenerateJsonSchema):
    """Writes defaults as they stand in a scenario: `5s`, not its milliseconds."""

    def encode_default(self, dft: Any) -> Any:
        return str(dft) if isinstance(dft, Written) else super().encode_default(dft)


def schema() -> dict[str, Any]:
    """Return the schema as JSON values."""
    made = Scenario.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": "jmxgen scenario", **_plain(made)}


def _plain(value: Any) -> Any:
    """Return the schema without pydantic's titles, which repeat each key."""
    if isinstance(value, dict):
        # Below `properties` a key `title` would be the scenario's own.
        return {
            key: {name: _plain(part) for name, part in item.items()}
            if key in ("properties", "$defs")
            else _plain(item)
            for key, item in value.items()
            if key != "title" or not isinstance(item, str)
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value
