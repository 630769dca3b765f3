"""Results on the command line: a JTL file, the folder of a run, or a URL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from jmxgen.errors import Place, ResultError

RUN_RESULTS = "results.jtl"  # what `jmxgen run` leaves in its folder


class Results(click.Path):
    """A parameter for results: a folder stands for the results in it, a URL stays text."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path, or a URL as text."""
        if isinstance(value, str) and "://" in value:  # a path would lose a slash
            return value
        return results_of(Path(os.fsdecode(super().convert(value, param, ctx))))


def results_of(path: Path) -> Path:
    """Return the results in a folder: of a run, or its only JTL file; a file is returned as it is.

    Raises:
        ResultError: the folder holds none, or several.
    """
    if not path.is_dir():
        return path
    if (path / RUN_RESULTS).is_file():
        return path / RUN_RESULTS
    found = sorted(file for file in path.iterdir() if ".jtl" in file.suffixes)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ResultError("holds no results", place=Place(path), hint="name a JTL file, or a run's folder")
    names = ", ".join(file.name for file in found[:5])
    raise ResultError("holds several results", place=Place(path), hint=f"name those of one run: {names}")
