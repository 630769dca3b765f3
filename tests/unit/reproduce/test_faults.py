"""What each verdict implies is a fault that the simulator has, or a reason why there is none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.model import Analysis
from jmxgen.cli.analysis import analyse
from jmxgen.reproduce import alike, load, picture
from jmxgen.reproduce.faults import NOT_PLAYED, implied
from jmxgen.scenario.load import loads
from jmxgen.simulator import faults

ROOT = Path(__file__).parents[3]
RECORDED = ROOT / "tests" / "data" / "causes"
ONE_OF_EACH = sorted(
    {path.parents[1].name: path for path in sorted(RECORDED.glob("*/*/results.jtl.gz"))}.values()
)


def recorded(path: Path, folder: Path) -> Analysis:
    file = folder / "results.jtl"
    file.write_bytes(gzip.decompress(path.read_bytes()))
    return analyse([file], quiet=True)


@pytest.mark.parametrize("path", ONE_OF_EACH, ids=[path.parents[1].name for path in ONE_OF_EACH])
def test_a_recordings_verdict_is_played_by_faults_of_its_causes_or_not_at_all(
    path: Path, tmp_path: Path
) -> None:
    analysis = recorded(path, tmp_path)

    found = implied(analysis)

    causes = {analysis.verdict.cause, *(other.cause for other in analysis.verdict.also)}
    assert {fault.cause for fault in faults.parse_all(found.texts)} <= causes
    assert len(found.texts) + len(found.not_played) == len(causes - {"healthy"})
    made = loads(json.dumps(load.scenario(analysis.run, "ws://127.0.0.1:1/ivr")))
    assert made.load.peak_callers >= 1


def test_the_parameters_are_the_verdicts(tmp_path: Path) -> None:
    analysis = analyse([ROOT / "samples" / "cap.jtl"], quiet=True)

    assert implied(analysis).texts == ("cap:limit=60,form=503",)


def test_each_cause_is_played_or_has_a_reason() -> None:
    from jmxgen.reproduce.faults import _PLAYS

    assert {*_PLAYS, *NOT_PLAYED, "healthy"} == set(CAUSES)


def test_a_run_is_like_itself_and_not_like_another_cause(tmp_path: Path) -> None:
    cap = analyse([ROOT / "samples" / "cap.jtl"], quiet=True)
    mass = recorded(next((RECORDED / "mass-disconnect").glob("*/results.jtl.gz")), tmp_path)

    same, other = alike.compare(cap, cap), alike.compare(cap, mass)

    assert same.alike
    assert "Kolmogorov-Smirnov" in same.words
    assert not other.alike
    assert other.words.startswith(
        "Not alike: the cause is concurrency-cap in one, mass-disconnect in the other"
    )
    assert picture.draw(cap, mass, other.words, ["png"])["png"].startswith(b"\x89PNG")
