from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.simulator.runs import KINDS, draw, play, simulate


@pytest.mark.parametrize("cause", KINDS)
def test_a_run_of_each_cause_says_so_in_its_truth(cause: str) -> None:
    run = simulate(3, cause)

    assert run.truth.cause[0] == cause
    assert run.rows


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    play(draw(5)).write_jtl(tmp_path / "one.jtl")
    play(draw(5)).write_jtl(tmp_path / "two.jtl")

    assert (tmp_path / "one.jtl").read_bytes() == (tmp_path / "two.jtl").read_bytes()


def test_seeds_differ(tmp_path: Path) -> None:
    assert draw(1) != draw(2)
