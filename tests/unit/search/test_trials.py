from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from jmxgen.analysis.report import checks
from jmxgen.cli.analysis import analyse
from jmxgen.search import trials
from jmxgen.search.model import Demand, Load, Probe, Trials
from jmxgen.search.state import outcome

ROOT = Path(__file__).parents[3]


def of_run(path: Path) -> Probe:
    analysis = checks.judged(analyse([path], quiet=True), must_hold=trials.DEFAULT, allow_incomplete=True)
    return trials.of_run(analysis, Load(100), "", seconds=1, folder="")


def test_a_caller_refused_again_and_again_failed_once() -> None:
    made = of_run(ROOT / "samples" / "cap.jtl")  # 40 callers were refused

    assert (made.handshake, made.data) == (Trials(40, 100), Trials(0, 60))
    assert (made.cause, made.interval, made.peak_open) == ("concurrency-cap", (60, 60), 60)
    assert outcome([made], trials.demands(trials.DEFAULT)) == "fails"


@pytest.mark.parametrize(
    "recording", sorted((ROOT / "tests/data/causes/mass-disconnect").glob("*/results.jtl.gz"))
)
def test_a_mass_loss_is_one_failure(recording: Path, tmp_path: Path) -> None:
    results = tmp_path / "results.jtl"
    results.write_bytes(gzip.decompress(recording.read_bytes()))

    made = of_run(results)

    assert made.cause == "mass-disconnect"
    assert made.data.failures <= 2
    assert not made.not_judged  # the rate over connections is missed, by an incident


def test_criteria_on_rates_are_demands() -> None:
    found = trials.demands(["closures.data.rate <= 2%", "closures.data.total == 0", "stalls < 3"])

    assert found == (Demand("data", 0.02, "closures.data.rate <= 2%"),)
