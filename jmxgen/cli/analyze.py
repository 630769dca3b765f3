"""`jmxgen analyze`: explain why connections dropped, from JMeter's results."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jmxgen.cli.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jmxgen.analysis.model import Analysis

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("jtl", nargs=-1, required=True, type=Results())
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write report.html, analysis.json, timeline.png, timeline.svg and connections.csv here.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write the analysis as JSON; - is stdout.")
@click.option("--connections", type=_FILE, help="Write one CSV row per connection or attempt.")
@click.option("--junit", type=_FILE, help="Write the criteria as JUnit XML, for a CI server.")
@click.option("--markdown", metavar="FILE", help="Write a summary for a CI job's page; - is stdout.")
@click.option(
    "--metrics",
    type=_FILE,
    help="Active Conversations over time, to hold against the connections: CSV, or JSON of Genesys Cloud.",
)
@click.option("--metric", metavar="NAME", help="Which metric of Genesys Cloud's JSON, such as oFlow.")
@click.option(
    "--clock-offset",
    metavar="DURATION",
    default="0s",
    show_default=True,
    help="How far the metrics' clock is ahead of JMeter's: 1.5s, -200ms.",
)
@click.option(
    "--server-log",
    multiple=True,
    type=_FILE,
    help="A server's or proxy's log of the run, to confirm or contradict each closure. May be repeated.",
)
@click.option(
    "--server-log-format",
    metavar="NAME|FILE",
    help="The log's format, where it can't be recognised: a name, or a mapping file for JSON lines.",
)
@click.option("--scenario", type=_FILE, help="The scenario that was run: its criteria and settings.")
@click.option(
    "--next",
    "next_file",
    metavar="FILE",
    type=_FILE,
    help="Write the next run, with what the verdict asks for: a scenario, or the plan hardened (FILE.jmx).",
)
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    metavar="EXPR",
    help="Exit 99 when this holds or can't be judged: 'closures.data.total > 0'. May be repeated.",
)
@click.option(
    "--engines",
    is_flag=True,
    help="The JTL files are of engines that ran at the same time, each with callers of the same names.",
)
@click.option(
    "--allow-truncated",
    is_flag=True,
    help="Judge criteria even where the results are incomplete: cut off, or of an interrupted run.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    show_default=True,
    help="github adds annotations for GitHub Actions below the text.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Let the workers of a dask scheduler read, each file one task: tcp://HOST:PORT. JTL may be URLs.",
)
@click.pass_obj
def command(
    options: dict[str, bool],
    *,
    jtl: tuple[Path | str, ...],
    folder: Path | None,
    json_file: str | None,
    connections: Path | None,
    junit: Path | None,
    markdown: str | None,
    metrics: Path | None,
    metric: str | None,
    clock_offset: str,
    server_log: tuple[Path, ...],
    server_log_format: str | None,
    scenario: Path | None,
    next_file: Path | None,
    fail_on: tuple[str, ...],
    engines: bool,
    allow_truncated: bool,
    form: str,
    dask: str | None,
) -> int:
    """Explain why connections dropped, from JMeter's results.

    Reads JTL files (CSV or XML) of one run, or its folder, and prints the verdict: the cause and how sure it
    is, at which concurrency, in which phase, server or client, and what to do next. Exits 99 when a criterion
    is missed or can't be judged, 3 when a file can't be read or, without criteria, measures nothing.
    """
    from jmxgen.analysis.report import checks
    from jmxgen.cli import next_run, status
    from jmxgen.cli import scenario as scenarios
    from jmxgen.cli.analysis import analyse, report_files, verdict_text, write_all
    from jmxgen.cli.output import check_outputs, console, is_stdout
    from jmxgen.errors import Place, ResultError, one_line

    quiet = options["quiet"]
    offset = _offset_ms(clock_offset)
    said = scenarios.read(scenario) if scenario else None
    must_hold = said.criteria if said else ()
    inputs = [path for path in (*jtl, metrics, *server_log, scenario) if isinstance(path, Path)]
    targets = {"json": json_file, "connections": connections, "junit": junit, "markdown": markdown}
    # What is wrong on the command line is said before minutes are spent on reading.
    check_outputs([*targets.values(), *report_files(folder), next_file], inputs=inputs)
    origin = next_run.source(next_file, scenario, jtl) if next_file else None
    checks.parse(fail_on)
    with _failing_junit(junit, (*must_hold, *fail_on)):
        analysis = analyse(
            jtl,
            metrics=metrics,
            metric=metric,
            scenario=said,
            clock_offset_ms=offset,
            engines=engines,
            server_log=server_log,
            server_log_format=server_log_format,
            quiet=quiet,
            dask=dask,
        )
    analysis = checks.judged(
        analysis, must_hold=must_hold, must_not_hold=fail_on, allow_incomplete=allow_truncated
    )
    nothing = None if analysis.criteria else checks.unmeasured(analysis)
    if folder is not None:
        write_all(analysis, folder, inputs=inputs)
    _write(analysis, targets, inputs)
    # Where stdout is a document, the verdict for people goes to stderr.
    aside = any(is_stdout(target) for target in targets.values())
    if not nothing:
        click.echo(verdict_text(analysis, err=aside, form=form), err=aside, nl=False)
    if folder is not None:
        console(quiet=quiet).print(f"report: {folder / 'report.html'}", markup=False, soft_wrap=True)
    if next_file and origin and not nothing:
        for line in next_run.write(next_file, origin, analysis, [*inputs, origin]):
            console(quiet=quiet).print(one_line(line), markup=False, soft_wrap=True)
    if nothing:
        hint = "does the plan use WebSocket samplers, and are successful samples recorded?"
        place = Place(", ".join(analysis.run.files))
        raise ResultError(f"nothing was measured: {nothing}", place=place, hint=hint)
    return status.FINE if all(check.met for check in analysis.criteria) else status.CRITERIA


@contextlib.contextmanager
def _failing_junit(junit: Path | None, expressions: Sequence[str]) -> Iterator[None]:
    """Write JUnit XML with errors where the results can't be read: no file would look like no tests."""
    from jmxgen.errors import JmxgenError

    try:
        yield
    except JmxgenError as error:
        if junit is not None:
            from jmxgen.analysis.report import junit as report
            from jmxgen.cli.output import write_whole

            write_whole(junit, report.unreadable(str(error), expressions))
        raise


def _write(analysis: Analysis, targets: Mapping[str, Path | str | None], inputs: Sequence[Path]) -> None:
    """Write what was asked for, each only where it was."""
    from jmxgen.analysis.report import connections, json, junit, markdown
    from jmxgen.cli.output import write

    renders: dict[str, Callable[[], bytes | str]] = {
        "json": lambda: json.render(analysis),
        "connections": lambda: connections.render(analysis),
        "junit": lambda: junit.render(analysis),
        "markdown": lambda: markdown.render(analysis),
    }
    for name, target in targets.items():
        if target is not None:
            write(target, renders[name](), inputs=inputs)


def _offset_ms(text: str) -> float:
    """Return a signed duration in milliseconds."""
    from jmxgen.errors import UsageError
    from jmxgen.scenario.amounts import Duration

    sign, size = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        return float(sign * Duration.parse(size).ms)
    except ValueError as error:
        raise UsageError(
            f"--clock-offset {text!r} is not a duration", hint="such as 1.5s or -200ms"
        ) from error
