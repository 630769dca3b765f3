"""What the model says of a valid scenario. What it refuses is in golden/scenario/faults.txt."""

from __future__ import annotations

import pytest

from jmxgen.errors import ScenarioError
from jmxgen.scenario.load import loads
from jmxgen.scenario.model import Scenario

BASE = "name: a\ntarget: {url: 'wss://x:8443/p?q=${v}'}\n"
LEAST = BASE + "call: [listen: 1s]\n"


@pytest.mark.parametrize(
    "target",
    [
        "{url: ws://x, headers: {Authorization: Bearer hunter2}}",
        "{url: 'http://user:hunter2@x'}",
        "{url: 'ws://user:hunter2@x'}",
        "{url: 'ws://x?token=hunter2'}",
        "{url: ws://x, cookies: {token: hunter2}}",
    ],
)
def test_a_secret_in_plain_text_is_not_repeated_in_the_fault(target: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(f"name: a\ntarget: {target}\ncall: [listen: 1s]\n")

    assert "hunter2" not in str(caught.value)


def scenario(text: str) -> Scenario:
    return loads(LEAST + text)


@pytest.mark.parametrize(
    ("load", "rate", "callers"),
    [
        ("load: {callers: 500, ramp_up: 100s}", 5.0, 500),
        ("load: {callers: 500}", 1.0, 500),
        ("load: {callers: 500, ramp_up: 0s}", float("inf"), 500),
        (
            "load: {stages: [{callers: 100, over: 50s}, {callers: 40, over: 1s}, {callers: 140, over: 10s}]}",
            10.0,
            140,
        ),
        ("load: {stages: [{callers: 5, hold: 1m}]}", float("inf"), 5),
        ("load: {arrivals: {rate: 2/s, to: 300/min, for: 1m}}", 5.0, 0),
    ],
)
def test_the_ramp_says_how_many_handshakes_a_second_it_makes(load: str, rate: float, callers: int) -> None:
    assert scenario(load).load.ramp_rate == pytest.approx(rate)
    assert scenario(load).load.peak_callers == callers


def test_steps_before_the_first_that_needs_a_connection_prepare_it() -> None:
    text = """
call:
  - http: {url: https://x/token, method: POST}
  - set: {variable: token, json: $.access_token}
  - pause: 1s
  - send: a
  - set: {variable: b, regex: x(.)}
  - pause: 1s
"""
    found = loads(BASE + text)

    assert [step.kind for step in found.preparation] == ["http", "set", "pause"]
    assert [step.kind for step in found.conversation] == ["send", "set", "pause"]


def test_a_set_from_an_answer_needs_a_connection_where_no_http_step_was() -> None:
    found = loads(BASE + "call: [{set: {variable: a, value: b}}, {set: {variable: c, regex: d}}]")

    assert [step.kind for step in found.conversation] == ["set"]


def test_bare_steps_take_their_defaults() -> None:
    found = loads(BASE + "call:\n  - listen:\n  - ping:\n  - disconnect:\n")

    assert found == loads(BASE + "call: [{listen: 5s}, {ping: {}}, {disconnect: {code: 1000}}]")


def test_binary_payloads_become_hex_digits() -> None:
    found = loads(BASE + "call: [send: {hex: 01 FF}, send: {base64: Af8=}, send: {hex: '${frame}'}]")

    assert [step.send.hex_digits for step in found.call] == ["01ff", "01ff", "${frame}"]  # type: ignore[union-attr]
    assert all(step.send.is_binary for step in found.call)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    ['{"password": "${__P(pw)}"}', "client_secret=${__P(secret)}", "token_type=bearer", "{}", "secrets"],
)
def test_a_body_with_its_secret_as_a_property_is_fine(body: str) -> None:
    found = loads(BASE + f"call: [{{http: {{url: http://x, body: '{body}'}}}}, listen: 1s]")

    assert found.call[0].http.body == body  # type: ignore[union-attr]
