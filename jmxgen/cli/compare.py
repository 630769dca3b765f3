"""`jmxgen compare`: what changed between two runs, or over more of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from jmxgen.cli.results import RUN_RESULTS, results_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jmxgen.analysis.compare.trend import NamedRun


_RUN = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False)
_MOST_BYTES: Final = 256 << 20  # of an analysis.json


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", nargs=-1, required=True, type=_RUN, metavar="BEFORE AFTER [RUN]…")
@click.option("--json", "json_file", metavar="FILE", help="Write the comparison as JSON; - is stdout.")
@click.option("--html", "html_file", type=_FILE, help="Write the comparison as one HTML file.")
@click.pass_obj
def command(
    options: dict[str, bool], *, runs: tuple[Path, ...], json_file: str | None, html_file: Path | None
) -> int:
    """Show what changed between two runs, or over three and more.

    Runs are JTL files or folders that `jmxgen run` made. Of two, the load, closure rates, limits and
    percentiles are compared with their intervals, so that noise is not called a change. Of three and more, in
    their order, each figure is drawn over the runs and its change point is marked; they may be analysis.json
    as well. Exits 1 when anything got worse.
    """
    from jmxgen.cli import status
    from jmxgen.cli.output import check_outputs, is_stdout, write

    check_outputs([json_file, html_file], inputs=[file for path in runs for file in _read_from(path)])
    aside = is_stdout(json_file) or is_stdout(html_file)
    compared = _two if len(runs) == 2 else _trend
    found = compared(runs, quiet=options["quiet"], aside=aside)
    if html_file is not None:
        write(html_file, found.html(), inputs=found.files)
    if json_file is not None:
        write(json_file, found.document(), inputs=found.files)
    click.echo(found.text, err=aside, nl=False)
    return status.FINDINGS if found.regression else status.FINE


def _read_from(path: Path) -> list[Path]:
    """Return the files that a run may be read from."""
    return [path / RUN_RESULTS, path / "analysis.json"] if path.is_dir() else [path]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Compared:
    """What is shown of a comparison."""

    text: str
    document: Callable[[], str]
    html: Callable[[], str]
    regression: bool
    files: list[Path]


def _two(runs: Sequence[Path], *, quiet: bool, aside: bool) -> _Compared:
    from jmxgen.analysis.compare import two_runs
    from jmxgen.analysis.report import comparison
    from jmxgen.cli.analysis import analyse, coloured
    from jmxgen.errors import UsageError

    files = [results_of(path) for path in runs]
    for path in files:
        if path.suffix == ".json":
            hint = "two runs are compared by their rows: name the run's folder, or its JTL file"
            raise UsageError(f"{path} holds only figures", hint=hint)
    before, after = (analyse([path], quiet=quiet) for path in files)
    found = two_runs.compare(before, after)
    return _Compared(
        text=comparison.text(found, colour=coloured(err=aside)),
        document=lambda: comparison.document(found),
        html=lambda: comparison.html(found),
        regression=found.regression,
        files=files,
    )


def _trend(runs: Sequence[Path], *, quiet: bool, aside: bool) -> _Compared:
    from jmxgen.analysis.compare import trend
    from jmxgen.analysis.report import trend as report
    from jmxgen.cli.analysis import coloured
    from jmxgen.errors import UsageError

    if len(runs) < trend.FEWEST:
        raise UsageError("a comparison needs two runs or more", hint="jmxgen compare BEFORE AFTER")
    read = [_read(path, quiet=quiet) for path in runs]
    found = trend.trend([run for run, _ in read])
    return _Compared(
        text=report.text(found, colour=coloured(err=aside)),
        document=lambda: report.document(found),
        html=lambda: report.html(found),
        regression=found.regression,
        files=[file for _, file in read],
    )


def _read(path: Path, *, quiet: bool) -> tuple[NamedRun, Path]:
    """Return a run's figures, and the file that they come from: analysis.json where there is one."""
    from jmxgen.analysis.compare.trend import NamedRun
    from jmxgen.analysis.report import json
    from jmxgen.cli.analysis import analyse
    from jmxgen.errors import Place, ResultError

    file = path / "analysis.json" if (path / "analysis.json").is_file() else results_of(path)
    document = _document(file) if file.suffix == ".json" else json.value(analyse([file], quiet=quiet))
    if not document["connections"].get("attempted"):
        raise ResultError("no WebSocket connection was attempted: nothing to compare", place=Place(file))
    return NamedRun(name=str(path), document=document), file


def _document(file: Path) -> dict[str, Any]:
    """Read an analysis.json."""
    import json

    from jmxgen.analysis.report.json import SCHEMA
    from jmxgen.errors import Place, ResultError

    try:
        with file.open(encoding="utf-8") as opened:
            found = json.loads(opened.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise ResultError(f"can't be read: {why}", place=Place(file)) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or "connections" not in found:
        hint = "analyze the results again: jmxgen analyze FILE.jtl -o FOLDER"
        raise ResultError("is not an analysis that this version reads", place=Place(file), hint=hint)
    return found
