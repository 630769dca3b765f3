"""The JSON schema agrees with what `load` accepts."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from jmxgen.scenario import source
from jmxgen.scenario.schema import schema

SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(schema())
LEAST = {"name": "a", "target": {"url": "ws://x"}, "call": [{"listen": "1s"}]}


def test_the_schema_is_a_draft_2020_12_schema() -> None:
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_every_sample_is_valid(sample: Path) -> None:
    VALIDATOR.validate(source.read(sample).data)


@pytest.mark.parametrize(
    "call",
    [
        [{"listen": None}, {"ping": None}, {"disconnect": None}],
        [{"send": "text"}, {"send": {"hex": "ff"}}, {"pause": "1s..3s"}],
        [{"if": {"contains": "a", "then": [{"pause": "1s"}], "else": [{"send": ""}]}}],
        [{"repeat": {"times": 2, "steps": [{"repeat": {"times": 2, "steps": [{"listen": "1s"}]}}]}}],
    ],
)
def test_short_and_nested_steps_are_valid(call: list[object]) -> None:
    VALIDATOR.validate({**LEAST, "call": call})


@pytest.mark.parametrize(
    "change",
    [
        {"nam": "a"},
        {"load": {"callers": "5"}},
        {"load": {"callers": 0}},
        {"load": {"ramp_up": "5"}},
        {"load": {"ramp_up": 5}},
        {"reconnect": {"jitter": "ful"}},
        {"call": []},
        {"call": [{"sned": "a"}]},
        {"call": [{"send": "a", "pause": "1s"}]},
        {"call": [{"send": 5}]},
        {"target": {}},
        {"secrets": {"a": {"enw": "A"}}},
    ],
)
def test_what_load_refuses_of_single_keys_the_schema_refuses(change: dict[str, object]) -> None:
    assert not VALIDATOR.is_valid({**LEAST, **change})


def test_defaults_are_written_as_in_a_scenario() -> None:
    assert schema()["$defs"]["Reconnect"]["properties"]["cap"]["default"] == "1m"
