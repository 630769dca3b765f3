"""A plan becomes a scenario again: exactly, where jmxgen wrote it; else with notes on what is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from jmxgen.errors import PlanError
from jmxgen.jmx.render import render
from jmxgen.next.from_plan import rebuild
from jmxgen.plan.build import build
from jmxgen.scenario.load import load, loads
from jmxgen.scenario.model import Scenario

SAMPLES = Path(__file__).parents[3] / "samples"
NAIVE = (SAMPLES / "plans" / "naive.jmx").read_text("utf-8")
TEXT = """
name: s
target: {url: "wss://h.example:8443/ws?caller=${caller}", read_timeout: 4s, headers: {X-Id: "${ws_id}"}}
load: {callers: 20, ramp_up: 10s, hold: 30s, calls_per_connection: 3}
reconnect: {max_attempts: 4, base: 500ms, cap: 9s, jitter: equal, give_up_on: [401], after_loss: stop}
data: [{csv: callers.csv, variables: [caller]}]
call:
  - request: {send: hello, within: 3s}
  - repeat: {times: 3, steps: [{send: {hex: 01ff}}, {listen: 3s}]}
  - disconnect: {code: 4001}
"""


def again(text: str, folder: Path) -> tuple[Scenario, list[str]]:
    (folder / "plan.jmx").write_text(text, encoding="utf-8")
    value, notes = rebuild(folder / "plan.jmx")
    return loads(yaml.safe_dump(value)), notes


def test_a_plan_of_jmxgens_has_its_load_reconnects_and_steps_again(tmp_path: Path) -> None:
    before = loads(TEXT)

    after, notes = again(render(build(before)).decode(), tmp_path)

    assert after.load == before.load
    assert after.reconnect == before.reconnect
    assert after.target.url == before.target.url
    assert [step.kind for step in after.call] == ["request", "repeat", "disconnect"]
    assert not notes


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_plan_of_each_sample_makes_a_scenario_that_generates(sample: Path, tmp_path: Path) -> None:
    after, _ = again(render(build(load(sample))).decode(), tmp_path)

    assert after.load.peak_callers == load(sample).load.peak_callers
    assert render(build(after)).startswith(b"<?xml")


def test_a_plan_by_hand_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    after, notes = again(NAIVE, tmp_path)

    assert (after.load.callers, after.load.ramp.seconds) == (1000, 50)
    assert after.target.url == "ws://127.0.0.1:8765/ivr?caller=${__threadNum}"
    assert after.reconnect.max_attempts == 1
    assert [step.kind for step in after.call] == ["request", "repeat", "disconnect"]
    assert not notes


def test_the_properties_beside_a_plan_count(tmp_path: Path) -> None:
    (tmp_path / "plan.properties").write_text("callers=7\nport=99\n", encoding="latin-1")

    after, _ = again(NAIVE, tmp_path)

    assert after.load.callers == 7
    assert after.target.url.startswith("ws://127.0.0.1:99/")


def test_what_a_scenario_cannot_say_is_noted(tmp_path: Path) -> None:
    text = NAIVE.replace("${__P(requests,10)}", "${turns}").replace("${__P(callers,1000)}", "${__groovy(3)}")
    text = re.sub("ConstantTimer(?=[ >])", "PoissonRandomTimer", text)
    text = text.replace('testclass="ConstantTimer"', 'testclass="PoissonRandomTimer"')

    _, notes = again(text, tmp_path)

    said = "\n".join(notes)
    assert "LoopController 'digits': how often it loops isn't known" in said
    assert "its callers aren't known before it runs: 1 is taken" in said
    assert "PoissonRandomTimer 'think': how long it waits can't be said" in said


def test_secrets_stay_out(tmp_path: Path) -> None:
    text = NAIVE.replace("caller=${__threadNum}", "access_token=s3cr3t-0f-th3-t3am-9876")

    after, notes = again(text, tmp_path)

    assert "s3cr3t" not in after.target.url + "".join(notes)
    assert "${__P(secret_1)}" in after.target.url


def test_a_plan_that_opens_nothing_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="opens a WebSocket"):
        again(NAIVE.replace("eu.luminis", "com.example"), tmp_path)
