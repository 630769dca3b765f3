from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeVar

import pytest

from jmxgen.errors import ScenarioError
from jmxgen.plan import model
from jmxgen.plan.build import build
from jmxgen.plan.model import Element, Plan
from jmxgen.scenario.load import loads


def plan(call: str, rest: str = "", **options: Any) -> Plan:
    text = f'name: x\ntarget: {{url: "ws://localhost/ivr"}}\n{rest}\ncall:\n{call}'
    return build(loads(text, path=Path("x.yaml")), **options)


E = TypeVar("E", bound=Element)


def find(made: Plan, kind: type[E], name: str = "") -> list[E]:
    return [e for e in made.tree.walk() if isinstance(e, kind) and name in ("", e.name)]


def waits(made: Plan) -> list[str]:
    """Return what a call waits for, in order: reads with their times, pings, plain pauses."""
    group = made.tree.children[-1]
    told = []
    for element in group.walk():
        match element:
            case model.Read(optional=True):
                told.append(f"read {element.read_timeout}")
            case model.Ping():
                told.append("ping")
            case model.LoopController():
                told.append(f"{element.loops}x")
            case model.Pause(milliseconds=time) if not element.children:
                told.append(f"pause {time}")
    return [as_set(made, text) for text in told]


def as_set(made: Plan, text: str) -> str:
    """Return a text with the values that the plan's settings have."""
    values = {knob.name: knob.default for knob in made.knobs}
    for table in find(made, model.Settings):
        for name, value, _ in table.variables:
            if name not in values and name != "ceiling":
                values[name] = str(jexl(filled(value, values)))
    return filled(text, values)


