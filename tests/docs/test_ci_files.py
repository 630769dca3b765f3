"""The files for CI servers call commands and options that exist; the action's script does what it says.

Their linters run in `make ci-files`; the servers themselves are not here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from jmxgen.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "action.yml", *sorted(ROOT.glob("ci/*"))]
CALL = re.compile(r"(?<![\w./-])(?:\.jmxgen/bin/)?jmxgen (\w+)([^\n'|`]*)")


@pytest.mark.parametrize("path", [path for path in FILES if path.is_file()], ids=lambda path: path.name)
def test_commands_and_options_of_the_file_exist(path: Path) -> None:
    calls = [call for call in CALL.findall(path.read_text(encoding="utf-8")) if call[0] in COMMANDS]

    for name, words in calls:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        used = set(re.findall(r"(?<!\S)--?[a-zA-Z][\w-]*", words))
        assert isinstance(command, click.Group) or used <= known, f"jmxgen {name}: {used - known}"
    assert calls or path.name in {"check.py", "github-workflow.yml", "engine.Dockerfile"}


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"][
        "steps"
    ]
    return found


def run(step: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as GitHub runs it, with jmxgen of this checkout first on the path."""
    script = next(one["run"] for one in steps() if one.get("name") == step)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    files = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_OUTPUT": str(folder / "output")}
    empty = dict.fromkeys(("SCENARIO", "RESULTS", "FAIL_ON", "ARGUMENTS", "PLANS"), "")
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **files, **empty, "OUTPUT": "out", "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_analyses_results_and_leaves_with_the_exit_code(tmp_path: Path) -> None:
    results = str(ROOT / "samples" / "cap.jtl")

    done = run("Run or analyse", tmp_path, RESULTS=results, FAIL_ON="closures.handshake.rate > 1%")

    assert done.returncode == 99, done.stderr
    assert (tmp_path / "output").read_text() == "exit-code=99\n"
    assert (tmp_path / "summary.md").read_text()
    assert (tmp_path / "out.xml").read_text().startswith("<?xml")
    assert "::" in done.stdout


def test_an_input_of_the_action_is_never_run_as_a_command(tmp_path: Path) -> None:
    hostile = '"; touch hacked; echo "'

    run("Run or analyse", tmp_path, RESULTS=hostile, ARGUMENTS="$(touch hacked)", FAIL_ON="`touch hacked`")

    assert not (tmp_path / "hacked").exists()
    assert not any("${{" in step.get("run", "") for step in steps())


def test_the_action_lints_with_annotations(tmp_path: Path) -> None:
    done = run("Lint", tmp_path, PLANS=str(ROOT / "samples" / "plans" / "naive.jmx"))

    assert done.returncode == 1
    assert "::warning file=" in done.stdout


def test_the_report_for_gitlab_is_written_whatever_is_found(tmp_path: Path) -> None:
    script = yaml.safe_load((ROOT / "ci" / "gitlab-ci.yml").read_text(encoding="utf-8"))["jmxgen-lint"][
        "script"
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    plan = str(ROOT / "samples" / "plans" / "naive.jmx")

    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "JMXGEN_PLANS": plan},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert json.loads((tmp_path / "gl-code-quality-report.json").read_text())
