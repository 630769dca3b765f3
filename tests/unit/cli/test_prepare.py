from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.cli import prepare
from jmxgen.errors import PlanError, ScenarioError, UsageError

PLAN = Path(__file__).parents[2] / "e2e" / "plans" / "tiny.jmx"
SCENARIO = """
name: small
target: {url: "ws://127.0.0.1:1/ivr", headers: {X-Key: "${__P(key)}"}}
secrets: {key: {env: THE_KEY}}
load: {callers: 20}
call: [{send: hello}]
"""


def test_a_property_is_a_name_with_a_value_or_a_variable_of_the_environment() -> None:
    found = prepare.parse_properties(["a=1=2", "b=", "c"], {"c": "secret"})
    assert found == {"a": "1=2", "b": "", "c": "secret"}


@pytest.mark.parametrize("option", ["=1", "", "a b=1", "gone", "a:b=c"])
def test_a_property_without_a_name_or_a_value_is_refused(option: str) -> None:
    with pytest.raises(UsageError):
        prepare.parse_properties([option], {})


def test_runs_without_a_folder_are_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = []
    for _ in range(3):
        place = prepare.free_folder(None, "ivr")
        place.mkdir()
        names.append(place.name)
    assert names == ["ivr-run", "ivr-run-2", "ivr-run-3"]


def test_a_folder_with_a_run_is_refused(tmp_path: Path) -> None:
    assert prepare.free_folder(tmp_path, "ivr") == tmp_path
    (tmp_path / "results.jtl").touch()
    with pytest.raises(UsageError, match="already contains a run"):
        prepare.free_folder(tmp_path, "ivr")


def test_a_scenario_becomes_a_plan_with_its_properties_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.setenv("THE_KEY", "sesame")
    out = tmp_path / "out"
    ready = prepare.from_scenario(tmp_path / "s.yaml", out, {}, ["load.callers=30"])
    assert (ready.callers, ready.properties) == (30, {"key": "sesame"})
    assert sorted(path.name for path in out.iterdir()) == ["plan.jmx", "plan.properties", "scenario.yaml"]
    assert "callers: 30" in (out / "scenario.yaml").read_text(encoding="utf-8")
    assert not [path for path in out.iterdir() if b"sesame" in path.read_bytes()]


def test_a_secret_without_a_value_stops_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.delenv("THE_KEY", raising=False)
    with pytest.raises(ScenarioError, match="THE_KEY"):
        prepare.from_scenario(tmp_path / "s.yaml", tmp_path / "out", {})
    assert not (tmp_path / "out").exists()


def test_a_property_that_is_given_makes_the_secret_unneeded(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO, encoding="utf-8")
    ready = prepare.from_scenario(tmp_path / "s.yaml", tmp_path / "out", {"key": "given", "callers": "7"})
    assert (ready.callers, ready.properties["key"]) == (7, "given")


@pytest.mark.parametrize("content", [None, b""])
def test_a_stream_without_its_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "s.yaml"
    stream = "stream: {file: voice.ulaw, chunk: 160B, every: 20ms}"
    path.write_text(
        f"name: s\ntarget: {{url: 'ws://127.0.0.1:1/x'}}\nload: {{callers: 1}}\n"
        f"call: [repeat: {{times: 2, steps: [{stream}]}}]\n"
    )
    if content is not None:
        (tmp_path / "voice.ulaw").write_bytes(content)

    with pytest.raises(UsageError, match=r"voice\.ulaw is missing or empty"):
        prepare.from_scenario(path, tmp_path / "run", {})

    assert prepare.from_scenario(path, tmp_path / "run", {}, elsewhere=True).callers == 1


def test_a_plan_runs_where_it_lies_and_is_copied_for_the_record(tmp_path: Path) -> None:
    plan = tmp_path / "mine.jmx"
    plan.write_bytes(PLAN.read_bytes())
    plan.with_suffix(".properties").write_text("callers=12\n", encoding="ascii")
    ready = prepare.from_plan(plan, tmp_path / "out", {}, None)
    assert (ready.plan, ready.callers, ready.scenario) == (plan, 12, None)
    assert (tmp_path / "out" / "plan.jmx").read_bytes() == plan.read_bytes()
    assert (tmp_path / "out" / "plan.properties").exists()


def test_what_is_no_plan_is_told_before_jmeter_starts(tmp_path: Path) -> None:
    (tmp_path / "x.jmx").write_text("hello")
    with pytest.raises(PlanError):
        prepare.from_plan(tmp_path / "x.jmx", tmp_path / "out", {}, None)
    assert not (tmp_path / "out").exists()
