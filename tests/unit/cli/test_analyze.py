from __future__ import annotations

import csv
import gc
import json
from pathlib import Path

import pytest
from lxml import etree

from jmxgen.cli import execute

SAMPLE = Path(__file__).parents[3] / "samples" / "cap.jtl"


def test_the_verdict_goes_to_stdout_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["analyze", str(SAMPLE)]) == 0

    shown = capsys.readouterr()
    assert "concurrency-cap" in shown.out
    assert shown.err == ""
    assert "\x1b" not in shown.out


def test_a_folder_receives_all_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["analyze", str(SAMPLE), "-o", str(tmp_path / "out")]) == 0

    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"report.html", "analysis.json", "timeline.png", "timeline.svg", "connections.csv"}
    assert "report.html" in capsys.readouterr().err


def test_json_on_stdout_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["analyze", str(SAMPLE), "--json", "-"]) == 0

    shown = capsys.readouterr()
    assert json.loads(shown.out)["verdict"]["cause"] == "concurrency-cap"
    assert "concurrency-cap" in shown.err


def test_a_missed_criterion_exits_1_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit, summary = tmp_path / "junit.xml", tmp_path / "summary.md"

    status = execute(
        [
            "analyze", str(SAMPLE), "--fail-on", "closures.handshake.total > 0", "--fail-on",
            "closures.data.total > 0", "--junit", str(junit), "--markdown", str(summary),
        ]
    )  # fmt: skip

    assert status == 1
    assert (
        "MISSED  not (closures.handshake.total > 0): closures.handshake.total is 40"
        in capsys.readouterr().out
    )
    assert etree.parse(junit).getroot().get("failures") == "1"
    assert "**missed**" in summary.read_text("utf-8")


def test_a_scenario_s_criteria_are_judged(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "name: x\ntarget: {url: 'ws://127.0.0.1:1/'}\nload: {callers: 1}\ncall: [{listen: 1s}]\n"
        "criteria: ['closures.handshake.rate < 1%']\n"
    )

    assert execute(["analyze", str(SAMPLE), "--scenario", str(scenario)]) == 1


def test_a_misspelt_criterion_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["analyze", str(SAMPLE), "--fail-on", "closures.dta.total > 0"]) == 2
    assert "did you mean 'data'" in capsys.readouterr().err


def test_what_can_not_be_read_exits_3_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["analyze", str(tmp_path / "none.jtl")]) == 3

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("jmxgen: error: ")


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "results.jtl"
    copy.write_bytes(SAMPLE.read_bytes())

    assert execute(["analyze", str(copy), "--connections", str(copy)]) == 2
    assert copy.read_bytes() == SAMPLE.read_bytes()


def test_a_report_leaves_python_s_collector_as_it_was(tmp_path: Path) -> None:
    before = gc.get_threshold()

    assert execute(["analyze", str(SAMPLE), "-o", str(tmp_path / "out")]) == 0

    assert gc.get_threshold() == before


@pytest.mark.parametrize("offset", ["soon", "5", "-", "1s2"])
def test_an_offset_is_a_duration(offset: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["analyze", str(SAMPLE), f"--clock-offset={offset}"]) == 2
    assert "is no duration" in capsys.readouterr().err


def test_metrics_are_read_on_the_run_s_clock(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.csv"
    metrics.write_text("time,active\n2026-11-24T03:38:41.000Z,5\n2026-11-24T03:38:42.000Z,9\n")

    assert execute(["analyze", str(SAMPLE), "--metrics", str(metrics), "--clock-offset=-1s"]) == 0


ATTACK = '"><script>alert(1)</script>\x1b]0;pwned\x07=cmd|calc $\\frac{1}{0}$'


def test_a_hostile_file_gets_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quoted = '"' + ATTACK.replace('"', '""') + '"'
    rows = SAMPLE.read_text("utf-8").replace("WS Open", f"=1+1 {ATTACK}".replace('"', "'"))
    rows = rows.replace("callers 1-7,", f"{quoted},").replace("null", quoted)
    hostile, out = tmp_path / "results.jtl", tmp_path / "out"
    hostile.write_text(rows, encoding="utf-8")

    assert execute(["analyze", str(hostile), "-o", str(out)]) == 0

    shown = capsys.readouterr()
    assert all(c.isprintable() or c == "\n" for c in shown.out + shown.err)
    page = (out / "report.html").read_text("utf-8")
    assert page.count("<script>") == 1
    assert "\x1b" not in page
    tags = {
        etree.QName(element).localname for element in etree.parse(out / "timeline.svg").iter(etree.Element)
    }
    assert not tags & {"script", "image", "a", "foreignObject"}
    rows_written = csv.reader((out / "connections.csv").read_text("utf-8").splitlines())
    cells = [cell for row in rows_written for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "\x1b" not in "".join(cells)
