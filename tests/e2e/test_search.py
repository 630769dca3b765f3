"""A search with a real JMeter against servers whose limits the test draws: nothing can be tuned to them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from jmxgen.cli import execute
from jmxgen.simulator.process import simulation

pytestmark = [pytest.mark.jmeter, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
SAMPLE = (ROOT / "samples" / "limit.yaml").read_text(encoding="utf-8")
CONVERSATION = """\
call:
  - repeat:
      times: 50
      steps:
        - request: {send: hello, within: 5s}
        - pause: 200ms..3s
"""


def searched(
    folder: Path,
    faults: list[str],
    goal: int,
    *,
    text: str = SAMPLE,
    status: int = 0,
    more: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Search and return the JSON; the exit code must be `status`."""
    with simulation(faults=faults) as server:
        scenario = folder / "s.yaml"
        scenario.write_text(text.replace("ws://127.0.0.1:8765/ivr", server.url), encoding="utf-8")
        out = folder / "out"

        code = execute(["search", str(scenario), "--goal", str(goal), "-o", str(out), *more])

    found: dict[str, Any] = json.loads((out / "search.json").read_text("utf-8"))
    assert code == status, found
    for name in ("search.png", "search.svg", "search.html"):
        assert (out / name).stat().st_size > 1000
    page = (out / "search.html").read_text("utf-8")
    for probe in found["probes"]:
        assert f'href="{probe["folder"]}/report.html"' in page
        assert (out / probe["folder"] / "report.html").is_file()
    return found


def test_a_cap_is_found_within_seven_percent_below_in_at_most_ten_probes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cap = random.randint(20, 40)

    found = searched(tmp_path, [f"cap:limit={cap}"], goal=80)

    assert found["outcome"] == "limit", f"cap {cap}: {found}"
    assert 0.93 * cap <= found["holds"]["callers"] <= cap < found["fails"]["callers"]
    assert found["holds"]["runs"] == found["holds"]["passed"] == 3
    assert len(found["probes"]) <= 10
    said = capsys.readouterr().out.splitlines()[0]
    assert said.startswith(f"Holds {found['holds']['callers']} callers (3 of 3 runs), fails at ")
    assert "concurrency cap" in said  # of that load, or where one more caller hardly shows it, of the next


def test_a_limit_on_openings_is_searched_with_the_callers_kept(tmp_path: Path) -> None:
    rate = random.uniform(4, 8)

    text = SAMPLE.replace("callers: 5, ramp_up: 250ms, hold: 6s", "callers: 20, ramp_up: 1s, hold: 12s")
    found = searched(tmp_path, [f"rate:limit={rate:.2f}/s"], goal=20, text=text)

    assert found["outcome"] == "goal", f"rate {rate}: {found}"
    assert found["holds"]["callers"] == 20
    assert 0.6 * rate <= found["holds"]["rate"] <= rate


def test_an_idle_timeout_ends_the_search_with_what_to_change(tmp_path: Path) -> None:
    seconds = random.uniform(1.2, 2.2)

    found = searched(
        tmp_path,
        [f"idle:limit={seconds:.2f}s"],
        goal=40,
        text=SAMPLE[: SAMPLE.index("call:")].replace("hold: 6s", "hold: 10s")
        + CONVERSATION
        + "criteria: [closures.data.rate < 1%]\n",
        status=99,
    )

    assert found["outcome"] == "cause", f"idle {seconds}: {found}"
    assert "idle-timeout" in [probe["cause"] for probe in found["probes"]]
    assert "keep_alive.ping_every" in found["words"]
    assert len(found["probes"]) <= 2


def test_ctrl_c_ends_the_probe_and_resume_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    with simulation() as server:
        scenario = tmp_path / "s.yaml"
        scenario.write_text(SAMPLE.replace("ws://127.0.0.1:8765/ivr", server.url), encoding="utf-8")
        words = [sys.executable, "-m", "jmxgen", "search", str(scenario), "--goal", "5", "-o", str(out)]
        with subprocess.Popen(
            words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
        ) as child:
            wait_for(out / "probes" / "01-5" / "report.html")  # the first probe is over
            wait_for(out / "probes" / "02-5" / "jmeter.log")
            child.send_signal(signal.SIGINT)

            assert child.wait(90) == 130

        left = [p for p in psutil.process_iter(["cmdline"]) if str(out) in " ".join(p.info["cmdline"] or ())]
        assert not left
        known = json.loads((out / "search.json").read_text("utf-8"))
        assert known["outcome"] == "interrupted"
        assert len(known["probes"]) == 1
        assert (out / "search.html").is_file()
        assert not list(out.rglob("*.part"))

        assert execute(["search", "--resume", str(out)]) == 0

    found = json.loads((out / "search.json").read_text("utf-8"))
    assert found["outcome"] == "goal"
    assert len(found["probes"]) == 3
    assert capsys.readouterr().out.startswith("Holds 5 callers, the goal (3 of 3 runs)")


def wait_for(path: Path) -> None:
    limit = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < limit, path
        time.sleep(0.2)
