"""Runs of every cause, and what the analysis makes of their rows: attribution must be exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.analysis import results
from jmxgen.simulator.runs import KINDS, draw, play, simulate


@pytest.mark.parametrize("cause", KINDS)
def test_each_closure_of_a_run_is_read_back_in_its_phase(cause: str, tmp_path: Path) -> None:
    run = simulate(3, cause)
    run.write_jtl(tmp_path / "run.jtl")

    read = results.read([tmp_path / "run.jtl"])

    assert run.truth.cause[0] == cause
    ends = read.connections["end"]
    found = {
        "attempted": len(ends),
        "opened": int(read.connections["opened_at"].notna().sum()),
        "handshake": int((ends == "handshake").sum()),
        "data": int((ends == "data").sum()),
        "stalls": read.stalls,
    }
    assert found == run.truth.counts


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    play(draw(5)).write_jtl(tmp_path / "one.jtl")
    play(draw(5)).write_jtl(tmp_path / "two.jtl")

    assert (tmp_path / "one.jtl").read_bytes() == (tmp_path / "two.jtl").read_bytes()


def test_seeds_differ() -> None:
    assert draw(1) != draw(2)
