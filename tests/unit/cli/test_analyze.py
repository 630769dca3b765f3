from __future__ import annotations

import csv
import gc
import json
from pathlib import Path

import pytest
from lxml import etree

from jmxgen.cli import execute
from jmxgen.jmeter import record

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


def test_a_missed_criterion_exits_99_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit, summary = tmp_path / "junit.xml", tmp_path / "summary.md"

    status = execute(
        [
            "analyze", str(SAMPLE), "--fail-on", "closures.handshake.total > 0", "--fail-on",
            "closures.data.total > 0", "--junit", str(junit), "--markdown", str(summary),
        ]
    )  # fmt: skip

    assert status == 99
    shown = capsys.readouterr().out
    assert "Fail on (must not hold)\n  FAILED      closures.handshake.total > 0 (was 40)\n" in shown
    assert "  passed      closures.data.total > 0 (was 0)\n" in shown
    assert etree.parse(junit).getroot().get("failures") == "1"
    assert "**FAILED**" in summary.read_text("utf-8")


def test_a_scenario_s_criteria_are_judged(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "name: x\ntarget: {url: 'ws://127.0.0.1:1/'}\nload: {callers: 1}\ncall: [{listen: 1s}]\n"
        "criteria: ['closures.handshake.rate < 1%']\n"
    )

    assert execute(["analyze", str(SAMPLE), "--scenario", str(scenario)]) == 99


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
    assert "is not a duration" in capsys.readouterr().err


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

    # No row of it is a WebSocket's any more, so nothing can be judged.
    assert execute(["analyze", str(hostile), "-o", str(out), "--fail-on", "stalls > 0"]) == 99

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


HEADER = SAMPLE.read_text("utf-8").splitlines(keepends=True)[0]
HTTP = "1795491519313,10,GET home,200,OK,users 1-1,text,true,,192,166,1,1,http://x/,5,0,2\n"


@pytest.mark.parametrize("content", [HEADER, HEADER + HTTP * 40, SAMPLE.read_text("utf-8")[:300]])
def test_what_measures_nothing_is_never_green(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, junit = tmp_path / "results.jtl", tmp_path / "junit.xml"
    file.write_text(content, encoding="utf-8")

    assert execute(["analyze", str(file), "--junit", str(junit)]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert etree.parse(junit).getroot().get("errors") == "1"

    for expression in ("closures.data.total > 0", "closures.data.total == 0"):
        assert execute(["analyze", str(file), "--fail-on", expression, "--junit", str(junit)]) == 99
        assert f"NOT JUDGED  {expression}" in capsys.readouterr().out
        assert etree.parse(junit).getroot().get("errors") == "1"


def test_results_that_can_not_be_read_are_an_error_in_junit(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"

    assert execute(["analyze", str(tmp_path / "none.jtl"), "--junit", str(junit)]) == 3
    assert etree.parse(junit).getroot().get("errors") == "1"


def test_an_interrupted_run_is_marked_and_its_criteria_are_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jtl, out = tmp_path / "results.jtl", tmp_path / "out"
    jtl.write_bytes(SAMPLE.read_bytes())
    record.Record(callers=100, incomplete_because="the run was interrupted").write(tmp_path)
    asked = ["analyze", str(jtl), "--fail-on", "closures.data.total > 0", "-o", str(out)]

    assert execute(asked) == 99
    assert capsys.readouterr().out.startswith("Incomplete: the run was interrupted")
    document = json.loads((out / "analysis.json").read_text("utf-8"))
    assert (document["complete"], document["incomplete_because"]) == (False, "the run was interrupted")
    assert document["callers"] == {"planned": 100, "reached": 100}
    assert document["criteria"][0]["outcome"] == "not judged"
    assert execute([*asked, "--allow-truncated"]) == 0


def test_annotations_follow_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        execute(["analyze", str(SAMPLE), "--format", "github", "--fail-on", "connections.opened > 0"]) == 99
    )

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("::error title=jmxgen FAILED%3A --fail-on::connections.opened > 0 (was ")
    assert not lines[0].startswith("::")


def test_a_file_given_twice_is_refused_before_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.jtl"
    copy.write_bytes(SAMPLE.read_bytes())

    assert execute(["analyze", str(SAMPLE), str(SAMPLE)]) == 2
    assert "was given twice (name each file once)" in capsys.readouterr().err
    assert execute(["analyze", str(SAMPLE), str(copy)]) == 2
    assert "the same rows were given twice (100% of the attempts)" in capsys.readouterr().err


def test_a_file_that_was_cut_says_so_first_and_is_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.jtl"
    cut.write_bytes(SAMPLE.read_bytes()[:60_000])
    asked = ["analyze", str(cut), "--fail-on", "closures.data.total > 0"]

    assert execute(asked) == 99
    shown = capsys.readouterr().out
    assert shown.startswith("Incomplete: cut.jtl ends in the middle of a row")
    assert "NOT JUDGED  closures.data.total > 0" in shown
    assert execute([*asked, "--allow-truncated"]) == 0
