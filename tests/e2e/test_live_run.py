"""A run that shows itself while a real JMeter goes on, and that stops on what it was told to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jmxgen.cli import execute
from jmxgen.simulator.process import simulation

SCENARIO = """
name: live
target: {{url: "{url}", headers: {{X-Connection-Id: "${{ws_id}}"}}}}
load: {{callers: 30, ramp_up: 6s, hold: 60s}}
reconnect: {{max_attempts: 2, base: 1s, cap: 2s}}
call:
  - listen: 20s
  - disconnect: {{code: 1000}}
"""


@pytest.mark.jmeter
def test_a_run_names_its_first_closures_and_stops_cleanly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario, folder = tmp_path / "live.yaml", tmp_path / "run"
    truth = tmp_path / "truth.jsonl"
    with simulation(faults=["cap:limit=10,form=503"], truth=truth) as server:
        scenario.write_text(SCENARIO.format(url=server.url), encoding="utf-8")

        status = execute(
            ["run", str(scenario), "-o", str(folder), "--stop-on", "closures.handshake.total > 5"]
        )

    shown = capsys.readouterr()
    assert status == 99
    assert "stopped: --stop-on closures.handshake.total > 5" in shown.err
    assert "handshake, HTTP 503" in shown.err
    assert shown.out.startswith(
        "Incomplete: the run was stopped early by --stop-on closures.handshake.total > 5"
    )
    analysis = json.loads((folder / "analysis.json").read_text("utf-8"))
    assert analysis["closures"]["handshake"]["total"] > 5
    assert analysis["seconds"] < 60
    assert (folder / "report.html").is_file()
    # What the callers had open was closed with a close frame, and is not held to be abandoned.
    ends = [row["end"] for row in map(json.loads, truth.read_text("utf-8").splitlines()) if row["opened_at"]]
    assert set(ends) == {"closed"}
    assert analysis["connections"]["opened"] == len(ends)
    assert analysis["connections"]["leaked"] == 0
