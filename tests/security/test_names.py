"""A billion labels, threads and reasons, in miniature: with the caps lowered, what is kept stops to grow."""

from __future__ import annotations

import dataclasses
import tracemalloc
from pathlib import Path

import pytest

from jmxgen.analysis import reading
from jmxgen.analysis.lifecycle import classify, history
from jmxgen.analysis.reading.tally import Tally
from tests import jtl_rows

LONG = "x" * 500
A_ROW = 1000  # bytes that may be kept of a row; its names alone take more


def hostile(path: Path, rows: int, *, again: bool = False) -> Path:
    """Write rows that each have a label, a thread and a reason of their own, and a header each if `again`."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            name = f"{number} {LONG}"
            row = jtl_rows.broken(number, f"lost {name}", label=f"label {name}")
            one = dataclasses.replace(row, thread=f"thread {name}")
            file.write(jtl_rows.text([one], header=again or not number))
    return path


def kept(path: Path) -> tuple[int, Tally]:
    tracemalloc.start()
    try:
        tally = reading.read_file(path, chunk_rows=1000)
        return tracemalloc.get_traced_memory()[0], tally
    finally:
        tracemalloc.stop()


@pytest.fixture(autouse=True)
def _caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST", 1000)
    monkeypatch.setattr(classify, "MOST_REASONS", 1000)


def test_names_beyond_the_cap_are_one_and_cost_no_memory(tmp_path: Path) -> None:
    few, small = kept(hostile(tmp_path / "few.jtl", 3_000))
    many, large = kept(hostile(tmp_path / "many.jtl", 9_000))

    for tally, rows in ((small, 3_000), (large, 9_000)):
        assert tally.rows == rows
        assert len(tally.history.labels) == len(tally.history.threads) == 1001
        assert len(tally.history.classifications) <= 1002
    assert history.OTHERS in large.history.labels
    assert (many - few) / 6_000 < A_ROW


def test_every_row_beyond_the_cap_is_still_counted(tmp_path: Path) -> None:
    found = reading.read([hostile(tmp_path / "many.jtl", 3_000)])

    assert found.rows == 3_000
    assert found.errors == 3_000
    assert int(found.labels["samples"].sum()) == 3_000
    assert history.OTHERS in set(found.labels["label"])


def test_a_header_before_each_row_makes_no_more_names(tmp_path: Path) -> None:
    tally = reading.read_file(hostile(tmp_path / "again.jtl", 1_050, again=True))

    assert tally.rows == 1_050
    assert len(tally.history.threads) == 1001
