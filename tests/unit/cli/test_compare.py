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
