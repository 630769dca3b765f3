"""stdout and stderr that are full, closed or read by nobody: files are written, and no traceback is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jmxgen.cli import execute

SAMPLES = Path(__file__).parents[3] / "samples"
FULL = "jmxgen: error: can't write to stdout: No space left on device\n"

# words, the files that must be there afterwards, and the exit status
COMMANDS: list[tuple[str, tuple[str, ...], int]] = [
    ("--help", (), 0),
    ("--version", (), 0),
    ("analyze --help", (), 0),
    ("analyze {s}/cap.jtl -o run --junit j.xml --json -", ("run/report.html", "j.xml"), 0),
    ("compare {s}/cap.jtl {s}/cap.jtl --json c.json --html c.html", ("c.json", "c.html"), 0),
    ("init -", (), 0),
    ("generate s.yaml -o -", (), 0),
    ("lint p.jmx --fail-on never", (), 0),
    ("lint --list", (), 0),
    ("harden --diff {s}/plans/naive.jmx -o h.jmx", ("h.jmx",), 0),
]


def jmxgen(words: str, folder: Path, redirection: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jmxgen", *words.format(s=SAMPLES).split()]
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$@" {redirection}', "bash", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SAMPLES.parent)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def into_a_pipe_without_a_reader(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "jmxgen", *words.format(s=SAMPLES).split()]
    with os.fdopen(theirs, "wb") as stdout:
        return subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(SAMPLES.parent)},
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            text=True, timeout=120, check=False,
        )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario, and its plan."""
    monkeypatch.chdir(tmp_path)
    for words in (["init", "s.yaml"], ["generate", "s.yaml", "-o", "p.jmx"]):
        assert execute(["-q", *words]) == 0
    return tmp_path


@pytest.mark.parametrize(("words", "files", "status"), COMMANDS)
@pytest.mark.parametrize("redirection", [">/dev/full", ">&- 2>&-", "gone"])
def test_a_command_does_its_work_whatever_becomes_of_its_words(
    words: str, files: tuple[str, ...], status: int, redirection: str, folder: Path
) -> None:
    if redirection == "gone":
        done = into_a_pipe_without_a_reader(words, folder)
        assert done.returncode == (status or 128 + 13)
    else:
        done = jmxgen(words, folder, redirection)
        assert done.returncode == (status or 4 * (redirection == ">/dev/full"))

    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr
    assert done.stderr.endswith(FULL) == (redirection == ">/dev/full")
    assert [file for file in files if not (folder / file).stat().st_size] == []


def test_a_gone_reader_of_stderr_changes_nothing(folder: Path) -> None:
    for redirection in ("2>&-", "2>/dev/full"):
        done = jmxgen("generate s.yaml -o other.jmx", folder, redirection)

        assert done.returncode == 0
        assert (folder / "other.properties").stat().st_size


def test_stdout_in_the_wrong_encoding_is_no_traceback(folder: Path) -> None:
    done = jmxgen("analyze {s}/cap.jtl", folder, "")
    ascii_only = subprocess.run(
        [sys.executable, "-m", "jmxgen", "analyze", str(SAMPLES / "cap.jtl")],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ascii_only.returncode == done.returncode
    assert ascii_only.stderr == done.stderr


def test_an_error_that_nobody_can_read_keeps_its_status(tmp_path: Path) -> None:
    assert jmxgen("analyze none.jtl", tmp_path, "2>&-").returncode == 3
    assert jmxgen("nonsense", tmp_path, "2>/dev/full").returncode == 2
    assert jmxgen("", tmp_path, "2>&-").returncode == 2
