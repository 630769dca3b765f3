"""The loop of a search, with probes that are values."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
from pathlib import Path
from typing import Any

import pytest

from jmxgen.cli import execute, searching
from jmxgen.cli.output import console
from jmxgen.cli.probing import Prober
from jmxgen.cli.running import Team
from jmxgen.errors import JMeterError
from jmxgen.scenario.load import loads
from jmxgen.search import result
from jmxgen.search.model import Goal, Load, Probe, Trials, Try
from jmxgen.search.result import Search, Source

TEXT = """
name: s
target: {url: "ws://127.0.0.1:1/"}
load: {callers: 5, ramp_up: 1s, hold: 1s}
call: [{request: {send: hello, within: 4s}}]
"""
SEARCH = Search(
    source=Source(path="/s.yaml"), name="s", target="ws://127.0.0.1:1/", criteria=(),
    goal=Goal(callers=8, first=5, demands=()),
)  # fmt: skip


class Killed(BaseException):
    """What a probe raises in place of a SIGKILL."""


def prober(folder: Path, **more: Any) -> Prober:
    values: dict[str, Any] = {
        "path": folder / "s.yaml", "folder": folder, "scenario": loads(TEXT), "overrides": (), "home": None,
        "functions": True, "properties": {}, "criteria": (), "team": Team(), "out": console(quiet=True),
        **more,
    }  # fmt: skip
    return Prober(**values)


def test_a_search_that_is_killed_in_its_first_probe_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> Probe:
        raise Killed

    monkeypatch.setattr(Prober, "probe", killed)

    with pytest.raises(Killed):
        searching.go_on(SEARCH, prober(tmp_path))

    assert result.read(tmp_path) == SEARCH


def test_a_server_that_is_gone_needs_no_run_to_see_it_and_what_is_known_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def probe(_: Prober, step: Try, *_more: object) -> Probe:
        missed = ("closures.handshake.total == 0 (was 9)",) if step.load.callers > 5 else ()
        return Probe(load=step.load, purpose="", handshake=Trials(0, 9), data=Trials(0, 9), missed=missed)

    monkeypatch.setattr(Prober, "probe", probe)
    monkeypatch.setattr("jmxgen.cli.probing.time.sleep", lambda _: None)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        scenario = loads(TEXT.replace("127.0.0.1:1", f"127.0.0.1:{closed.getsockname()[1]}"))

        with pytest.raises(JMeterError, match=r"isn't itself again.*connection is refused"):
            searching.go_on(SEARCH, prober(tmp_path, scenario=scenario))

    assert capsys.readouterr().out.startswith("Holds 5 callers (1 of 1 run), fails at 8")
    assert not (tmp_path / "checks").exists()
    assert result.read(tmp_path).holds == Load(5)


@pytest.mark.parametrize(
    ("change", "said"), [("# more", "has changed since"), (None, "can't read the scenario")]
)
def test_a_search_does_not_go_on_with_another_scenario(
    change: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(TEXT, encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    search = dataclasses.replace(SEARCH, source=Source(path=str(path), digest=digest))
    (tmp_path / "search.json").write_text(result.render(search), encoding="utf-8")
    if change:
        path.write_text(TEXT + change, encoding="utf-8")
    else:
        path.unlink()

    assert execute(["search", "--resume", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_single_caller_is_its_own_check_whether_the_server_is_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def probe(_: Prober, step: Try, *_more: object) -> Probe:
        n = step.load.callers
        missed = ("closures.data.total == 0 (was 9)",)
        return Probe(
            load=step.load, purpose="", handshake=Trials(0, 4 * n), data=Trials(4 * n, 4 * n), missed=missed,
            cause="idle-timeout", confidence=0.9,
        )  # fmt: skip

    def never(*_: object) -> int:
        raise AssertionError

    monkeypatch.setattr(Prober, "probe", probe)
    monkeypatch.setattr(Prober, "recover", never)

    found = searching.go_on(SEARCH, prober(tmp_path))

    assert found.stop is not None
    assert found.stop.kind == "cause"
    assert [probe.load.callers for probe in found.probes] == [5, 1]
