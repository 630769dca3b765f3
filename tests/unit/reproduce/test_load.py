"""The load of a recording is played as callers meant it, not as a fault cut it short."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.analysis import words
from jmxgen.cli.analysis import analyse
from jmxgen.reproduce import load
from jmxgen.scenario.amounts import Duration

RECORDED = Path(__file__).parents[2] / "data" / "causes"


@pytest.mark.parametrize("path", sorted((RECORDED / "idle-timeout").glob("*/results.jtl.gz")), ids=str)
def test_silences_that_an_idle_timeout_cut_short_are_played_longer_than_it(path: Path) -> None:
    analysis = analyse([path], quiet=True)
    bounds = words.bounds(analysis.verdict)
    assert bounds is not None

    steps = load.scenario(analysis.run, "ws://127.0.0.1:1/")["call"][0]["repeat"]["steps"]

    longest = Duration.parse(steps[1]["pause"].partition("..")[2])
    assert longest.seconds > bounds[1]


def test_without_losses_silences_are_those_that_were_recorded() -> None:
    analysis = analyse([next((RECORDED / "healthy").glob("*/results.jtl.gz"))], quiet=True)
    idles = analysis.run.connections["longest_idle"].dropna()

    steps = load.scenario(analysis.run, "ws://127.0.0.1:1/")["call"][0]["repeat"]["steps"]

    low, _, high = steps[1]["pause"].partition("..")
    assert idles.min() <= Duration.parse(low).ms <= Duration.parse(high).ms <= idles.max()
