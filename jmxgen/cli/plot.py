"""`jmxgen plot`: draw one picture of a run."""

from __future__ import annotations

from pathlib import Path

import click

from jmxgen.cli.results import Results

# The names of jmxgen.analysis.charts.KINDS and FORMATS, written here so that --help loads no matplotlib.
KINDS = ("timeline", "threshold", "rate", "idle", "ages", "leak", "sessions", "latency", "server")
FORMATS = ("png", "svg", "pdf")

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("jtl", nargs=-1, required=True, type=Results())
@click.option("-o", "--output", required=True, type=_FILE, help="FILE.png, FILE.svg or FILE.pdf.")
@click.option(
    "--kind", type=click.Choice(KINDS), default="timeline", show_default=True, help="Which picture to draw."
)
@click.option(
    "--metrics", type=_FILE, help="A CSV of Active Conversations over time, drawn beside the connections."
)
@click.option(
    "--server-log",
    multiple=True,
    type=_FILE,
    help="A server's or proxy's log of the run, for the kind server. May be repeated.",
)
@click.option("--narrow", is_flag=True, help="For a phone: half as wide, with text as large.")
@click.pass_obj
def command(
    options: dict[str, bool],
    *,
    jtl: tuple[Path, ...],
    output: Path,
    kind: str,
    metrics: Path | None,
    server_log: tuple[Path, ...],
    narrow: bool,
) -> None:
    """Draw one picture of a run.

    timeline: open connections, closures by phase, demand and aftermath over time. threshold: closure rate
    against concurrency. rate: handshakes attempted and accepted. idle, ages: idle time and age of connections
    when they were lost. leak: connections abandoned without a close. sessions: one line per connection.
    latency: answer times. server: open connections by both sides, and who ended the closures.
    """
    from jmxgen.analysis import charts
    from jmxgen.cli.analysis import analyse
    from jmxgen.cli.output import check_outputs, console, write_whole
    from jmxgen.errors import UsageError

    form = output.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise UsageError(f"can't draw {output.name}", hint=f"end its name in one of .{', .'.join(FORMATS)}")
    inputs = [path for path in (*jtl, *server_log, metrics) if isinstance(path, Path)]
    check_outputs([output], inputs=inputs)
    analysis = analyse(jtl, metrics=metrics, server_log=server_log, quiet=options["quiet"])
    if kind not in charts.kinds(analysis):
        console(quiet=options["quiet"]).print(f"this run has nothing to show as {kind}", markup=False)
    picture = charts.draw(analysis, kind, form, narrow=narrow)  # type: ignore[arg-type]  # both were looked up
    write_whole(output, picture, inputs=inputs)