def filled(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def jexl(expression: str) -> int:
    """Return the value of an expression of JEXL, of whole numbers: sums, quotients, and a choice."""
    inner = expression.removeprefix("${__jexl3(").removesuffix(")}").replace("/", "//")
    inner = re.sub(r"\((\d+) > 0 \? (.+) : 1\)", r"((\2) if \1 > 0 else 1)", inner)
    inner = re.sub(r"^(\d+ - \d+) > 0 \? (.+) : 1$", r"(\2) if \1 > 0 else 1", inner)
    return int(eval(inner))


def test_labels_are_made_from_the_steps_and_each_stands_once() -> None:
    made = plan(
        """
  - send: '{"type":"open"}'
  - send: '{"type":"open"}'
  - expect: {contains: opened}
  - request: {send: hello}
    label: greeting
"""
    )

    names = [
        e.name for e in made.tree.walk() if isinstance(e, model.Write | model.Read | model.RequestResponse)
    ]
    assert names == ["send open", "send open (2)", "expect opened", "greeting"]


def headers(target: str) -> tuple[tuple[str, str], ...]:
    """Return the headers of the upgrade request, of which both openers have the same."""
    text = f'name: x\ntarget: {{url: "ws://h/"{target}}}\ncall: [{{send: x}}]'
    made = build(loads(text, path=Path("x.yaml")))
    openers = find(made, model.Open)
    assert [opener.name for opener in openers] == ["open", "reconnect"]
    under = [[e.headers for e in opener.children if isinstance(e, model.Headers)] for opener in openers]
    assert under[0] == under[1]
    assert len(find(made, model.Headers)) == sum(map(len, under)), "only openers have some"
    return under[0][0] if under[0] else ()


def test_headers_stand_under_the_openers_alone() -> None:
    assert headers(", headers: {A: b}, subprotocols: [p, q]") == (
        ("A", "b"),
        ("X-Connection-Id", "${ws_id}"),
        ("Sec-WebSocket-Protocol", "p, q"),
    )


def test_each_attempt_sends_its_id_unless_the_scenario_says_otherwise() -> None:
    assert headers("") == (("X-Connection-Id", "${ws_id}"),)
    assert headers(', headers: {x-connection-id: "${__UUID}"}') == (("x-connection-id", "${__UUID}"),)
    assert headers(', headers: {X-Connection-Id: ""}') == ()


def test_a_listen_is_reads_in_slices_that_add_up() -> None:
    keep = "keep_alive: {read_slice: 2s}"

    assert waits(plan("  - listen: 1500ms", keep)) == ["1x", "read 1500"]
    assert waits(plan("  - listen: 6s", keep)) == ["3x", "read 2000"]


def test_own_pings_come_as_often_as_told_across_steps() -> None:
    keep = "keep_alive: {ping_every: 4s, read_slice: 4s}"

    assert waits(plan("  - listen: 10s", keep)) == [
        "read 4000", "ping", "read 4000", "ping", "read 2000",
    ]  # fmt: skip
    assert waits(plan("  - listen: 3s\n  - listen: 3s", keep)) == [
        "read 3000",
        "read 1000",
        "ping",
        "read 2000",
    ]
    assert waits(plan("  - listen: 3s\n  - send: x\n  - listen: 3s", keep)) == ["read 3000", "read 3000"]


def test_short_waits_in_a_loop_are_pinged_too() -> None:
    keep = "keep_alive: {ping_every: 4s, read_slice: 4s}"

    told = waits(plan("  - repeat: {times: 9, steps: [{listen: 3s}]}", keep))

    assert "ping" in told


def test_a_pause_reads_so_that_pings_are_answered() -> None:
    assert waits(plan("  - send: x\n  - pause: 500ms..2s")) == ["1x", "read 500", "read ${__Random(1,1500)}"]


def test_a_pause_leaves_the_frames_that_a_later_step_waits_for() -> None:
    assert waits(plan("  - send: x\n  - pause: 1s\n  - expect: {contains: y}")) == ["pause 1000"]
    looping = "  - repeat: {times: 2, steps: [{expect: {contains: y}}, {pause: 1s}]}"
    assert waits(plan(looping)) == ["2x", "pause 1000"]
    assert waits(plan(looping.replace("times: 2", "times: 1"))) == ["1x", "1x", "read 1000"]


def test_a_pause_before_the_opening_is_plain() -> None:
    assert waits(plan("  - pause: 1s\n  - send: x")) == ["pause 1000"]


def test_every_knob_has_the_scenarios_value_as_its_default() -> None:
    made = plan("  - send: x", "load: {callers: 500, ramp_up: 100s, hold: 5m, handshake_rate: 90/min}")

    (group,) = find(made, model.ThreadGroup)
    assert group.threads == "${callers}"
    (look_back,) = (e for e in group.walk() if isinstance(e, model.Script) and "lookBack" in e.line)
    assert look_back.parameters == "calls=${calls} ramp=${ramp_up} hold=${hold}"
    (settings, _) = find(made, model.Settings)
    assert ("handshake_rate", "${__P(handshake_rate,1.5)}") in {v[:2] for v in settings.variables}
    defaults = {knob.name: knob.default for knob in made.knobs}
    assert defaults["callers"] == "500"
    assert {name for name, _, description in settings.variables if description} == set(defaults)


def test_a_secret_may_not_have_a_knobs_name() -> None:
    with pytest.raises(ScenarioError, match="property of the plan"):
        plan("  - send: x", "secrets: {port: {env: P}}")


def test_a_variable_may_not_have_a_settings_name() -> None:
    with pytest.raises(ScenarioError, match="setting of the plan"):
        plan("  - send: x", "data: [{csv: a.csv, variables: [host]}]")


def test_files_are_found_in_the_scenarios_folder_or_another() -> None:
    made = plan("  - send: {file: a.json}", folder="/some/where, here")

    (write,) = find(made, model.Write)
    assert write.data.file == r"${__P(files,/some/where\, here)}/a.json"


def test_every_answer_that_may_be_the_last_gets_the_extractor() -> None:
    made = plan(
        """
  - expect: {contains: a}
  - if: {contains: b, then: [{request: {send: c}}]}
  - set: {variable: v, regex: 'x(.)'}
"""
    )

    holders = [e.name for e in made.tree.walk() if any(getattr(c, "variable", "") == "v" for c in e.children)]
    assert holders == ["expect a", "request"]


def test_a_step_that_looks_at_nothing_is_an_error() -> None:
    with pytest.raises(ScenarioError, match="nothing has been received"):
        plan("  - send: x\n  - if: {contains: a, then: [{send: y}]}")


def test_a_binary_frame_is_held_against_bytes() -> None:
    (read,) = find(plan("  - expect: {frame: binary, contains: AB}"), model.Read)
    assert [f.value for f in read.children if isinstance(f, model.BinaryFilter)] == ["4142"]

    with pytest.raises(ScenarioError, match="contains only"):
        plan("  - expect: {frame: binary, regex: a}")


def test_json_is_waited_for_by_a_filter_and_settled_by_an_assertion() -> None:
    (read,) = find(plan("  - expect: {json: $.a.type, equals: opened}"), model.Read)

    (text,) = (child for child in read.children if isinstance(child, model.TextFilter))
    assert text.comparison == "NotContainsRegex"
    assert text.value == r'"type"\s*:\s*"?opened"?\s*[,}]'
    (assertion,) = (child for child in read.children if isinstance(child, model.JsonAssertion))
    assert (assertion.path, assertion.value) == ("$.a.type", "opened")


def test_the_call_closes_with_the_code_that_is_written() -> None:
    made = plan("  - send: x\n  - disconnect: {code: 4001, within: 2s}\n    label: hang up")

    assert [(c.name, c.code, c.read_timeout) for c in find(made, model.Close)] == [
        ("close after a failed call", "1000", "2000"),
        ("hang up", "4001", "2000"),
    ]


def test_a_request_for_another_kind_of_frame_is_two_samples() -> None:
    made = plan("  - request: {send: {hex: 'ff'}, contains: ok}")

    assert [e.name for e in (*find(made, model.Write), *find(made, model.Read))] == [
        "request: send",
        "request",
    ]
    assert not find(made, model.RequestResponse)


def test_a_value_at_a_json_path_is_compared_as_text() -> None:
    (check,) = find(plan("  - expect: {json: $.id, equals: '4.2'}"), model.JsonAssertion)

    assert check.value == r"4\.2"  # a regex that holds for the number 4.2 and for the text "4.2"


PINGS = 'on: [{regex: "^2$", send: "3 ${who}"}]'


def test_replies_are_given_to_each_connection_with_their_variables_unfilled() -> None:
    made = plan("  - listen: 1s", PINGS)

    (joined,) = find(made, model.ScriptListener, "fragments are joined, binary messages passed over")
    assert json.loads(joined.parameters) == [
        {"match": {"regex": "^2$"}, "send": "3 ${who}", "pass_on": False}
    ]
    assert "${" not in joined.parameters
    assert made.replies
    assert not plan("  - listen: 1s").replies


def test_binary_messages_are_passed_over_where_no_step_reads_any() -> None:
    for call, line in {
        "  - request: {send: a, contains: b}\n": "opened(Parameters, false)",
        "  - expect: {frame: binary}\n": "opened(Parameters, true)",
    }.items():
        (joined,) = (e for e in find(plan(call), model.ScriptListener) if e.name.startswith("fragments"))
        assert joined.line.endswith(line)


def test_a_pause_before_a_wait_answers_and_keeps_what_came() -> None:
    call = "  - send: a\n  - pause: 2s\n  - expect: {contains: x}\n"
    made = plan(call, PINGS)
    (pause,) = find(made, model.Script, "pause")

    assert "attend(Parameters as long, true, true)" in pause.line
    assert as_set(made, pause.parameters) == "2000"
    assert find(plan(call), model.Pause, "pause")


def test_a_listen_switches_to_its_own_replies_and_back() -> None:
    made = plan("  - listen: 1s\n    on: [{contains: a, send: b}]\n", PINGS)

    scripts = [e for e in find(made, model.Script) if "replies" in e.name]
    assert [len(json.loads(e.parameters)) for e in scripts] == [2, 1]


def test_cookies_of_http_steps_are_in_the_scope_of_the_openers() -> None:
    made = plan("  - http: {url: 'http://h/login'}\n  - send: x\n")

    (cookies,) = find(made, model.Cookies)
    group = made.tree.children[-1]
    assert cookies in group.children
    assert cookies.fresh


def test_a_header_is_taken_from_the_http_step_before_it_alone() -> None:
    http = "  - http: {url: 'http://h/login'}\n"
    take = "  - set: {variable: a, header: X-Token}\n"
    (taken,) = find(plan(f"{http}{take}  - send: x\n"), model.RegexExtractor)

    assert taken.headers
    with pytest.raises(ScenarioError, match="comes with an http step's answer"):
        plan(f"{http}  - request: {{send: x}}\n{take}")


def test_a_stream_is_one_script_with_its_file_and_texts_unfilled() -> None:
    text = """
  - stream: {file: a.ulaw, chunk: 160B, every: 20ms, for: 5s, text: 'x ${ws_chunk}', until: {contains: stop}}
  - if: {contains: stop, then: [{send: x}]}
"""
    made = plan(text, folder="/data")

    compiled, stream = [e for e in find(made, model.Script) if e.file == "stream"]
    given = json.loads(stream.parameters)
    assert compiled.parameters == ""
    assert given["file"] == "${__P(files,/data)}/a.ulaw"
    assert (given["chunk"], given["every"], given["limit"]) == (160, 20, 5000)
    assert (given["text"], given["until"]) == ("x ${ws_chunk}", {"contains": "stop"})
    assert "${" not in stream.parameters
    assert [type(e) for e in stream.children] == [model.RegexExtractor]


@pytest.mark.parametrize("size", ["160", "0B", "17MB", "99999kB"])
def test_a_chunk_is_a_size(size: str) -> None:
    with pytest.raises(ScenarioError, match="B"):
        plan(f"  - stream: {{file: a, chunk: {size}, every: 20ms}}\n")
