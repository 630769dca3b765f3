"""The docs are true: every command runs, every option is listed, every link leads somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from jmxgen.cli import COMMANDS, main, status

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What a page's commands need from elsewhere: `make` targets are CI's own steps.
ELSEWHERE = ("make ", "git clone", "cd ", "pip install")


def commands(page: Path) -> list[str]:
    """Return the commands of a page's console blocks, continued lines joined."""
    found = []
    for block in CONSOLE.findall(page.read_text(encoding="utf-8")):
        text = block.replace("\\\n", " ")
        found += [line[2:].strip() for line in text.splitlines() if line.startswith("$ ")]
    return [line for line in found if not line.startswith(ELSEWHERE)]


RUNNABLE = [page for page in PAGES if commands(page)]


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


@pytest.mark.jmeter
@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", RUNNABLE, ids=names(RUNNABLE))
def test_every_command_of_a_page_runs_in_an_empty_folder(page: Path, tmp_path: Path) -> None:
    # A line that may end in 1 (findings) says so with a comment: `$ jmxgen lint plan.jmx   # exit 1`
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    script = ["set -u", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
    for line in commands(page):
        expected = re.search(r"#\s*exit (\d+)$", line)
        script.append(line)
        if not line.endswith("&"):
            status = expected.group(1) if expected else "0"
            script.append(
                f"code=$?; [ $code -eq {status} ] || {{ echo exit $code: {shlex.quote(line)} >&2; exit 9; }}"
            )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


HEAD = """# Commands

Made from `--help` by `pytest --accept`. Results go to stdout, all else to stderr. All commands
share one table of [exit codes](exit-codes.md).
"""


def documented(command: click.Command, path: str, depth: int = 2) -> Iterator[str]:
    context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
    yield f"{'#' * depth} {path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from documented(child, f"{path} {name}", depth + 1)


def test_the_command_reference_is_what_help_says(accepted: Callable[[Path, str], None]) -> None:
    pages = [HEAD]
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        pages += documented(command, f"jmxgen {name}")

    accepted(ROOT / "docs" / "reference" / "commands.md", "\n".join(pages))


def test_the_exit_codes_are_those_of_the_commands() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")

    rows = dict(re.findall(r"^\| (\d+) \| (.+?) \|$", page, re.MULTILINE))

    assert {int(code): meaning for code, meaning in rows.items()} == dict(status.MEANINGS)


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))

    missing = [
        target
        for target in targets
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]

    assert not missing
