"""jmxgen generate: PLAN.jmx and PLAN.properties, what it says of the ramp, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.cli import execute
from jmxgen.scenario import templates

SCENARIO = """
name: a
target: {url: "ws://127.0.0.1:9/ws", headers: {X-API-KEY: "${__P(api_key)}"}}
secrets: {api_key: {env: API_KEY}}
load: {callers: 500, ramp_up: 100s}
call: [request: {send: hello, contains: hello}, listen: 5s]
"""


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("API_KEY", "hunter2")
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


def test_plan_and_properties_lie_beside_the_scenario(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["generate", "a.yaml"]) == 0

    assert scenario.with_suffix(".jmx").read_bytes().startswith(b"<?xml")
    assert "websocket.thread.stop.policy=wsClose" in scenario.with_suffix(".properties").read_text()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "the ramp makes 5 handshakes per second" in shown.err


def test_the_names_follow_the_output(scenario: Path) -> None:
    assert execute(["generate", "a.yaml", "-o", "out/b.jmx"]) == 0

    assert {p.name for p in (scenario.parent / "out").iterdir()} == {"b.jmx", "b.properties"}


def test_a_dash_prints_the_plan_and_writes_nothing(
    scenario: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert execute(["-q", "generate", "a.yaml", "-o", "-"]) == 0

    shown = capsysbinary.readouterr()
    assert shown.out.startswith(b"<?xml")
    assert shown.err == b""
    assert [p.name for p in scenario.parent.iterdir()] == ["a.yaml"]


def test_overrides_reach_the_plan(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["generate", "a.yaml", "--set", "load.callers=2000", "--set", "load.ramp_up=50s"]) == 0

    assert "the ramp makes 40 handshakes per second" in capsys.readouterr().err


def test_a_secrets_value_is_in_neither_file(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["generate", "a.yaml"]) == 0

    shown = capsys.readouterr()
    left = "".join(p.read_text(encoding="utf-8") for p in scenario.parent.iterdir()) + shown.out + shown.err
    assert "hunter2" not in left
    assert "needs the properties api_key" in shown.err
    assert "${__P(api_key" in scenario.with_suffix(".jmx").read_text(encoding="utf-8")


def test_all_faults_are_lines_on_stderr_and_nothing_is_written(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario.write_text(SCENARIO.replace("callers", "caller").replace("listen", "lisen"), encoding="utf-8")

    assert execute(["generate", "a.yaml"]) == 2

    assert capsys.readouterr().err.splitlines() == [
        "jmxgen: error: a.yaml:5:8: load: unknown key 'caller' (did you mean 'callers'?)",
        "jmxgen: error: a.yaml:6:49: call[1]: unknown step 'lisen' (did you mean 'listen'?)",
    ]
    assert [p.name for p in scenario.parent.iterdir()] == ["a.yaml"]


def test_a_strangers_functions_are_refused(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario.write_text(SCENARIO.replace("send: hello", "send: '${__groovy(1)}'"), encoding="utf-8")

    assert execute(["generate", "a.yaml", "--no-functions"]) == 2

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3  # the header's, the payload's, and the secret
    assert "a.yaml:6:24: functions are turned off" in told[1]
    assert execute(["generate", "a.yaml"]) == 0


@pytest.mark.parametrize(
    "words", [["."], ["/"], [".."], ["a.yaml", "-o", "/"], ["a.yaml", "-o", "."], ["none"]]
)
def test_a_folder_where_a_file_should_be_is_one_line(
    scenario: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["generate", *words]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("jmxgen: error: ")


@pytest.mark.parametrize("output", ["a.yaml", "./a.yaml"])
def test_the_scenario_is_not_written_over(scenario: Path, output: str) -> None:
    assert execute(["generate", "a.yaml", "-o", output]) == 2

    assert scenario.read_text(encoding="utf-8") == SCENARIO


def test_a_plan_named_as_its_properties_is_refused(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["generate", "a.yaml", "-o", "b.properties"]) == 2

    assert "where the plan's properties go" in capsys.readouterr().err


@pytest.mark.parametrize("template", ["ivr", "notifications", "audiohook"])
def test_the_same_scenario_makes_the_same_bytes(scenario: Path, template: str) -> None:
    scenario.write_text(templates.read(template), encoding="utf-8")

    execute(["-q", "generate", "a.yaml", "-o", "1.jmx"])
    execute(["-q", "generate", "a.yaml", "-o", "2.jmx"])

    assert Path("1.jmx").read_bytes() == Path("2.jmx").read_bytes()


def test_a_criterion_that_no_analysis_knows_is_told_before_the_run(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario.write_text(
        SCENARIO + "criteria: [closures.data.total == 0, closures.dat.total == 0]\n", encoding="utf-8"
    )

    assert execute(["generate", "a.yaml"]) == 2
    assert execute(["generate", "a.yaml", "--set", "criteria=[x <]"]) == 2

    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("jmxgen: error: a.yaml:7:38: criteria[1]: ")
    assert second.startswith("jmxgen: error: --set: criteria[0]: ")


def test_a_variable_that_is_set_nowhere_is_a_warning(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SCENARIO.replace("send: hello", "send: '${caler}'") + "data: [{csv: a.csv, variables: [caller]}]\n"
    scenario.write_text(text, encoding="utf-8")

    assert execute(["generate", "a.yaml"]) == 0

    assert "warning: ${caler} is set nowhere" in capsys.readouterr().err
