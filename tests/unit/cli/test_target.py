"""What a run may be aimed at, and whether it can be reached."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from jmxgen.cli import execute, target
from jmxgen.cli.scenario import warnings
from jmxgen.cli.target import Endpoint, Load
from jmxgen.errors import JMeterError, UsageError
from jmxgen.jmx import tree
from jmxgen.scenario.load import load

SAMPLES = Path(__file__).parents[3] / "samples"
PUBLIC, HERE, NEAR = (Endpoint(host, 80, False) for host in ("8.8.8.8", "127.0.0.1", "10.1.2.3"))


def run_load(
    *endpoints: Endpoint, callers: int | None = 2000, per_s: float | None = None, unknown: bool = False
) -> Load:
    return Load(endpoints=endpoints, unknown=unknown, callers=callers, per_s=per_s)


@pytest.fixture
def listener() -> Iterator[Endpoint]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Endpoint("127.0.0.1", server.getsockname()[1], False)


@pytest.mark.parametrize(
    "asked",
    [
        run_load(PUBLIC),
        run_load(HERE, PUBLIC),
        run_load(PUBLIC, callers=None, per_s=201),
        run_load(unknown=True),
        run_load(Endpoint("no.such.name.invalid", 80, False)),
    ],
)
def test_much_load_on_a_public_host_needs_a_word(asked: Load) -> None:
    with pytest.raises(UsageError, match=r"which isn't on a private network .*--yes"):
        target.allow(asked, yes=False)
    target.allow(asked, yes=True)


@pytest.mark.parametrize(
    "asked",
    [
        run_load(HERE, NEAR, Endpoint("localhost", 80, False), Endpoint("::1", 80, False)),
        run_load(PUBLIC, callers=1000, per_s=200),
        run_load(PUBLIC, callers=None),
    ],
)
def test_private_hosts_and_little_load_need_none(asked: Load) -> None:
    target.allow(asked, yes=False)


@pytest.mark.parametrize(("answer", "starts"), [(True, True), (False, False)])
def test_on_a_terminal_the_answer_decides(
    answer: bool, starts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("click.confirm", lambda *_, **__: answer)
    if starts:
        target.allow(run_load(PUBLIC), yes=False)
    else:
        with pytest.raises(UsageError, match="not started"):
            target.allow(run_load(PUBLIC), yes=False)


def scenario(tmp_path: Path, url: str, load_text: str) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text(f"name: a\ntarget: {{url: '{url}'}}\nload: {{{load_text}}}\ncall: [send: x]\n")
    return path


@pytest.mark.parametrize(
    ("load_text", "properties", "callers", "per_s"),
    [
        ("callers: 2000, ramp_up: 1s", {}, 2000, 2000),
        ("callers: 2000, ramp_up: 1s, handshake_rate: 20/s", {}, 2000, 20),
        ("callers: 10, ramp_up: 0s", {}, 10, 10),
        ("callers: 100, ramp_up: 10s", {"callers": "1000"}, 1000, 100),
        ("arrivals: {rate: 10/s, for: 1m}", {}, None, 10),
    ],
)
def test_the_load_of_a_scenario(
    load_text: str, properties: dict[str, str], callers: int | None, per_s: float, tmp_path: Path
) -> None:
    read = load(scenario(tmp_path, "wss://h.example/${__threadNum}", load_text))

    found = target.of_scenario(read, properties, int(properties.get("callers", 0)) or read.load.peak_callers)

    assert found.endpoints == (Endpoint("h.example", 443, True),)
    assert found.callers == callers
    assert found.per_s is not None
    assert math.isclose(found.per_s, per_s)


def test_an_address_that_only_jmeter_knows_is_unknown(tmp_path: Path) -> None:
    read = load(scenario(tmp_path, "ws://${__groovy(1)}/", "callers: 1"))

    assert target.of_scenario(read, {}, 1).unknown


def test_a_plan_s_targets_are_those_of_its_samplers_with_properties_filled_in() -> None:
    plan = tree.read(SAMPLES / "plans" / "naive.jmx")

    found = target.of_plan(plan, {"port": "9000"}, 5)

    assert found.endpoints == (Endpoint("127.0.0.1", 9000, False),)
    assert not found.unknown


def test_what_listens_is_reached(listener: Endpoint) -> None:
    target.reach([listener])


@pytest.mark.parametrize(
    ("host", "tls", "why"),
    [
        ("no.such.name.invalid", False, "the name no.such.name.invalid has no address"),
        ("127.0.0.1", False, "the connection is refused"),
    ],
)
def test_what_can_not_be_reached_is_said_with_the_reason(host: str, tls: bool, why: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(JMeterError, match=f"can't be reached: {why}.*--no-preflight"):
            target.reach([Endpoint(host, closed.getsockname()[1], tls)], otherwise="--no-preflight runs")


def test_a_search_offers_no_option_that_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{closed.getsockname()[1]}/"
        sample = Path(__file__).parents[3] / "samples" / "limit.yaml"
        words = [
            "search",
            str(sample),
            "--goal",
            "2",
            "-o",
            str(tmp_path / "s"),
            "--set",
            f"target.url={url}",
        ]

        assert execute(words) == 4

    said = capsys.readouterr().err
    assert "can't be reached" in said
    assert "--no-preflight" not in said


def test_a_port_that_does_not_speak_tls_is_said(listener: Endpoint) -> None:
    with pytest.raises(JMeterError, match="doesn't answer TLS"):
        target.reach([Endpoint(listener.host, listener.port, True)], timeout_s=0.2)


def test_a_refused_run_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jmxgen.cli.jmeter.ready", lambda **_: None)
    scenario(tmp_path, "ws://8.8.8.8/", "callers: 1001, ramp_up: 100s")

    assert execute(["run", "a.yaml"]) == 2

    assert "1,001 callers against 8.8.8.8:80" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_a_steep_ramp_is_warned_of(tmp_path: Path) -> None:
    steep = load(scenario(tmp_path, "ws://127.0.0.1/", "callers: 2000, ramp_up: 1s"))
    paced = load(scenario(tmp_path, "ws://127.0.0.1/", "callers: 2000, ramp_up: 1s, handshake_rate: 20/s"))

    assert "opens 2,000 connections per second" in next(warnings(steep))
    assert not list(warnings(paced))
