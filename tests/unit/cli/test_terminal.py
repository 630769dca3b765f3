"""What a shell and a terminal see: completion, colours, and how much is said."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click import shell_completion

from jmxgen.cli import main

RESULTS = Path(__file__).parents[3] / "samples" / "cap.jtl"


def jmxgen(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jmxgen", *arguments],
        env={**os.environ, **variables},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["an"], ["analyze"]),
        (["plot", "--ki"], ["--kind"]),
        (["plot", "--kind", "th"], ["threshold"]),
        (["jmeter", "in"], ["install"]),
        (["nonsense", "x"], []),
    ],
)
def test_commands_options_and_choices_complete(words: list[str], expected: list[str]) -> None:
    completion = shell_completion.BashComplete(main, {}, "jmxgen", "_JMXGEN_COMPLETE")

    found = completion.get_completions(words[:-1], words[-1])

    assert [one.value for one in found] == expected


def test_a_shell_that_asks_is_answered() -> None:
    asked = jmxgen(_JMXGEN_COMPLETE="bash_complete", COMP_WORDS="jmxgen ana", COMP_CWORD="1")

    assert asked.stdout == "plain,analyze\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    script = jmxgen(_JMXGEN_COMPLETE=f"{shell}_source")

    assert "_JMXGEN_COMPLETE" in script.stdout
    assert not script.stderr


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """Return what a command writes to a terminal: needs a system with pseudo-terminals."""
    ours, theirs = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "jmxgen", *arguments],
        env={**os.environ, "TERM": "xterm", **variables},
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
        while part := terminal.read(65536):  # a terminal whose other side is gone is an error on Linux
            shown += part
    assert child.wait(60) == 0
    return shown.decode()


def test_a_verdict_is_coloured_on_a_terminal_unless_no_color_is_set() -> None:
    coloured = on_a_terminal("analyze", str(RESULTS), NO_COLOR="")
    plain = on_a_terminal("-q", "analyze", str(RESULTS), NO_COLOR="1")
    dumb = on_a_terminal("-q", "analyze", str(RESULTS), NO_COLOR="", TERM="dumb")

    assert "\x1b[1;31m" in coloured
    assert "\x1b" not in plain
    assert "\x1b" not in dumb


def test_quiet_leaves_results_and_errors(tmp_path: Path) -> None:
    told = jmxgen("analyze", str(RESULTS), "-o", str(tmp_path / "one"))
    quiet = jmxgen("-q", "analyze", str(RESULTS), "-o", str(tmp_path / "two"))
    wrong = jmxgen("-q", "analyze", "none.jtl")  # an error is told all the same

    assert told.stderr.startswith("report: ")
    assert quiet.stderr == ""
    assert quiet.stdout == told.stdout
    assert wrong.stderr.startswith("jmxgen: error: ")


def test_verbose_shows_where_an_error_was_made() -> None:
    assert "Traceback" in jmxgen("-v", "analyze", "none.jtl").stderr
    assert "Traceback" not in jmxgen("analyze", "none.jtl").stderr
