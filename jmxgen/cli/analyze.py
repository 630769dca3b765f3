"""`jmxgen analyze`: tell why connections dropped, from JMeter's results."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("jtl", nargs=-1, required=True, type=_FILE)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write report.html, analysis.json, timeline.png, timeline.svg and connections.csv here.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write the analysis as JSON; - is stdout.")
@click.option("--connections", type=_FILE, help="Write one CSV row a connection or attempt.")
@click.option("--junit", type=_FILE, help="Write the criteria as JUnit XML, for a CI server.")
@click.option("--markdown", metavar="FILE", help="Write a summary for a CI job's page; - is stdout.")
@click.option(
    "--metrics", type=_FILE, help="A CSV of Active Conversations over time, to hold against the connections."
)
@click.option(
    "--clock-offset",
    metavar="DURATION",
    default="0s",
    show_default=True,
    help="How far the metrics' clock is ahead of JMeter's: 1.5s, -200ms.",
)
@click.option("--scenario", type=_FILE, help="The scenario that was run: its criteria and settings.")
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    metavar="EXPR",
    help="Exit 1 when this holds: 'closures.data.total > 0'. May be repeated.",
)
@click.pass_obj
def command(
    options: dict[str, bool],
    *,
    jtl: tuple[Path, ...],
    folder: Path | None,
    json_file: str | None,
    connections: Path | None,
    junit: Path | None,
    markdown: str | None,
    metrics: Path | None,
    clock_offset: str,
    scenario: Path | None,
    fail_on: tuple[str, ...],
) -> int:
    """Tell why connections dropped, from JMeter's results.

    Reads JTL files (CSV or XML) of one run and prints the verdict: the cause and how sure that is, at which
    concurrency, in which phase, server or client, and what to do next. Exits 1 when a criterion is missed, 3
    when a file can't be read.
    """
    from jmxgen.cli.analysis import analyse, verdict_text, write_all
    from jmxgen.cli.output import console, write, write_whole

    quiet = options["quiet"]
    analysis = analyse(
        jtl, metrics=metrics, scenario=scenario, clock_offset_ms=_offset_ms(clock_offset), quiet=quiet
    )
    inputs = [path for path in (*jtl, metrics, scenario) if path is not None]
    to_stdout = "-" in (json_file, markdown)
    click.echo(verdict_text(analysis, err=to_stdout), err=to_stdout, nl=False)
    if folder is not None:
        written = write_all(analysis, folder, inputs=inputs)
        console(quiet=quiet).print(f"report: {written['report.html']}", markup=False, soft_wrap=True)
    if json_file is not None:
        from jmxgen.analysis.report import json

        write(json_file, json.render(analysis), inputs=inputs)
    if connections is not None:
        from jmxgen.analysis.report import connections as rows

        write_whole(connections, rows.render(analysis), inputs=inputs)
    return 0


def _offset_ms(text: str) -> float:
    """Return a signed duration in milliseconds."""
    from jmxgen.errors import UsageError
    from jmxgen.scenario.amounts import Duration

    sign, size = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        return float(sign * Duration.parse(size).ms)
    except ValueError as error:
        raise UsageError(f"--clock-offset {text!r} is no duration", hint="such as 1.5s or -200ms") from error
