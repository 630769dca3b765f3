"""Results of bad days: clocks that jump, files that grow or are cut, places that can't be written to."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path

import pytest

from jmxgen.analysis import reading, verdict
from jmxgen.analysis.report import html, text
from jmxgen.cli import execute
from tests import jtl_rows

HOUR = 3_600_000


def test_a_clock_that_jumps_back_costs_no_connection_and_no_report(tmp_path: Path) -> None:
    rows = []
    for caller in range(1, 11):
        thread = f"callers 1-{caller}"
        steps = [jtl_rows.opened(0), *[jtl_rows.used(n * 500) for n in range(1, 8)]]
        rows += [(one, thread) for one in steps]
    moved = [
        dataclasses.replace(row, thread=thread, at=row.at - HOUR if row.at and row.at >= 2000 else row.at)
        for row, thread in rows
    ]
    found = reading.read([jtl_rows.file(tmp_path, moved)])
    analysis = verdict.judge(found)

    assert found.rows == len(moved)
    assert analysis.counts.opened == 10
    assert (analysis.counts.handshake, analysis.counts.data) == (0, 0)
    assert text.render(analysis)
    assert html.render(analysis)


def test_a_file_that_grows_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    path.write_text(jtl_rows.text([jtl_rows.opened(0)]), encoding="utf-8")
    line = jtl_rows.text([jtl_rows.used(10)], header=False)
    done = threading.Event()

    def write() -> None:
        with path.open("a", encoding="utf-8", buffering=1) as file:
            while not done.is_set():
                for piece in (line[:30], line[30:]):  # half a row at a time
                    file.write(piece)
                    file.flush()
                    time.sleep(0.0005)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = [reading.read([path]) for _ in range(20)]
    finally:
        done.set()
        thread.join()

    assert [one.rows for one in seen] == sorted(one.rows for one in seen)
    assert all(sum(one.skipped_rows.values()) <= 1 for one in seen), "the row that is being written, no other"


@pytest.mark.parametrize(
    "words",
    [
        ["analyze", "results.jtl", "-o", "file/out"],
        ["analyze", "results.jtl", "--json", "file/out.json"],
        ["plot", "results.jtl", "-o", "file/out.png"],
        ["init", "file/scenario.yaml"],
    ],
)
def test_a_place_that_cannot_be_written_is_one_line_and_leaves_nothing(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    jtl_rows.file(tmp_path, [jtl_rows.opened(0), *[jtl_rows.used(n) for n in range(9)]])

    assert execute(words) == 4

    said = capsys.readouterr().err
    assert said.startswith("jmxgen: error: can't write file/")
    assert said.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"file", "results.jtl"}


def test_an_install_without_a_network_is_one_line_and_leaves_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JMXGEN_CACHE", str(tmp_path))
    monkeypatch.delenv("JMETER_HOME", raising=False)
    monkeypatch.setattr("jmxgen.jmeter.install.RETRY_S", 0.0)

    assert execute(["jmeter", "install", "--repository", "http://127.0.0.1:9"]) == 4

    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("jmxgen: error: ")]
    assert len(said) == 1
    assert "check the network" in said[0]
    assert not list(tmp_path.rglob("*.jar"))
    assert not list(tmp_path.rglob("jmeter.properties"))
