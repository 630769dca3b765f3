"""`jmxgen compare`: tell what changed between two runs."""

from __future__ import annotations

from pathlib import Path

import click

_RUN = click.Path(path_type=Path)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("before", type=_RUN)
@click.argument("after", type=_RUN)
@click.option("--json", "json_file", metavar="FILE", help="Write the comparison as JSON; - is stdout.")
@click.option("--html", "html_file", type=_FILE, help="Write the comparison as one HTML file.")
@click.pass_obj
def command(
    options: dict[str, bool], *, before: Path, after: Path, json_file: str | None, html_file: Path | None
) -> int:
    """Tell what changed between two runs.

    BEFORE and AFTER are JTL files, or folders that `jmxgen run` made. Closure rates, limits and percentiles
    are compared with their intervals, so that noise is not called a change. Exits 1 when anything got worse.
    """
    from jmxgen.analysis import compare
    from jmxgen.analysis.report import comparison
    from jmxgen.cli.analysis import analyse, coloured
    from jmxgen.cli.output import write, write_whole

    files = [_results(before), _results(after)]
    one, other = (analyse([path], quiet=options["quiet"]) for path in files)
    found = compare.compare(one, other)
    aside = json_file == "-"
    click.echo(comparison.text(found, colour=coloured(err=aside)), err=aside, nl=False)
    if json_file is not None:
        write(json_file, comparison.document(found), inputs=files)
    if html_file is not None:
        write_whole(html_file, comparison.html(found), inputs=files)
    return 1 if found.regression else 0


def _results(path: Path) -> Path:
    """Return the results of a run's folder, or the file itself."""
    return path / "results.jtl" if path.is_dir() else path
