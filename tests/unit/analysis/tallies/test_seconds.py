from __future__ import annotations

import numpy as np
import pytest

from jmxgen.analysis.model import SECOND_COLUMNS
from jmxgen.analysis.tallies import activity, seconds, sums
from jmxgen.analysis.tallies.activity import gaps
from jmxgen.analysis.tallies.seconds import LONGEST, time_line
from jmxgen.analysis.tallies.sums import Sums

T = 1_767_225_600_000


def add(found: Sums, ends: list[int], *, engine: int = 0, threads: int = 1, took: int = 10) -> None:
    end = np.array(ends, np.int64)
    size = len(end)
    found.add(
        seconds.rows(
            engine=np.full(size, engine, np.int32),
            start=end - took,
            end=end,
            failed=np.zeros(size, bool),
            answer=np.ones(size, bool),
            threads=np.full(size, threads, np.int32),
        )
    )


NOTHING = np.empty(0, np.int64)


def test_every_second_from_the_first_to_the_last_is_there() -> None:
    found = seconds.seconds()
    add(found, [T + 100, T + 200, T + 5_500])
    line = time_line(found, np.array([T + 1_000]), np.array([T + 5_999]))
    table = line.seconds
    assert dict(table.dtypes.astype(str)) == dict(SECOND_COLUMNS)
    assert table["samples"].tolist() == [2, 0, 0, 0, 0, 1]
    assert table["answer_ms"].sum() == 30
    assert table["aftermath"].tolist() == [0, 1, 0, 0, 0, 0]
    assert table["stalls"].tolist() == [0, 0, 0, 0, 0, 1]
    assert (line.start, line.end, line.outside) == (T + 90, T + 5_500, 0)


def test_the_first_second_is_that_of_the_first_start() -> None:
    found = seconds.seconds()
    add(found, [T + 3_500], took=3_000)
    line = time_line(found, NOTHING, NOTHING)
    table = line.seconds
    assert line.start == T + 500
    assert table["samples"].tolist() == [0, 0, 0, 1]


def test_threads_of_engines_add_up_and_hold_between_rows() -> None:
    found = seconds.seconds()
    add(found, [T, T + 3_000], engine=0, threads=5, took=0)
    add(found, [T + 1_000, T + 2_000], engine=1, threads=7)
    table = time_line(found, NOTHING, NOTHING).seconds
    assert table["threads"].tolist() == [5, 12, 12, 5]
    unknown = seconds.seconds()
    add(unknown, [T, T + 1_000], threads=-1, took=0)
    assert time_line(unknown, NOTHING, NOTHING).seconds["threads"].tolist() == [-1, -1]


@pytest.mark.parametrize("wrong", [-T, 1, 32_503_680_000_000, 2**53, -(2**53)])
def test_a_clock_that_is_wrong_makes_no_endless_table(wrong: int) -> None:
    found = seconds.seconds()
    add(found, [*range(T, T + 60_000, 500), wrong])
    line = time_line(found, NOTHING, NOTHING)
    table = line.seconds
    assert len(table) <= 61
    assert line.outside == 1
    assert table["samples"].sum() == 120
    assert (line.start, line.end) == (T - 10, T + 59_500)


def test_times_all_over_the_place_are_bounded() -> None:
    found = seconds.seconds()
    random = np.random.default_rng(1)
    add(found, random.integers(0, 2**45, 5_000).tolist())
    line = time_line(found, NOTHING, NOTHING)
    table = line.seconds
    assert len(table) <= LONGEST + 1
    assert table["samples"].sum() + line.outside == 5_000
    assert line.start <= line.end


def test_sums_of_chunks_and_of_files_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums, "COMPACT", 30)
    ends = np.random.default_rng(2).integers(T, T + 30_000, 500).tolist()
    whole, cut, other = seconds.seconds(), seconds.seconds(), seconds.seconds()
    add(whole, ends)
    for place in range(0, 250, 50):
        add(cut, ends[place : place + 50])
    add(other, ends[250:])
    cut.merge(other, {"engine": np.array([0])})
    assert time_line(whole, NOTHING, NOTHING).seconds.equals(time_line(cut, NOTHING, NOTHING).seconds)


def test_no_rows_give_an_empty_table() -> None:
    line = time_line(seconds.seconds(), NOTHING, NOTHING)
    assert len(line.seconds) == 0
    assert tuple(line.seconds) == tuple(SECOND_COLUMNS)
    assert np.isnan(line.start)
    assert line.outside == 0


def test_a_time_in_which_no_thread_did_anything_is_a_gap() -> None:
    found, other = activity.activity(), activity.activity()
    found.add(activity.rows(np.array([T, T + 500]), np.array([T + 400, T + 900])))
    other.add(activity.rows(np.array([T + 6_000]), np.array([T + 6_100])))
    found.merge(other)
    (gap,) = gaps(found, T, T + 6_100)
    assert T + 900 <= gap[0] <= T + 1_000
    assert gap[1] == T + 6_000


def test_a_long_sample_is_a_gap_all_the_same_where_nothing_else_happened() -> None:
    found = activity.activity()
    found.add(activity.rows(np.array([T]), np.array([T + 5_000])))
    assert gaps(found, T, T + 5_000) == ((T + 100, T + 5_000),)
    assert gaps(activity.activity(), T, T) == ()
