from __future__ import annotations

import numpy as np
import pytest

from jmxgen.analysis.activity import Activity
from jmxgen.analysis.model import SECOND_COLUMNS
from jmxgen.analysis.seconds import LONGEST, Seconds

T = 1_767_225_600_000


def add(seconds: Seconds, ends: list[int], *, engine: int = 0, threads: int = 1, took: int = 10) -> None:
    end = np.array(ends, np.int64)
    size = len(end)
    seconds.add(
        engine=np.full(size, engine, np.int32),
        start=end - took,
        end=end,
        failed=np.zeros(size, bool),
        answer=np.ones(size, bool),
        threads=np.full(size, threads, np.int32),
    )


NOTHING = np.empty(0, np.int64)


def test_every_second_from_the_first_to_the_last_is_there() -> None:
    seconds = Seconds()
    add(seconds, [T + 100, T + 200, T + 5_500])
    table, start, end, outside = seconds.table(np.array([T + 1_000]), np.array([T + 5_999]))
    assert dict(table.dtypes.astype(str)) == dict(SECOND_COLUMNS)
    assert table["samples"].tolist() == [2, 0, 0, 0, 0, 1]
    assert table["answer_ms"].sum() == 30
    assert table["aftermath"].tolist() == [0, 1, 0, 0, 0, 0]
    assert table["stalls"].tolist() == [0, 0, 0, 0, 0, 1]
    assert (start, end, outside) == (T + 90, T + 5_500, 0)


def test_the_first_second_is_that_of_the_first_start() -> None:
    seconds = Seconds()
    add(seconds, [T + 3_500], took=3_000)
    table, start, _, _ = seconds.table(NOTHING, NOTHING)
    assert start == T + 500
    assert table["samples"].tolist() == [0, 0, 0, 1]


def test_threads_of_engines_add_up_and_hold_between_rows() -> None:
    seconds = Seconds()
    add(seconds, [T, T + 3_000], engine=0, threads=5, took=0)
    add(seconds, [T + 1_000, T + 2_000], engine=1, threads=7)
    table, *_ = seconds.table(NOTHING, NOTHING)
    assert table["threads"].tolist() == [5, 12, 12, 5]
    unknown = Seconds()
    add(unknown, [T, T + 1_000], threads=-1, took=0)
    assert unknown.table(NOTHING, NOTHING)[0]["threads"].tolist() == [-1, -1]


@pytest.mark.parametrize("wrong", [-T, 1, 32_503_680_000_000, 2**53, -(2**53)])
def test_a_clock_that_is_wrong_makes_no_endless_table(wrong: int) -> None:
    seconds = Seconds()
    add(seconds, [*range(T, T + 60_000, 500), wrong])
    table, start, end, outside = seconds.table(NOTHING, NOTHING)
    assert len(table) <= 61
    assert outside == 1
    assert table["samples"].sum() == 120
    assert (start, end) == (T - 10, T + 59_500)


def test_times_all_over_the_place_are_bounded() -> None:
    seconds = Seconds()
    random = np.random.default_rng(1)
    add(seconds, random.integers(0, 2**45, 5_000).tolist())
    table, start, end, outside = seconds.table(NOTHING, NOTHING)
    assert len(table) <= LONGEST + 1
    assert table["samples"].sum() + outside == 5_000
    assert start <= end


def test_sums_of_chunks_and_of_files_are_the_same() -> None:
    ends = np.random.default_rng(2).integers(T, T + 30_000, 500).tolist()
    whole, cut, other = Seconds(), Seconds(), Seconds()
    add(whole, ends)
    for place in range(0, 250, 50):
        add(cut, ends[place : place + 50])
        cut.compact()
    add(other, ends[250:])
    cut.merge(other, np.array([0], np.int32))
    assert whole.table(NOTHING, NOTHING)[0].equals(cut.table(NOTHING, NOTHING)[0])


def test_no_rows_give_an_empty_table() -> None:
    empty = Seconds()
    empty.compact()
    table, start, _, outside = empty.table(NOTHING, NOTHING)
    assert len(table) == 0
    assert tuple(table) == tuple(SECOND_COLUMNS)
    assert np.isnan(start)
    assert outside == 0


def test_a_time_in_which_no_thread_did_anything_is_a_gap() -> None:
    activity, other = Activity(), Activity()
    activity.compact()  # of nothing
    activity.add(np.array([T, T + 500]), np.array([T + 400, T + 900]))
    other.add(np.array([T + 6_000]), np.array([T + 6_100]))
    activity.merge(other)
    activity.compact()
    (gap,) = activity.gaps(T, T + 6_100)
    assert T + 900 <= gap[0] <= T + 1_000
    assert gap[1] == T + 6_000


def test_a_long_sample_is_a_gap_all_the_same_where_nothing_else_happened() -> None:
    activity = Activity()
    activity.add(np.array([T]), np.array([T + 5_000]))
    assert activity.gaps(T, T + 5_000) == ((T + 100, T + 5_000),)
    assert Activity().gaps(T, T) == ()
