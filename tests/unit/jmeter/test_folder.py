from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jmxgen.errors import JMeterError
from jmxgen.jmeter import folder


def test_a_folder_is_made_and_taken(tmp_path: Path) -> None:
    place = tmp_path / "a" / "run"
    assert not folder.is_taken(place)
    files = folder.claim(place)
    assert files.jtl == place / "results.jtl"
    assert folder.is_taken(place)


def test_of_runs_that_want_one_folder_at_once_a_single_one_gets_it(tmp_path: Path) -> None:
    results: list[str] = []

    def one() -> None:
        try:
            folder.claim(tmp_path)
            results.append("got it")
        except JMeterError as error:
            results.append(error.faults[0].what)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["got it", *["this folder already contains a run"] * 7]


def test_results_alone_make_a_folder_taken(tmp_path: Path) -> None:
    (tmp_path / "results.jtl").touch()
    with pytest.raises(JMeterError, match="already contains a run"):
        folder.claim(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JMeterError, match="can't write to the run's folder"):
        folder.claim(tmp_path / "file" / "run")


@pytest.mark.parametrize(
    ("text", "expected"), [(None, False), ("", False), ("head\n", False), ("head\n1\n", True)]
)
def test_results_have_samples_from_their_second_line_on(
    text: str | None, expected: bool, tmp_path: Path
) -> None:
    path = tmp_path / "results.jtl"
    if text is not None:
        path.write_text(text)
    assert folder.has_samples(path) is expected


@pytest.mark.parametrize(
    ("text", "expected"), [(None, False), ("", False), ("head\n1\n", False), ("head\n1", True)]
)
def test_results_that_end_in_a_row_break_off(text: str | None, expected: bool, tmp_path: Path) -> None:
    path = tmp_path / "results.jtl"
    if text is not None:
        path.write_text(text)
    assert folder.breaks_off(path) is expected


def test_of_a_long_log_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "TAIL_BYTES", 10)
    (tmp_path / "log").write_bytes(b"x" * 100 + b"\xff the end")
    assert folder.tail(tmp_path / "log") == "x\ufffd the end"
    assert folder.tail(tmp_path / "none") == ""
