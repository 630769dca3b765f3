"""The how-to's configurations of nginx and HAProxy: a JMeter runs through them, their logs are joined."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cause_plans import Generated
from benchmarks.record_server_logs import RECORDINGS, record
from tests.programs import program

pytestmark = pytest.mark.jmeter


@pytest.mark.parametrize("name", ["nginx-limit-conn", "haproxy-tunnel-timeout"])
def test_a_real_proxys_log_confirms_each_closure(name: str, tmp_path: Path) -> None:
    (recording,) = (each for each in RECORDINGS if each.name == name)
    program(recording.proxy)
    assert isinstance(recording.plan, Generated)
    brief = dataclasses.replace(recording.plan, hold="2s")
    record(dataclasses.replace(recording, plan=brief), tmp_path)
    folder = tmp_path / name
    logs = [word for log in sorted(folder.glob("*.log.gz")) for word in ("--server-log", str(log))]

    done = subprocess.run(
        [sys.executable, "-m", "jmxgen", "analyze", str(folder / "results.jtl.gz"), *logs, "--json", "-"],
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(done.stdout)
    log, closures = found["server_log"], found["closures"]
    total = closures["handshake"]["total"] + closures["data"]["total"]
    assert total > 0
    assert log["joined"] == log["agreements"] == found["connections"]["attempted"]
    assert log["ended_by"] == {"client": log["joined"] - total, "proxy": total}
    assert [named["connections"] for named in log["named"]] == [total]
