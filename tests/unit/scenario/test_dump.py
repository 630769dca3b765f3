"""What is dumped loads to itself, texts that look like numbers among it."""

from __future__ import annotations

import pytest

from jmxgen.scenario import templates
from jmxgen.scenario.dump import dumps
from jmxgen.scenario.load import loads
from jmxgen.scenario.model import Scenario


@pytest.mark.parametrize("name", ["ivr", "notifications", "audiohook"])
def test_the_templates_dump_and_load_to_themselves(name: str) -> None:
    scenario = loads(templates.read(name))

    assert loads(dumps(scenario)) == scenario


@pytest.mark.parametrize(
    "text",
    [
        "08", "1e3", "0o17", "0x1F", "1_000", "yes", "null", "~", "", "1:30", ".inf", "-", "- a", "a: b", "#",
        "é\u2028x", "\t", " a ", "<<", "=",
    ],
)  # fmt: skip
def test_a_text_stays_a_text(text: str) -> None:
    scenario = Scenario.model_validate(
        {
            "name": "08",
            "description": text,
            "target": {"url": "ws://x", "headers": {"1e3": text}},
            "call": [{"send": text}],
        }
    )

    assert loads(dumps(scenario)) == scenario
