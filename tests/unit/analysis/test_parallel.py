"""Files read by several processes, here and by a dask cluster, say what they say to one."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.analysis import cluster, parallel, results, spill, store, verdict
from jmxgen.analysis.jtl.spans import cut
from jmxgen.analysis.model import Results
from jmxgen.analysis.parallel import Part
from jmxgen.errors import ResultError, UsageError
from tests import jtl_rows
from tests.jtl_rows import Row, closed, opened, refused, used

ROOT = Path(__file__).parents[3]
RECORDED = ROOT / "tests" / "data" / "attribution" / "results.csv.gz"


def same(one: Results, other: Results) -> None:
    """Hold all that results say against each other, bit for bit."""
    for name in ("connections", "seconds", "labels"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    for name in Results.__dataclass_fields__:
        if name not in ("connections", "seconds", "labels", "metrics"):
            assert getattr(one, name) == getattr(other, name), name


def apart(path: Path, count: int, *, block: int = 1 << 20) -> Results:
    """Read a file in spans, one after the other, and put it together as the processes' parts are."""
    todo = [Part(str(path), path, span) for span in cut(path, count, block=block)]
    found = (results.count(part) for part in todo)
    (tally,) = results.joined(todo, found, chunk_rows=250_000, zone="UTC")
    return results.finish(tally)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "results.jtl"
    path.write_bytes(gzip.decompress(RECORDED.read_bytes()))
    return path


@pytest.mark.parametrize("count", [2, 3, 7, 20])
def test_a_recorded_run_in_spans_is_the_run(recorded: Path, count: int) -> None:
    assert len(cut(recorded, count)) == count
    same(results.read([recorded]), apart(recorded, count))


@pytest.fixture
def nothing_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LEAST", 0)
    monkeypatch.setattr(spill, "LONG", 0)
    monkeypatch.setattr(spill, "PIECE", 100)


def test_a_run_that_lies_in_files_says_what_it_says_in_memory(
    recorded: Path, request: pytest.FixtureRequest
) -> None:
    in_memory = results.read([recorded])
    request.getfixturevalue("nothing_in_memory")
    in_files = results.read([recorded])

    same(in_memory, in_files)
    assert verdict.judge(in_files).hypotheses == verdict.judge(in_memory).hypotheses


@pytest.mark.usefixtures("nothing_in_memory")
def test_records_that_lie_in_a_file_travel_to_another_machine(recorded: Path) -> None:
    tally = results.read_one(recorded)
    assert any(isinstance(part.rows, store.Stored) for part in tally.log.parts)
    travelled = pickle.loads(pickle.dumps(tally))

    same(results.finish(tally), results.finish(travelled))
    travelled.merge(tally)
    assert travelled.rows == 2 * tally.rows


@pytest.mark.usefixtures("nothing_in_memory")
def test_without_room_for_files_a_run_is_read_in_memory(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_files = results.read([recorded])

    def refused(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    same(in_files, results.read([recorded]))
    with parallel.processes(2) as pool:
        same(in_files, results.read([recorded], executor=pool, jobs=2))


STEPS = (
    opened,
    used,
    closed,
    refused,
    lambda at: Row(at=at, code="503", message='said: "no"\n\n"busy",\r\n""', good=False),
    lambda at: Row(at=at, took=4, label="script", received=3),
    lambda at: Row(at=at, took=4, label='a\n"b"'),
    lambda at: Row(at=at, code="503", message='said:\n1767225600000,"no"\n1767225600000,3', good=False),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(STEPS) - 1), st.sampled_from("abc")), min_size=1, max_size=60),
    st.integers(2, 9),
    st.integers(1, 400),
)
def test_awkward_places_for_cuts_make_no_difference(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[int, str]], count: int, block: int
) -> None:
    rows = [
        dataclasses.replace(STEPS[step](place * 10), thread=thread)
        for place, (step, thread) in enumerate(made)
    ]
    path = jtl_rows.file(tmp_path_factory.mktemp("cut"), rows)
    same(results.read([path]), apart(path, count, block=block))


def test_a_file_that_was_cut_within_quotes_is_read_whole(tmp_path: Path) -> None:
    said = dataclasses.replace(refused(0), message="said:\n" + "1767225600000,3,open,101,OK\n" * 2000)
    path = jtl_rows.file(tmp_path, [*(used(at) for at in range(50)), said, *(used(at) for at in range(50))])
    assert len(cut(path, 5)) == 5
    same(results.read([path]), apart(path, 5))


