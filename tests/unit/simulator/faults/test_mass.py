from __future__ import annotations

import asyncio

import pytest

from tests.unit.simulator.bench import Bench, trial


async def four_held(bench: Bench) -> None:
    await bench.calls(4, hold=10)


@pytest.mark.parametrize(
    ("form", "code", "how"),
    [("reset", 1006, "reset"), ("eof", 1006, "eof"), ("cut", 1006, "eof"), ("1012", 1012, "")],
)
def test_all_end_at_one_moment_in_the_form(form: str, code: int, how: str) -> None:
    found = trial(four_held, f"mass:open=4,at=100ms,form={form}")

    assert {(row.end, row.code, row.cause) for row in found.rows} == {("data", code, "mass-disconnect")}
    times = [row.ended_at for row in found.rows]
    assert max(times) - min(times) < 500
    assert {seen.how for seen in found.seen} == {how}


def test_the_time_counts_from_the_first_request() -> None:
    async def script(bench: Bench) -> None:
        await asyncio.sleep(0.4)
        await bench.calls(2, hold=10)

    found = trial(script, "mass:at=300ms")

    first = min(row.attempted_at for row in found.rows)
    assert all(row.ended_at - first >= 299 for row in found.rows)


def test_a_share_is_spared() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(40, hold=0.5, together=True)

    ends = trial(script, "mass:open=40,share=50%").ends()

    assert 5 < ends.count("data") < 35
    assert ends.count("data") + ends.count("closed") == 40


def test_it_strikes_once_and_those_who_come_back_stay() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(3, hold=10)
        await bench.calls(3, hold=0.3)

    assert trial(script, "mass:open=3").ends() == ["data"] * 3 + ["closed"] * 3


def test_a_rolling_restart_strikes_again() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(2, hold=5)
        await bench.calls(2, hold=5)

    found = trial(script, "mass:at=200ms,every=400ms,times=2")

    assert found.ends() == ["data"] * 4
