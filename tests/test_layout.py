"""The architecture that one can see: folders, links, and imports that follow the flow."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"pandas", "numpy", "matplotlib", "scipy", "pydantic", "lxml", "rich", "jgo", "jinja2", "yaml"}

# package -> the packages of jmxgen that it may import, besides itself and jmxgen.errors
ALLOWED = {
    "scenario": set(),
    "plan": {"scenario"},
    "jmx": {"plan", "scenario"},
    "lint": {"jmx", "scenario"},
    "harden": {"jmx", "lint", "plan", "scenario"},
    "jmeter": {"jmx"},
    "simulator": set(),
    "analysis": set(),
    "search": {"analysis", "scenario"},
    "next": {"analysis", "jmx", "lint", "scenario"},
    "reproduce": {"analysis"},
}


def modules(package: str) -> Iterator[Path]:
    folder = ROOT / "analysis" if package == "analysis" else ROOT / "jmxgen" / package
    return folder.rglob("*.py")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_with_the_flow(package: str) -> None:
    may = ALLOWED[package] | {package, "errors", "columns", "spelling", "units", "__version__"}

    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        for name in imported(path)
        if name.startswith("jmxgen.") and name.split(".")[1] not in may
    }

    assert not strays


# room of the analysis -> the rooms before it on the way of a row, which it may import
WAY = {
    "advice": set(),
    "next_run": set(),
    "metrics": set(),
    "server_log": {"metrics"},
    "model": {"advice", "next_run", "server_log"},
    "jtl": {"model"},
    "dialects": {"model"},
    "lifecycle": {"model", "jtl", "dialects"},
    "tallies": {"model"},
    "reading": {"model", "jtl", "dialects", "lifecycle", "tallies"},
    "measures": {"model"},
    "causes": {"advice", "next_run", "model", "measures", "metrics"},
    "scale": {"causes"},
    "verdict": {"advice", "model", "causes", "scale"},
    "compare": {"model", "measures", "causes"},
    "words": {"model", "measures", "causes"},
    "charts": {"model", "measures", "causes", "compare", "words"},
    "schema": {"causes"},
    "criteria": {"model", "causes", "schema"},
    "report": {
        "advice",
        "server_log",
        "model",
        "measures",
        "causes",
        "compare",
        "words",
        "charts",
        "criteria",
    },
}


@pytest.mark.parametrize("room", WAY)
def test_a_row_goes_one_way_through_the_rooms(room: str) -> None:
    folder = ROOT / "analysis" / room
    may = WAY[room] | {room}

    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")])
        for name in imported(path)
        if name.startswith("jmxgen.analysis.") and name.split(".")[2] not in may
    }

    assert not strays


@pytest.mark.parametrize("name", ["analysis", "samples", "templates"])
def test_the_top_folders_are_linked_into_the_package(name: str) -> None:
    link = ROOT / "jmxgen" / name

    assert link.is_symlink()
    assert link.resolve() == ROOT / name


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from jmxgen.cli import main; main(['--help'], standalone_mode=False); "
    code += "print(*sys.modules, file=sys.stderr)"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    loaded = {name.split(".")[0] for name in shown.stderr.split()}
    assert not loaded & HEAVY


def test_every_command_has_help_and_so_has_each_of_its_options() -> None:
    import click

    from jmxgen.cli import COMMANDS, main

    def silent(command: click.Command, path: str) -> Iterator[str]:
        if not command.help:
            yield path
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.help and not parameter.hidden:
                yield f"{path} {parameter.opts[0]}"
        if isinstance(command, click.Group):
            for name, child in command.commands.items():
                yield from silent(child, f"{path} {name}")

    found: list[str] = []
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        found += silent(command, name)

    assert not found


def test_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py", "types.py"}

    found = [path for package in ALLOWED for path in modules(package) if path.name in drawers]

    assert not found


def test_nothing_but_tests_imports_from_tests() -> None:
    files = [*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "ci").rglob("*.py")]
    files += [path for package in ALLOWED for path in modules(package)]

    strays = {f"{path.relative_to(ROOT)}: {name}" for path in files for name in imported(path)}

    assert not {stray for stray in strays if stray.split(": ")[1].split(".")[0] == "tests"}
