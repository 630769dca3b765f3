"""The way from result files to a verdict and its files: what `analyze`, `run` and `demo` share."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

from jmxgen.cli.output import console, write_whole
from jmxgen.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from jmxgen.analysis.model import Analysis, Run
    from jmxgen.scenario.model import Scenario

REPORT_FILES: Final = ("analysis.json", "connections.csv", "timeline.png", "timeline.svg", "report.html")


def analyse(
    paths: Sequence[Path | str],
    *,
    metrics: Path | None = None,
    metric: str | None = None,
    scenario: Scenario | None = None,
    log: Path | None = None,
    clock_offset_ms: float = 0.0,
    engines: bool = False,
    server_log: Sequence[Path] = (),
    server_log_format: str | None = None,
    quiet: bool = False,
    dask: str | None = None,
) -> Analysis:
    """Read result files and judge them, with a progress bar where stderr is a terminal.

    Args:
        paths: JTL files, CSV or XML, of one run; as text, URLs of fsspec.
        metrics: a series of Active Conversations from outside.
        metric: which metric of it, where Genesys' JSON has several.
        scenario: the scenario that was run.
        log: JMeter's log of the run, which knows the versions.
        clock_offset_ms: how far the metrics' clock is ahead of JMeter's.
        engines: the files are of engines that ran at the same time, with callers of the same names.
        server_log: logs of the server or of proxies, to be joined with the connections.
        server_log_format: the format of these logs: a name, or a mapping file; None to recognise it.
        quiet: no progress.
        dask: the address of a scheduler whose workers read instead, each file one task.

    Raises:
        ResultError: a file can't be read.
        UsageError: no dask, or no scheduler at the address; a file is given twice, or files are of two runs.
    """
    _refuse_twice(paths)
    from jmxgen.analysis import reading, verdict
    from jmxgen.analysis.reading import cluster, duplicates

    active = None
    if metrics is not None:
        from jmxgen.analysis import metrics as series

        active = series.read(metrics, offset_ms=clock_offset_ms, metric=metric)
    connected = contextlib.nullcontext() if dask is None else cluster.connected(dask)
    with connected as executor, _progress(quiet=quiet) as progress:
        read = reading.read(
            paths,
            progress=progress,
            metrics=active,
            scenario=scenario.model_dump(mode="json", exclude_none=True) if scenario else None,
            log=log,
            executor=executor,
        )
    duplicates.refuse(read, engines=engines)
    recorded = _as_recorded(read, paths, scenario)
    return verdict.judge(_with_log(recorded, server_log, server_log_format))


def _refuse_twice(paths: Sequence[Path | str]) -> None:
    """Refuse a file that is named twice, before it is read."""
    from jmxgen.errors import UsageError

    seen: set[Path | str] = set()
    for path in paths:
        real = path if isinstance(path, str) else path.resolve()
        if real in seen:
            raise UsageError(f"{path} was given twice", hint="name each file once")
        seen.add(real)


def _with_log(run: Run, paths: Sequence[Path], form: str | None) -> Run:
    """Return the results joined with logs of the other side, where there are some."""
    if not paths:
        return run
    from jmxgen.analysis import server_log

    return dataclasses.replace(run, server_log=server_log.read(run.connections, paths, format=form))


def _as_recorded(run: Run, paths: Sequence[Path | str], scenario: Scenario | None) -> Run:
    """Return the results with what `jmxgen run` left beside them, and what the scenario planned."""
    from jmxgen.analysis.jtl import ending
    from jmxgen.analysis.reading import completeness
    from jmxgen.jmeter import record

    local = [path for path in paths if not isinstance(path, str)]
    found = [said for path in local if path.name == "results.jtl" and (said := record.read(path.parent))]
    because = next((said.incomplete_because for said in found if said.incomplete_because), None)
    because = because or completeness.why_incomplete(
        run,
        broken_off=[path.name for path in local if ending.broken_off(path)],
        ended=bool(found) and len(found) == len(paths),
    )
    planned = [said.callers for said in found if said.callers]
    if not planned and scenario and scenario.load.peak_callers:
        planned = [scenario.load.peak_callers]
    run = dataclasses.replace(
        run,
        complete=because is None,
        incomplete_because=because,
        planned_callers=sum(planned) or None,
    )
    if scenario is None:
        return run
    from jmxgen.cli import mismatch

    differs = mismatch.warning(mismatch.notes(run, scenario, found))
    return dataclasses.replace(run, notes=(*((differs,) if differs else ()), *run.notes))


def report_files(folder: Path | None) -> list[Path]:
    """Return the paths that `write_all` writes; none without a folder."""
    return [folder / name for name in REPORT_FILES] if folder else []


def write_all(analysis: Analysis, folder: Path, *, inputs: Iterable[Path] = ()) -> dict[str, Path]:
    """Write all that a run's folder should hold of an analysis.

    Args:
        analysis: what was found.
        folder: where; made when missing.
        inputs: the files that were read, never overwritten.

    Returns:
        What was written: report.html, analysis.json, timeline.png, timeline.svg, connections.csv.

    Raises:
        OutputError: a file can't be written; it says which of the others are new.
    """
    read = list(inputs)
    written: dict[str, Path] = {}
    for name, content in list(_contents(analysis)):  # all is drawn before anything is written
        try:
            write_whole(folder / name, content, inputs=read)
        except OutputError as error:
            new = ", ".join(written) or "none"
            raise OutputError(f"{error}; files of this report that are written: {new}") from error
        written[name] = folder / name
    return written


def _contents(analysis: Analysis) -> Iterator[tuple[str, bytes | str]]:
    """Yield what a run's folder holds, a file at a time: (name, content)."""
    from jmxgen.analysis import charts
    from jmxgen.analysis.report import connections, html, json

    yield "analysis.json", json.render(analysis)
    yield "connections.csv", connections.render(analysis)
    for form, picture in charts.draw_as(analysis, "timeline", ("png", "svg")).items():
        yield f"timeline.{form}", picture
    yield "report.html", html.render(analysis)


def verdict_text(analysis: Analysis, *, err: bool = False, form: str = "text") -> str:
    """Return the verdict for stdout (or stderr): coloured and as wide as its terminal, if it is one.

    With the form `github`, annotations follow the text.
    """
    from jmxgen.analysis.report import github, text

    terminal = (sys.stderr if err else sys.stdout).isatty()
    width = min(shutil.get_terminal_size((100, 24)).columns, 120) if terminal else 100
    shown = text.render(analysis, colour=coloured(err=err), width=max(width, 60))
    return shown + github.render(analysis) if form == "github" else shown


def coloured(*, err: bool = False) -> bool:
    """Say whether stdout (or stderr) shows colours: a terminal, and nobody said no (no-color.org)."""
    terminal = (sys.stderr if err else sys.stdout).isatty()
    return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show the bytes read so far on a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():  # importing rich takes 20 ms
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("reading results"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
