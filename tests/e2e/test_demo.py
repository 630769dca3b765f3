"""The demo, as the README promises it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.jmeter
@pytest.mark.timeout(600)
def test_the_demo_finds_the_cap_and_every_connection_ends_as_the_server_logged(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jmxgen", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    folder = tmp_path / "jmxgen-demo"
    verdict = json.loads((folder / "analysis.json").read_text(encoding="utf-8"))["verdict"]
    assert verdict["cause"] == "concurrency-cap"
    assert verdict["side"] == "server"
    assert 114 <= verdict["evidence"]["limit"] <= 126
    report = (folder / "report.html").read_text(encoding="utf-8")
    for shown in ("<dt>JMeter</dt>", "<dt>WebSocket samplers</dt>", "<dt>Java</dt>", "<dt>load.callers</dt>"):
        assert shown in report
    assert "closures: " in done.stderr  # the run shows itself, in plain lines where nobody watches
    names = {"scenario.yaml", "plan.jmx", "plan.properties", "results.jtl", "timeline.png", "report.html"}
    assert names <= {path.name for path in folder.iterdir()}


def test_the_demo_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "jmxgen", "demo", str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.startswith("jmxgen: error: ")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
