"""Columns in files are what they would be in memory, with room for them or without."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmxgen.analysis import spill


def grown(*pieces: Any, kind: str = "int64") -> np.ndarray[Any, Any]:
    column = spill.Growing(kind)
    for piece in pieces:
        column.append(np.asarray(piece))
    return column.array()


@pytest.fixture
def nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "LONG", 0)


@pytest.mark.parametrize("longest", [0, 5, 2**20])
@given(pieces=st.lists(st.lists(st.integers(-128, 127), max_size=5), max_size=6))
def test_a_column_is_all_its_pieces_wherever_it_lies(longest: int, pieces: list[list[int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "LONG", longest)
        found = grown(*pieces, kind="int8")

    assert found.dtype == np.int8
    assert found.tolist() == [value for piece in pieces for value in piece]


@pytest.mark.usefixtures("nothing_stays")
def test_what_was_dropped_comes_back_as_it_was_written() -> None:
    found = grown(range(100_000), range(7), kind="float64")
    found[3] = np.nan
    spill.drop()

    assert np.isnan(found[3])
    assert found[-1] == 6
    assert np.nansum(found[:10]) == 42


@pytest.mark.usefixtures("nothing_stays")
def test_a_column_in_a_file_leaves_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = grown(range(10))

    assert list(tmp_path.iterdir()) == []
    assert found.sum() == 45


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("after", [0, 1, 5, 9, 20])
def test_a_full_disk_leaves_the_column_in_memory(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    write = os.pwrite
    left = after

    def room_for_some(descriptor: int, data: memoryview, place: int) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: max(len(data) // 2, 1)], place)  # a write may be short

    monkeypatch.setattr(os, "pwrite", room_for_some)

    assert grown([1, 2, 3], [4], [5, 6], kind="int16").tolist() == [1, 2, 3, 4, 5, 6]
    assert (left < 0) == (after < 9)


@pytest.mark.usefixtures("nothing_stays")
def test_where_no_file_can_be_made_the_column_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise OSError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)

    assert grown([1, 2], [3]).tolist() == [1, 2, 3]


@pytest.mark.usefixtures("nothing_stays")
def test_a_file_that_cannot_be_mapped_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise OSError(19, "No such device")

    monkeypatch.setattr(mmap, "mmap", refused)

    assert grown([1, 2], [3]).tolist() == [1, 2, 3]


@pytest.mark.usefixtures("nothing_stays")
def test_values_kept_elsewhere_are_the_same() -> None:
    for values in (np.array([0.5, np.nan]), np.array([True, False]), np.arange(9)[::2], np.empty(0)):
        found = spill.kept(values)
        assert found.dtype == values.dtype
        np.testing.assert_array_equal(found, values)


def test_pieces_cover_each_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "PIECE", 4)
    rows = np.arange(10)

    assert [rows[piece].tolist() for piece in spill.pieces(10)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert list(spill.pieces(0)) == [slice(0, 0)]


def test_what_is_told_by_pieces_is_what_the_whole_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "PIECE", 3)
    monkeypatch.setattr(spill, "LONG", 16)
    values = np.arange(8.0)
    frame = pd.DataFrame({"value": values})

    def large(part: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"twice": 2 * part["value"], "large": part["value"] > 4})[part["value"] > 1]

    assert spill.by_pieces(8, lambda rows: values[rows] > 4).tolist() == (values > 4).tolist()
    assert spill.by_pieces(0, lambda rows: values[rows]).dtype == np.float64
    found = spill.frame_by_pieces(frame, large)
    pd.testing.assert_frame_equal(found, large(frame).reset_index(drop=True))
    pd.testing.assert_frame_equal(spill.frame_by_pieces(frame[:0], large), large(frame[:0]))


@pytest.mark.usefixtures("nothing_stays")
def test_a_method_that_keeps_what_it_finds_returns_the_same() -> None:
    class Owner:
        @spill.keeping
        def frame(self) -> pd.DataFrame:
            """Say what it is."""
            return pd.DataFrame({"at": [1.5, 2.5], "lost": [True, False]}, index=[7, 9])

        @spill.keeping
        def nothing(self) -> None:
            return None

    expected = pd.DataFrame({"at": [1.5, 2.5], "lost": [True, False]}, index=[7, 9])
    pd.testing.assert_frame_equal(Owner().frame(), expected)
    assert Owner().nothing() is None
    assert Owner.frame.__doc__ == "Say what it is."