def test_recordings_one_after_the_other_are_kept_apart_in_spans_too(tmp_path: Path) -> None:
    text = jtl_rows.text([row for at in range(0, 9000, 100) for row in (opened(at), used(at + 9))])
    path = tmp_path / "results.jtl"
    path.write_text(text * 2)
    assert len(cut(path, 5)) == 5
    same(results.read([path]), apart(path, 5))


def test_a_span_without_a_row_that_can_be_read_is_no_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    path.write_text(jtl_rows.text([used(at) for at in range(50)]) + "broken,row\n" * 500)
    same(results.read([path]), apart(path, 4))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LEAST", 1000)


@pytest.mark.usefixtures("small_parts")
def test_two_processes_read_what_one_reads(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "make_jtl.py", "30000", path, "--callers", "50"], check=True
    )
    with parallel.processes(2) as pool:
        assert pool is not None
        assert len(parallel.parts([path], 2)) == 2
        same(results.read([path]), results.read([path], executor=pool, jobs=2))


def test_an_error_in_another_process_is_the_same_error(tmp_path: Path) -> None:
    good = jtl_rows.file(tmp_path, [used(0)])
    bad = tmp_path / "bad.jtl"
    bad.write_text("nothing of JMeter's\n")
    with parallel.processes(2) as pool, pytest.raises(ResultError, match="is no JMeter results file") as told:
        results.read([good, bad], executor=pool, jobs=2)
    assert str(bad) in str(told.value)
    assert told.value.faults[0].hint


def test_a_process_that_the_system_ends_is_told_in_a_line() -> None:
    def read() -> None:
        with parallel.processes(2) as pool:
            assert pool is not None
            pool.submit(os.abort).result()

    with pytest.raises(ResultError, match="the system ended a process"):
        read()


def test_how_many_processes_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = jtl_rows.file(tmp_path, [used(0)])
    monkeypatch.setattr(parallel, "cores", lambda: 6)
    assert parallel.jobs_for([path]) == 1
    assert parallel.jobs_for([path], asked=3) == 3
    monkeypatch.setattr(parallel, "WORTH", 10)
    assert parallel.jobs_for([path]) == 6
    with parallel.processes(1) as pool:
        assert pool is None


def test_a_url_is_read_through_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    text = jtl_rows.text([opened(0), used(10), closed(20)])
    with fsspec.open("memory://runs/results.jtl", "w") as file:
        file.write(text)
    found = results.read(["memory://runs/results.jtl"])
    assert found.files == ("memory://runs/results.jtl",)
    assert found.rows == 3
    for url in ("memory://runs/missing.jtl", "nonsense://x/y"):
        with pytest.raises(ResultError, match=re.escape(url)):
            results.read([url])


@contextlib.contextmanager
def dask_cluster(folder: Path) -> Iterator[str]:
    """A real scheduler with two worker processes on loopback; yields its address."""
    code = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
                      dashboard_address=None, local_directory=sys.argv[1]) as cluster:
        cluster.wait_for_workers(2) if hasattr(cluster, "wait_for_workers") else None
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""
    script = folder / "cluster.py"
    script.write_text(code)
    with subprocess.Popen(
        [sys.executable, script, folder / "scratch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(60)


@pytest.mark.filterwarnings("default")  # of distributed's own sockets
def test_two_dask_workers_read_what_one_process_reads(recorded: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    other = shutil.copy(ROOT / "samples" / "cap.jtl", tmp_path / "cap.jtl")
    files = [recorded, Path(other)]
    bad = tmp_path / "bad.jtl"
    bad.write_text("nothing of JMeter's\n")
    with dask_cluster(tmp_path) as address, cluster.connected(address) as executor:
        assert isinstance(executor, Executor)
        same(results.read(files), results.read(files, executor=executor))
        urls = [path.as_uri() for path in files]
        same(results.read(urls), results.read(urls, executor=executor))
        assert results.read(urls).rows == results.read(files).rows
        with pytest.raises(ResultError, match=re.escape(str(bad))):
            results.read([bad, *files], executor=executor)
        seen = set(executor.map(_process, range(8)))
    assert os.getpid() not in seen
    assert len(seen) == 2


def _process(_: int) -> int:
    return os.getpid()


def test_without_dask_the_option_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'jmxgen\[dask\]'"), cluster.connected("tcp://x:1"):
        pass
