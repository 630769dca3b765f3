from __future__ import annotations

import pytest

from tests.unit.simulator.bench import Bench, trial


async def five_at_once(bench: Bench) -> None:
    await bench.calls(5, hold=0.1, together=True)


@pytest.mark.parametrize(
    ("form", "end", "kind", "status"),
    [
        ("503", "handshake", "rejected", 503),
        ("429", "handshake", "rejected", 429),
        ("reset", "handshake", "reset", None),
        ("eof", "handshake", "eof", None),
        ("reset-after", "data", "abnormal", None),
    ],
)
def test_a_cap_refuses_all_above_its_limit_in_its_form(
    form: str, end: str, kind: str, status: int | None
) -> None:
    found = trial(five_at_once, f"cap:limit=3,form={form}")

    assert found.ends().count("closed") == 3
    refused = [row for row in found.rows if row.end != "closed"]
    assert {(row.end, row.kind, row.status) for row in refused} == {(end, kind, status)}
    assert found.causes() == {"concurrency-cap"}


def test_a_refusal_by_status_says_when_to_come_back() -> None:
    found = trial(five_at_once, "cap:limit=0,form=429,retry-after=7s")

    assert {seen.headers["retry-after"] for seen in found.seen} == {"7"}


def test_a_place_is_free_again_whichever_way_a_caller_leaves() -> None:
    async def script(bench: Bench) -> None:
        for leave in ("close", "vanish", "close"):
            await bench.call(leave=leave)
            await bench.quiet()

    assert trial(script, "cap:limit=1").ends() == ["closed", "leaked", "closed"]


def test_a_connection_to_be_reset_gets_no_answer_and_takes_no_place() -> None:
    found = trial(five_at_once, "cap:limit=1,form=reset-after")

    assert sorted(len(seen.answers) for seen in found.seen) == [0, 0, 0, 0, 1]
    assert {seen.how for seen in found.seen if seen.end == "data"} == {"reset"}


def test_one_too_many_may_be_told_so_by_a_close_frame() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(3, together=True)

    found = trial(script, "cap:limit=2,form=1013-after")

    assert [row.code for row in found.rows if row.end == "data"] == [1013]
    assert found.causes() == {"concurrency-cap"}


def test_workers_are_full_each_by_itself() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(20, together=True)

    ends = trial(script, "cap:limit=10,workers=2").ends()

    assert ends.count("closed") == 10


def test_one_too_many_may_be_ended_later_and_is_answered_until_then() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(2, hold=3)

    found = trial(script, "cap:limit=1,form=eof-after,after=300ms")

    assert sorted(row.end for row in found.rows) == ["closed", "data"]
    assert all(seen.answers for seen in found.seen)
