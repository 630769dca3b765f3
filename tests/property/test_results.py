"""What must not change what results say: how they are cut, spread over files, timed and named."""

from __future__ import annotations

import dataclasses
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.analysis import reading
from jmxgen.analysis.model import Run
from tests import jtl_rows
from tests.jtl_rows import (
    Row,
    broken,
    closed,
    goodbye,
    idle,
    nothing,
    nothing_to_close,
    opened,
    refused,
    used,
    written,
)

TEXTS = ("end of stream", "Connection reset", "Broken pipe", "Read timed out", "was auch immer")

STEPS: tuple[Callable[[int], Row], ...] = (
    opened,
    used,
    used,
    idle,
    written,
    refused,
    closed,
    goodbye,
    lambda at: closed(at, "1001", "going away"),
    lambda at: nothing(),
    lambda at: nothing_to_close(),
    lambda at: Row(at=at, took=4, label="http", url="http://host/", received=90, sent=20),
    lambda at: Row(at=at, took=4, label="script", received=3),
    lambda at: Row(at=at, took=9, label="hear", received=3),
    *(lambda at, text=text: broken(at, text, took=30) for text in TEXTS),
    *(lambda at, text=text: broken(at, text, sent=31, label="close") for text in TEXTS),
    *(lambda at, text=text: broken(at, text, label="open") for text in TEXTS),
    *(lambda at, text=text: broken(at, text, received=129, sent=11, connect=2, took=5) for text in TEXTS),
)

# For each thread its rows: which step, and how long after the one before it.
threads = st.lists(
    st.lists(st.tuples(st.sampled_from(range(len(STEPS))), st.integers(0, 3000)), max_size=14),
    min_size=1,
    max_size=4,
)


def rows_of(threads: list[list[tuple[int, int]]]) -> list[Row]:
    """Return the threads' rows in the order of their ends, each thread's in its own order."""
    made: list[tuple[int, int, Row]] = []
    for number, steps in enumerate(threads, 1):
        now = 0
        for place, (step, gap) in enumerate(steps):
            now += gap
            row = dataclasses.replace(STEPS[step](now), thread=f"callers 1-{number}", threads=len(threads))
            now += row.took
            made.append((now, place, row))
    made.sort(key=lambda each: each[0])
    return [row for _, _, row in made]


def read(rows: list[Row], *, chunk_rows: int = 250_000) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return reading.read([jtl_rows.file(Path(folder), rows)], chunk_rows=chunk_rows)


def connections(found: Run) -> pd.DataFrame:
    frame = found.connections.drop(columns="file")
    frame = frame.astype(dict.fromkeys(frame.select_dtypes("category"), "str"))
    return frame.sort_values(["thread", "connection"]).reset_index(drop=True)


def same(one: Run, other: Run) -> None:
    pd.testing.assert_frame_equal(connections(one), connections(other))
    pd.testing.assert_frame_equal(one.labels, other.labels)
    assert (one.rows, one.samples, one.errors) == (other.rows, other.samples, other.errors)
    assert (one.stalls, one.aftermath, one.unattributed) == (
        other.stalls,
        other.aftermath,
        other.unattributed,
    )
    assert one.gaps == other.gaps
    counted = one.seconds.drop(columns="threads")
    pd.testing.assert_frame_equal(counted, other.seconds.drop(columns="threads"))


@settings(max_examples=25, deadline=None)
@given(threads, st.integers(1, 12))
def test_cutting_a_file_into_chunks_changes_nothing(made: list[list[tuple[int, int]]], size: int) -> None:
    rows = rows_of(made)
    whole = read(rows)
    cut = read(rows, chunk_rows=size)
    same(whole, cut)
    pd.testing.assert_frame_equal(
        whole.connections.drop(columns="file").astype(
            {"kind": str, "reason": str, "label": str, "opener": str}
        ),
        cut.connections.drop(columns="file").astype(
            {"kind": str, "reason": str, "label": str, "opener": str}
        ),
    )


@settings(max_examples=15, deadline=None)
@given(threads, st.integers(-10_000_000, 10_000_000))
def test_shifting_time_shifts_times_alone(made: list[list[tuple[int, int]]], seconds: int) -> None:
    rows = rows_of(made)
    moved = [row if row.at is None else dataclasses.replace(row, at=row.at + seconds * 1000) for row in rows]
    one, other = read(rows), read(moved)
    before, after = connections(one), connections(other)
    for name in before.columns[before.columns.str.endswith("_at") | (before.columns == "end_after")]:
        after[name] -= seconds * 1000
    pd.testing.assert_frame_equal(before, after)
    pd.testing.assert_frame_equal(one.seconds, other.seconds)


@settings(max_examples=15, deadline=None)
@given(threads)
def test_renaming_labels_renames_labels_alone(made: list[list[tuple[int, int]]]) -> None:
    rows = rows_of(made)
    renamed = [dataclasses.replace(row, label=row.label[::-1] + ' "x", 1') for row in rows]
    one, other = read(rows), read(renamed)
    names = ["label", "opener"]
    pd.testing.assert_frame_equal(
        connections(one).drop(columns=names), connections(other).drop(columns=names)
    )
    assert (one.stalls, one.aftermath, one.unattributed) == (
        other.stalls,
        other.aftermath,
        other.unattributed,
    )


@settings(max_examples=15, deadline=None)
@given(threads)
def test_every_connection_has_one_end_that_fits(made: list[list[tuple[int, int]]]) -> None:
    rows = rows_of(made)
    found = read(rows)
    frame = found.connections
    handshake, data = frame["end"] == "handshake", frame["end"] == "data"
    assert (frame["kind"].astype(str) != "")[handshake | data].all()
    assert (frame["kind"].astype(str) == "")[~(handshake | data)].all()
    assert frame["opened_at"][handshake].isna().all()
    assert (frame["status"][~handshake] == 0).all()
    known = frame[frame["noticed_at"].notna()]
    assert (known["end_after"] <= known["noticed_at"]).all()
    assert not (known["opened_at"] > known["noticed_at"]).any()
    assert (frame["longest_idle"] >= 0).all()
    failing = sum(not row.good for row in rows if row.label not in ("http", "script"))
    told = handshake.sum() + data.sum() + found.stalls + found.aftermath + found.unattributed
    assert told <= failing + sum(row.code == "1001" for row in rows)


@settings(max_examples=8, deadline=None)
@given(threads)
def test_files_can_be_read_apart_and_put_together(made: list[list[tuple[int, int]]]) -> None:
    rows = rows_of(made)
    with tempfile.TemporaryDirectory() as folder:
        paths = [
            jtl_rows.file(Path(folder), [row for row in rows if row.thread.endswith(end)], f"{end}.jtl")
            for end in ("1", "2", "3", "4")
        ]
        together = reading.read(paths)
        tallies = [pickle.loads(pickle.dumps(reading.read_file(path))) for path in paths]
        first, *rest = tallies
        for tally in rest:
            first.merge(tally)
        apart = reading.finish(first)
    same(together, apart)
    pd.testing.assert_frame_equal(together.seconds, apart.seconds)


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 50))
def test_rubbish_after_good_rows_is_read_or_counted(rubbish: bytes, size: int) -> None:
    rows = [used(n) for n in range(30)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.jtl"
        path.write_bytes(jtl_rows.text(rows).encode() + rubbish)
        found = reading.read([path], chunk_rows=size)
    assert found.rows + sum(found.skipped_rows.values()) >= 30
    assert found.rows >= 30
    assert np.isfinite(found.start_ms)
