"""Two real engines on loopback: they share the callers, prove who they are, and are missed when they go."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jmxgen.jmeter.home import Home, find
from jmxgen.jmeter.run import RunFailedError, Status, run
from jmxgen.simulator.process import simulation

pytestmark = pytest.mark.jmeter
PLAN = Path(__file__).parent / "plans" / "tiny.jmx"


@dataclasses.dataclass(frozen=True)
class Team:
    """Two engines that run, in their folder."""

    folder: Path
    key: Path
    processes: tuple[subprocess.Popen[str], ...]
    names: tuple[str, ...]

    def logs(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("engines")
    key = folder / "key"
    command = [sys.executable, "-m", "jmxgen", "engine", "--port", "0", "--key", str(key), "--callers", "50"]
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True))
            for _ in range(2)
        ]
        for process in started:
            stack.callback(process.send_signal, signal.SIGINT)
        names = []
        for process in started:
            assert process.stdout is not None
            names.append(process.stdout.readline().removeprefix("engine ").strip())
        yield Team(folder, key, tuple(started), tuple(names))


@pytest.fixture(scope="module")
def home() -> Home:
    return find()


def _engine_of(process: subprocess.Popen[str]) -> psutil.Process:
    (java,) = [child for child in psutil.Process(process.pid).children() if "java" in child.name()]
    return java


def test_engines_listen_on_loopback_alone(team: Team) -> None:
    for process in team.processes:
        listening = [c for c in _engine_of(process).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        assert len(listening) == 2
        assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}


SCENARIO = """
name: shared
target: {{url: "{url}?caller=${{caller}}", headers: {{X-Token: "${{__P(token)}}"}}}}
secrets: {{token: {{env: TOKEN}}}}
load: {{callers: 5, ramp_up: 1s, calls: 1, handshake_rate: 1/s}}
data: [{{csv: callers.csv, variables: [caller]}}]
call:
  - request: {{send: '{{"type":"open"}}', contains: opened, within: 20s}}
"""


def test_engines_share_callers_and_data_and_no_secret_stays_with_them(team: Team, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    (tmp_path / "callers.csv").write_text("\n".join(f"c{n}" for n in range(10)), encoding="ascii")
    with simulation(truth=truth) as server:
        (tmp_path / "scenario.yaml").write_text(SCENARIO.format(url=server.url), encoding="utf-8")
        words = [
            "run",
            "scenario.yaml",
            "-o",
            "out",
            "--remote",
            ",".join(team.names),
            "--key",
            str(team.key),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "jmxgen", *words],
            cwd=tmp_path,
            env={**os.environ, "TOKEN": "open sesame"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "the clock of" not in done.stderr, "engines on this machine have its clock"
    seen = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    callers = [row["path"].partition("caller=")[2] for row in seen]
    assert len(set(callers)) == len(callers) == 5, "no line of the data is used twice"
    rows = (tmp_path / "out" / "results.jtl").read_text(encoding="utf-8")
    opened = re.findall(r",open,101,Switching Protocols,((?:\d+\.){3}\d+:\d+)-callers", rows)
    assert collections.Counter(opened) == {team.names[0]: 3, team.names[1]: 2}
    # Each engine opens at half the rate: the first's three take 4 s, and took 2 s had it the whole.
    first = re.findall(rf"^(\d+),\d+,open,101,Switching Protocols,{re.escape(team.names[0])}-", rows, re.M)
    assert max(map(int, first)) - min(map(int, first)) > 3000
    left = team.logs() + "".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    )
    assert "sesame" not in left
    assert "Starting thread group" in left


def test_who_has_another_key_is_not_let_in(team: Team, home: Home, tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match="have another key") as error:
        run(PLAN, tmp_path / "run", home=home, remote=team.names, key=tmp_path / "another")
    assert all(name in str(error.value) for name in team.names)


def test_an_engine_that_dies_is_named_and_what_the_others_measured_is_kept(
    team: Team, home: Home, tmp_path: Path
) -> None:
    killed: list[int] = []

    def on_poll(status: Status) -> None:
        if not killed and status.jtl.exists() and status.jtl.read_text(encoding="utf-8").count("\n") > 5:
            java = _engine_of(team.processes[1])
            killed.append(java.pid)
            java.kill()

    with pytest.raises(RunFailedError) as error:
        run(
            PLAN,
            tmp_path,
            home=home,
            remote=team.names,
            key=team.key,
            properties={"calls": "-1", "pause": "100"},
            on_poll=on_poll,
        )
    assert f"the engine {team.names[1]} stopped responding" in str(error.value)
    assert team.names[0] not in str(error.value)
    assert error.value.outcome.jtl.read_text(encoding="utf-8").count("\n") > 5
    assert team.processes[1].wait(60) == 4
