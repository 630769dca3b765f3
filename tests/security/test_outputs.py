"""Every output of every command: links are followed, a FIFO's reader is served, a failure is one line."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jmxgen.cli import execute

SAMPLES = Path(__file__).parents[2] / "samples"
OUTPUTS = [
    "analyze {s}/cap.jtl --json {o}",
    "analyze {s}/cap.jtl --connections {o}",
    "analyze {s}/cap.jtl --junit {o}",
    "analyze {s}/cap.jtl --markdown {o}",
    "compare {s}/cap.jtl {s}/cap.jtl --json {o}",
    "compare {s}/cap.jtl {s}/cap.jtl --html {o}",
    "plot {s}/cap.jtl -o {o}.png",
    "init --force {o}",
    "init --schema --force {o}",
    "generate {s}/ivr.yaml -o {o}",
    "lint {s}/plans/naive.jmx --fail-on never -o {o}",
    "harden {s}/plans/naive.jmx -o {o}",
]


def words(text: str, output: Path) -> list[str]:
    return [word.format(s=SAMPLES, o=output) for word in text.split()]


@pytest.mark.parametrize("text", OUTPUTS)
def test_an_output_goes_through_a_link_and_to_the_reader_of_a_fifo(text: str, tmp_path: Path) -> None:
    suffix = ".png" if ".png" in text else ""
    link, fifo = tmp_path / f"link{suffix}", tmp_path / f"fifo{suffix}"
    link.symlink_to("target")
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)
    reader.start()

    assert execute(words(text, tmp_path / "link")) == 0
    assert execute(words(text, tmp_path / "fifo")) == 0
    reader.join()

    assert link.is_symlink()
    assert fifo.is_fifo()
    assert len(got[0]) == (tmp_path / "target").stat().st_size > 0


@pytest.mark.parametrize("text", OUTPUTS)
def test_a_disk_without_room_is_one_line_and_leaves_what_is_there(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit on the size of files stands in for a full disk: writing fails in the same place."""
    import resource

    output = tmp_path / ("out.png" if ".png" in text else "out")
    output.write_text("earlier")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        status = execute(["-q", *words(text, tmp_path / "out")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert status == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"jmxgen: error: can't write {output}: ")
    assert [path.name for path in tmp_path.iterdir()] == [output.name]
    assert output.read_text() == "earlier"


@pytest.mark.parametrize(
    "text",
    [
        "analyze none.jtl --json {o} --junit {o}",
        "analyze none.jtl --connections {o}/connections.csv -o {o}",
        "analyze none.jtl --json - --markdown -",
        "compare none.jtl none.jtl --json {o} --html {o}",
        "simulate --port 0 --truth {o} --metrics {o}",
    ],
)
def test_two_outputs_at_one_place_are_an_error_before_anything_is_read(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(words(text, tmp_path / "out")) == 2

    assert "two outputs go to" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
