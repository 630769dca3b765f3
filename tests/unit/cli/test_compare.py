from __future__ import annotations

import json
from pathlib import Path

import pytest

from jmxgen.cli import execute

SAMPLE = Path(__file__).parents[3] / "samples" / "cap.jtl"


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    """The sample's callers who got in, in a run's folder."""
    lines = SAMPLE.read_text("utf-8").splitlines(keepends=True)
    refused = {line.split(",")[5] for line in lines if ",503," in line}
    folder = tmp_path / "run"
    folder.mkdir()
    kept = [line for line in lines if line.split(",")[5] not in refused]
    (folder / "results.jtl").write_text("".join(kept), encoding="utf-8")
    return folder


def test_a_run_compared_with_itself_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["compare", str(SAMPLE), str(SAMPLE)]) == 0
    assert "Nothing changed" in capsys.readouterr().out


def test_a_regression_exits_1(healthy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "comparison.html"

    assert execute(["compare", str(healthy), str(SAMPLE), "--json", "-", "--html", str(page)]) == 1

    shown = capsys.readouterr()
    assert json.loads(shown.out)["regression"] is True
    assert "got worse" in shown.err
    assert "got worse" in page.read_text("utf-8")


def test_the_other_way_round_it_got_better(healthy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["compare", str(SAMPLE), str(healthy)]) == 0
    assert "got better, none worse" in capsys.readouterr().out


def test_three_and_more_runs_are_a_trend(
    healthy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, out = tmp_path / "trend.html", tmp_path / "second"
    assert execute(["analyze", str(healthy / "results.jtl"), "-o", str(out)]) == 0
    capsys.readouterr()

    runs = [str(healthy), str(out), str(out / "analysis.json"), str(SAMPLE)]
    assert execute(["compare", *runs, "--json", "-", "--html", str(page)]) == 1

    shown = capsys.readouterr()
    assert json.loads(shown.out)["schema"] == "jmxgen.trend/1"
    assert "from run 4 on the cause is concurrency-cap" in shown.err
    assert 'class="trend"' in page.read_text("utf-8")


def test_a_run_without_data_is_an_error(
    healthy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare.jtl"
    bare.write_text(SAMPLE.read_text("utf-8").splitlines(keepends=True)[0], encoding="utf-8")

    assert execute(["compare", str(healthy), str(bare)]) == 3
    assert execute(["compare", str(healthy), str(healthy), str(bare)]) == 3
    assert capsys.readouterr().err.count("nothing to compare") == 2


@pytest.mark.parametrize("text", ["", "{}", "[", '{"schema": "jmxgen.analysis/9"}'])
def test_a_json_file_that_is_not_an_analysis_is_an_error(text: str, healthy: Path, tmp_path: Path) -> None:
    file = tmp_path / "analysis.json"
    file.write_text(text, encoding="utf-8")

    assert execute(["compare", str(healthy), str(healthy), str(file)]) == 3


def test_one_run_is_no_comparison_and_two_need_their_rows(healthy: Path, tmp_path: Path) -> None:
    assert execute(["compare", str(healthy)]) == 2
    assert execute(["compare", str(healthy), str(tmp_path / "analysis.json")]) == 2
