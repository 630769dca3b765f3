from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.analysis import charts
from jmxgen.cli import execute, plot

SAMPLE = Path(__file__).parents[3] / "samples" / "cap.jtl"


def test_the_names_in_help_are_those_of_the_charts() -> None:
    assert plot.KINDS == charts.KINDS
    assert plot.FORMATS == charts.FORMATS


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")])
def test_the_ending_says_the_format(name: str, start: bytes, tmp_path: Path) -> None:
    target = tmp_path / name

    assert execute(["plot", str(SAMPLE), "-o", str(target)]) == 0
    assert target.read_bytes().startswith(start)


def test_a_kind_with_nothing_to_show_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["plot", str(SAMPLE), "-o", str(tmp_path / "a.svg"), "--kind", "ages"]) == 0
    assert "nothing to show as ages" in capsys.readouterr().err


def test_another_ending_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["plot", str(SAMPLE), "-o", str(tmp_path / "a.gif")]) == 2
    assert ".png, .svg, .pdf" in capsys.readouterr().err
