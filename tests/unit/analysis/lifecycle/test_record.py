"""Records packed and unpacked: what comes out is what went in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.analysis.lifecycle.record import CODES, COUNTS, NEVER, SPANS, TIMES, Records, pack, unpacked

START = 1_767_225_600_000
DAYS_24 = 2**31 - 1
spans = st.one_of(st.integers(0, 300), st.integers(0, DAYS_24))
times = st.one_of(st.just(NEVER), spans.map(lambda span: START + span))
rows = st.fixed_dictionaries(
    {
        "thread": st.integers(0, 70_000),
        "event": st.integers(0, 12),
        "flags": st.integers(0, 15),
        "label": st.integers(0, 40_000),
        "judgement": st.integers(0, 100_000),
        "rows": st.integers(1, 2**31 - 1),
        "threads": st.integers(-1, 10_000),
        "own": st.integers(-1, 10_000),
        "start": times,
        **dict.fromkeys(TIMES, times),
        **dict.fromkeys(SPANS, spans),
    }
)
NAMES = (*CODES, *COUNTS, "start", *TIMES, *SPANS)


def records(found: list[dict[str, int]]) -> Records:
    found = sorted(found, key=lambda row: row["thread"])
    return Records({name: np.array([row[name] for row in found], np.int64) for name in NAMES})


def told(whole: Records) -> list[dict[str, int]]:
    return [{name: int(whole[name][place]) for name in NAMES} for place in range(len(whole))]


def known(row: dict[str, int]) -> dict[str, int]:
    """Return a record as it is kept: without a start there is nothing that its times could count from."""
    return {name: NEVER if name in TIMES and row["start"] == NEVER else value for name, value in row.items()}


@settings(deadline=None)
@given(st.lists(rows, max_size=20))
def test_packed_records_come_out_as_they_were(found: list[dict[str, int]]) -> None:
    packed = pack(records(found))

    assert len(packed) == len(found)
    assert told(unpacked([(packed, 0, len(found))])) == [known(row) for row in told(records(found))]


@settings(deadline=None)
@given(st.lists(rows, max_size=12), st.lists(rows, max_size=12))
def test_parts_come_out_by_thread_and_in_their_order(
    one: list[dict[str, int]], other: list[dict[str, int]]
) -> None:
    parts = [pack(records(one)), pack(records(other))]

    whole = told(unpacked([(part, 0, len(part)) for part in parts]))

    both = [known(row) for row in [*told(records(one)), *told(records(other))]]
    assert whole == sorted(both, key=lambda row: row["thread"])


@settings(deadline=None)
@given(st.lists(rows, min_size=1, max_size=12))
def test_records_with_other_numbers_are_sorted_anew(found: list[dict[str, int]]) -> None:
    threads = np.arange(70_001)[::-1].astype(np.int32)
    labels = (np.arange(40_001) + 5).astype(np.int32)

    moved = pack(records(found)).renumbered(thread=threads, label=labels, judgement=3)

    wanted = [
        known(row)
        | {"thread": 70_000 - row["thread"], "label": row["label"] + 5, "judgement": row["judgement"] + 3}
        for row in told(records(found))
    ]
    assert told(unpacked([(moved, 0, len(moved))])) == sorted(wanted, key=lambda row: row["thread"])
