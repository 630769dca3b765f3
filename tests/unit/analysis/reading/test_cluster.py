"""Files read by a dask cluster, or from a URL, say what they say to one process."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pandas as pd
import pytest

from jmxgen.analysis import reading
from jmxgen.analysis.model import Run
from jmxgen.analysis.reading import cluster
from jmxgen.errors import ResultError, UsageError
from tests import jtl_rows
from tests.jtl_rows import closed, opened, used

ROOT = Path(__file__).parents[4]
RECORDED = ROOT / "tests" / "data" / "attribution" / "results.csv.gz"


def same(first: Run, other: Run) -> None:
    """Hold all that results say against each other, bit for bit."""
    for name in ("connections", "seconds", "labels"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(other, name), check_exact=True)
    for name in Run.__dataclass_fields__:
        if name not in ("connections", "seconds", "labels", "metrics"):
            assert getattr(first, name) == getattr(other, name), name


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "results.jtl"
    path.write_bytes(gzip.decompress(RECORDED.read_bytes()))
    return path


def test_a_url_is_read_through_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    text = jtl_rows.text([opened(0), used(10), closed(20)])
    with fsspec.open("memory://runs/results.jtl", "w") as file:
        file.write(text)
    found = reading.read(["memory://runs/results.jtl"])
    assert found.files == ("memory://runs/results.jtl",)
    assert found.rows == 3
    for url in ("memory://runs/missing.jtl", "nonsense://x/y"):
        with pytest.raises(ResultError, match=re.escape(url)):
            reading.read([url])


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
        same(reading.read(files), reading.read(files, executor=executor))
        urls = [path.as_uri() for path in files]
        same(reading.read(urls), reading.read(urls, executor=executor))
        assert reading.read(urls).rows == reading.read(files).rows
        with pytest.raises(ResultError, match=re.escape(str(bad))):
            reading.read([bad, *files], executor=executor)
        seen = set(executor.map(_process, range(8)))
    assert os.getpid() not in seen
    assert len(seen) == 2


def _process(_: int) -> int:
    return os.getpid()


def test_without_dask_the_option_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'jmxgen\[dask\]'"), cluster.connected("tcp://x:1"):
        pass
