"""The scenarios that `init` writes are the samples, and true to their protocols."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jmxgen.cli.init import TEMPLATES
from jmxgen.scenario import templates
from jmxgen.scenario.load import load, loads
from jmxgen.scenario.model import Scenario
from jmxgen.scenario.steps import Disconnect, Request, Send

SAMPLES = Path(__file__).parents[3] / "samples"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_loads_and_is_the_sample(name: str) -> None:
    scenario = load(SAMPLES / f"{name}.yaml")

    assert scenario == loads(templates.read(name))
    assert isinstance(scenario.call[-1], Disconnect)
    assert scenario.criteria


def test_every_template_is_offered() -> None:
    assert sorted(TEMPLATES) == sorted(p.stem for p in Path(templates.__file__).parent.glob("*.yaml"))


def texts(scenario: Scenario) -> list[str]:
    found = []
    for step in scenario.call:
        payload = (
            step.request.send if isinstance(step, Request) else step.send if isinstance(step, Send) else None
        )
        if payload and payload.text:
            found.append(payload.text)
    return found


@pytest.mark.parametrize("name", ["ivr", "notifications", "audiohook", "graphql-ws", "twilio-media"])
def test_what_a_template_sends_is_json(name: str) -> None:
    for text in texts(loads(templates.read(name))):
        json.loads(text)


def test_audiohook_counts_its_messages_and_never_leads_the_server() -> None:
    messages = [json.loads(text) for text in texts(loads(templates.read("audiohook")))]

    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    assert [m["type"] for m in messages] == ["open", "ping", "ping", "dtmf", "close"]
    seen = 0
    for message in messages:
        assert message["serverseq"] <= seen
        assert message["version"] == "2"
        seen += message["type"] in ("open", "ping", "close")  # answered by opened, pong, closed


def test_notifications_stay_below_the_channels_of_one_login() -> None:
    assert loads(templates.read("notifications")).load.peak_callers <= 20
