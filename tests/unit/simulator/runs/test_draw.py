"""Runs of every cause, and what the analysis makes of their rows: attribution must be exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.analysis import reading
from jmxgen.simulator.runs import KINDS, Fault, Script, draw, play, simulate
from jmxgen.simulator.runs.plan import Plan, Times


@pytest.mark.parametrize("cause", KINDS)
def test_each_closure_of_a_run_is_read_back_in_its_phase(cause: str, tmp_path: Path) -> None:
    run = simulate(3, cause)
    run.write_jtl(tmp_path / "run.jtl")

    read = reading.read([tmp_path / "run.jtl"])

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


def test_the_truth_counts_a_second_fault_that_hits_few_among_many_refusals() -> None:
    plan = Plan(
        callers=40,
        ramp=1.0,
        duration=30.0,
        call=("open", "request", *(("think", "request") * 10), "close"),
        think=Times(kind="uniform", low=1.0, high=3.0),
        on_error="next loop",
    )
    faults = (
        Fault(name="cap", values={"limit": 30}, estimates={"limit": 30}),
        Fault(name="mass", values={"at": 4.0, "share": 0.5}, estimates={"at": 4.0}),
    )

    truth = play(Script(seed=1, plan=plan, faults=faults)).truth

    assert truth.cause == ("concurrency-cap",)
    assert truth.also == ("mass-disconnect",)
    assert truth.phases == {"handshake": ("concurrency-cap",), "data": ("mass-disconnect",)}
    assert truth.estimates == {"concurrency-cap": {"limit": 30}, "mass-disconnect": {"at": 4.0}}
