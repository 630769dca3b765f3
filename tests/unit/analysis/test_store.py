"""Arrays in a file are read back as they were, in this process and in others."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jmxgen.analysis import store
from jmxgen.analysis.store import File, Store, Stored

ROWS = np.array([(1, 2.5), (2, 7.25), (-3, 0.0)], [("number", "i2"), ("share", "f8")])


@pytest.fixture
def nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LEAST", 0)


def test_the_first_arrays_stay_in_memory_and_more_go_to_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LEAST", 2 * ROWS.nbytes)
    kept = Store()
    found = [kept.put(ROWS) for _ in range(4)]

    assert [isinstance(one, Stored) for one in found] == [False, False, True, True]
    for one in found:
        np.testing.assert_array_equal(one[:], ROWS)


@pytest.mark.usefixtures("nothing_stays")
def test_a_slice_of_what_is_stored_is_the_arrays_slice() -> None:
    kept = Store()
    kept.put(np.arange(5))
    found = kept.put(ROWS)

    assert len(found) == 3
    for places in (slice(0, 0), slice(1, 3), slice(0, 9), slice(2, 1), slice(None)):
        np.testing.assert_array_equal(found[places], ROWS[places])


@pytest.mark.usefixtures("nothing_stays")
def test_a_file_leaves_no_name_and_is_closed_with_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = Store().put(ROWS)
    assert isinstance(found, Stored)
    descriptor = found.file.descriptor

    assert os.fstat(descriptor).st_size == ROWS.nbytes
    assert list(tmp_path.iterdir()) == []
    del found
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.usefixtures("nothing_stays")
def test_a_write_that_is_short_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, place: write(file, data[:7], place))

    np.testing.assert_array_equal(Store().put(ROWS)[:], ROWS)


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), AttributeError("pwrite")])
def test_without_room_arrays_stay_in_memory(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refused(*_: Any) -> int:
        raise error

    monkeypatch.setattr(os, "pwrite", refused)

    assert Store().put(ROWS) is ROWS


@pytest.mark.usefixtures("nothing_stays")
def test_what_travels_to_another_machine_is_the_array() -> None:
    kept = Store()
    found, empty = pickle.loads(pickle.dumps((kept.put(ROWS), kept)))

    np.testing.assert_array_equal(found, ROWS)
    assert isinstance(empty.put(ROWS), Stored)


def keep(number: int) -> list[Any]:
    return [Store().put(np.full(3, number)) for _ in range(20)]


def test_processes_of_one_machine_write_to_one_file_and_what_they_wrote_is_read_here() -> None:
    context = multiprocessing.get_context("spawn")
    file = File.new(context)
    with ProcessPoolExecutor(2, context, store.write_to, (file,)) as pool:
        found = [one for many in pool.map(keep, range(1, 9)) for one in many]

    assert all(isinstance(one, Stored) and one.file is file for one in found)
    assert [int(one[:].sum()) for one in found] == [3 * number for number in range(1, 9) for _ in range(20)]
    assert os.fstat(file.descriptor).st_size == 8 * 20 * 3 * 8


def test_a_process_without_a_file_sends_the_arrays() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, store.write_to, (None,)) as pool:
        assert all(isinstance(one, np.ndarray) for one in pool.submit(keep, 1).result())
