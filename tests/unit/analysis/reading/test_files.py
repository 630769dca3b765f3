from __future__ import annotations

import collections
from pathlib import Path

import pytest

from jmxgen.analysis import reading
from jmxgen.errors import ResultError
from tests import jtl_rows
from tests.jtl_rows import START, closed, opened, refused, used


def test_no_file_is_an_error() -> None:
    with pytest.raises(ResultError, match="no results file"):
        reading.read([])


def test_a_file_of_nothing_but_broken_rows_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    path.write_text(jtl_rows.text([]) + "2001/20/20 12:05:05.123" + ",1" * 16 + "\n")
    with pytest.raises(ResultError, match=r"no row can be read: .*\(1 of 1\)"):
        reading.read([path])


def test_figures_of_a_small_run(tmp_path: Path) -> None:
    rows = [refused(0), opened(1000), used(1100), closed(3000)]
    path = jtl_rows.file(tmp_path, rows)
    found = reading.read([path])
    assert found.files == (str(path),)
    assert (found.rows, found.samples, found.errors) == (4, 4, 1)
    assert (found.start_ms, found.end_ms) == (START, START + 3001)
    assert found.seconds["samples"].tolist() == [1, 2, 0, 1]
    assert found.seconds["answers"].tolist() == [0, 1, 0, 0]  # neither the opening nor the close
    assert found.labels["label"].tolist() == ["close", "open", "use"]
    assert found.dialects == ("luminis",)
    assert found.notes == ()


def test_notes_tell_what_is_missing(tmp_path: Path) -> None:
    columns = tuple(name for name in jtl_rows.HEADER if name not in ("sentBytes", "Connect"))
    path = tmp_path / "results.jtl"
    path.write_text(jtl_rows.text([opened(0), used(10), closed(20)], columns=columns))
    found = reading.read([path])
    assert found.connections["end"].tolist() == ["closed"]
    assert any("no Connect, sentBytes column" in note for note in found.notes)
    path.write_text(jtl_rows.text([opened(0)], columns=("timeStamp", "elapsed", "label", "success")))
    assert any("threadName" in note for note in reading.read([path]).notes)


def test_the_plans_own_numbers_check_the_result(tmp_path: Path) -> None:
    head, first, second = jtl_rows.text([opened(0), opened(100)]).splitlines()
    path = tmp_path / "results.jtl"
    path.write_text(f'{head},"ws_conn"\n{first},1\n{second},2\n')
    assert reading.read([path]).notes == ()
    path.write_text(f'{head},"ws_conn"\n{first},1\n{second},3\n')
    assert any("1 connection" in note for note in reading.read([path]).notes)


def test_progress_goes_over_all_files(tmp_path: Path) -> None:
    paths = [jtl_rows.file(tmp_path, [used(n) for n in range(500)], f"{n}.jtl") for n in range(3)]
    told: list[tuple[int, int]] = []
    reading.read(paths, progress=lambda *at: told.append(at), chunk_rows=50)
    total = sum(path.stat().st_size for path in paths)
    assert told[-1] == (total, total)
    assert told == sorted(told)


def test_engines_count_their_own_threads(tmp_path: Path) -> None:
    lines = [
        row
        for n in range(4)
        for port in (2100, 2101)
        for row in [used(n * 1000).__class__(at=n * 1000, threads=3, thread=f"10.0.0.1:{port}-callers 1-1")]
    ]
    found = reading.read([jtl_rows.file(tmp_path, lines)])
    assert found.seconds["threads"].tolist() == [6, 6, 6, 6]


def test_wrong_clocks_are_told(tmp_path: Path) -> None:
    rows = [used(n * 100) for n in range(50)] + [used(-START + 5 * 86_400_000)]
    found = reading.read([jtl_rows.file(tmp_path, rows)])
    assert len(found.seconds) == 5
    assert any("days away" in note for note in found.notes)


def test_a_million_labels_are_no_million_lines_of_memory(tmp_path: Path) -> None:
    rows = [used(n, label=f"label {n}") for n in range(3000)]
    found = reading.read([jtl_rows.file(tmp_path, rows)])
    assert len(found.labels) == 3000
    assert collections.Counter(found.labels["samples"]) == {1: 3000}


def test_a_plan_of_jmxgens_is_known_by_its_columns(tmp_path: Path) -> None:
    plain, own = tmp_path / "plain.jtl", tmp_path / "own.jtl"
    row = "1795491519313,10,open,101,Switching Protocols,callers 1-1,,true,192,166,1,1,0,10"
    head = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,sentBytes,"
    head += "grpThreads,allThreads,Latency,Connect"
    plain.write_text(f"{head}\n{row}\n")
    own.write_text(f"{head},ws_conn\n{row},1\n")

    assert not reading.read([plain]).own_plan
    assert reading.read([own]).own_plan


def test_a_file_that_grows_while_it_is_read_is_said_to_be_incomplete(tmp_path: Path) -> None:
    path = jtl_rows.file(tmp_path, [used(n) for n in range(500)])

    def grow(*_: int) -> None:
        with path.open("a") as file:
            file.write("1767225600000,3,us")

    found = reading.read([path], progress=grow)

    assert found.rows == 500
    assert not found.complete
    assert "still grew" in str(found.incomplete_because)
