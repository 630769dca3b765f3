"""A verdict played back by a real JMeter against the simulator."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from jmxgen.cli import execute
from jmxgen.simulator.process import simulation

pytestmark = [pytest.mark.jmeter, pytest.mark.timeout(600)]
SAMPLE = (Path(__file__).parents[2] / "samples" / "limit.yaml").read_text(encoding="utf-8")


def test_a_cap_that_the_test_draws_is_played_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cap = random.randint(15, 30)
    with simulation(faults=[f"cap:limit={cap}"]) as server:
        text = SAMPLE.replace("ws://127.0.0.1:8765/ivr", server.url)
        text = text.replace("callers: 5, ramp_up: 250ms, hold: 6s", "callers: 45, ramp_up: 9s, hold: 9s")
        (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
        execute(["run", str(tmp_path / "s.yaml"), "-o", str(tmp_path / "run")])
    capsys.readouterr()

    execute(["reproduce", str(tmp_path / "run"), "-o", str(tmp_path / "again")])

    said = capsys.readouterr()
    faults = next(line for line in said.err.splitlines() if line.startswith("faults: "))
    played = int(faults.partition("cap:limit=")[2].partition(",")[0])
    assert abs(played - cap) <= 1
    assert "concurrency-cap" in said.out
    assert (tmp_path / "again" / "both.png").stat().st_size > 10_000
    assert (tmp_path / "again" / "likeness.txt").read_text("utf-8") == said.out
    assert "<svg" in (tmp_path / "again" / "reproduce.html").read_text("utf-8")
    assert json.loads((tmp_path / "again" / "reproduce.json").read_text("utf-8"))["words"] in said.out


def test_what_cannot_be_played_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(__file__).parents[1] / "data" / "causes" / "client-exhaustion"
    results = sorted(data.glob("*/results.jtl.gz"))[0]

    assert execute(["reproduce", str(results), "-o", str(tmp_path / "again")]) == 99
    assert "client-exhaustion can't be played: it is the load generator's" in capsys.readouterr().out
    found = json.loads((tmp_path / "again" / "reproduce.json").read_text("utf-8"))
    assert found["outcome"] == "not played"
