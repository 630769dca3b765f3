"""`jmxgen reproduce`: play a verdict back against the simulator, and hold both runs beside each other."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jmxgen.cli import status
from jmxgen.cli.results import Results
from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from jmxgen.analysis.model import Analysis
    from jmxgen.jmeter.home import Home
    from jmxgen.reproduce.result import Reproduction


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("jtl", metavar="DIR|JTL", type=Results())
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The reproduction's folder.  [default: NAME-reproduction, or the next free one]",
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The scenario that was run: its load and reconnects are played.  [default: as recorded]",
)
@click.pass_obj
def command(
    obj: dict[str, bool] | None, *, jtl: Path | str, folder: Path | None, scenario: Path | None
) -> int:
    """Play a verdict back: is that what happened?

    Starts the simulator with the faults that the verdict implies, sends the same load from a real JMeter, and
    compares: both timelines on one axis, what each run had, and whether they are alike, by which test. A
    cause that can't be played is said to be so. Exits 99 where the runs are not alike, or nothing could be
    played.

    The folder receives reproduce.json, reproduce.html, both.png, both.svg, likeness.txt, and the
    reproduction's own report.
    """
    from jmxgen.cli import prepare
    from jmxgen.cli import scenario as scenarios
    from jmxgen.cli.analysis import analyse
    from jmxgen.cli.jmeter import ready
    from jmxgen.cli.output import console
    from jmxgen.reproduce import alike, faults
    from jmxgen.reproduce.result import Reproduction

    out = console(quiet=bool(obj and obj["quiet"]))
    if isinstance(jtl, str):
        raise UsageError("reproduce reads a file, not a URL", hint="copy the results first")
    name = _named(jtl)
    place = folder or prepare.next_free(f"{name}-reproduction")
    place = prepare.free_folder(place, place.name)
    said = scenarios.read(scenario) if scenario else None
    recording = analyse([jtl], scenario=said, quiet=out.quiet)
    made = Reproduction(name=name, recording=recording, faults=faults.implied(recording))
    for line in made.faults.not_played:
        click.echo(line)
    if not made.faults.texts and recording.verdict.cause != "healthy":
        click.echo("nothing was played")
    else:
        out.print(f"faults: {' '.join(made.faults.texts) or 'none'}", markup=False, soft_wrap=True)
        again = _play(recording, made.faults.texts, place, ready(quiet=out.quiet), out)
        made = dataclasses.replace(made, played=(again, alike.compare(recording, again)))
    return _conclude(made, place, out)


def _named(jtl: Path) -> str:
    """Return a recording's name: its folder's, where `jmxgen run` left it."""
    return jtl.resolve().parent.name if jtl.name.startswith("results.jtl") else jtl.name.partition(".")[0]


def _play(recording: Analysis, texts: tuple[str, ...], folder: Path, home: Home, out: Console) -> Analysis:
    """Run the recorded load against a simulator with the faults, and analyse it."""
    import yaml

    from jmxgen.cli import live, prepare, running
    from jmxgen.cli.analysis import analyse, write_all
    from jmxgen.cli.output import write_whole
    from jmxgen.reproduce import load
    from jmxgen.simulator.process import simulation

    file = folder / "reproduction.yaml"
    with simulation(faults=texts, options=["--seed", "1"]) as server:
        write_whole(file, yaml.safe_dump(load.scenario(recording.run, server.url), sort_keys=False))
        made = prepare.from_scenario(file, folder, {}, yes=True)
        planned = live.planned_seconds(made.scenario)
        with live.watching(out, planned_s=planned) as on_poll:
            outcome = running.run_prepared(made, folder, home, out=out, on_poll=on_poll)
    if outcome.stopped_by == "user":
        raise KeyboardInterrupt
    found = analyse([outcome.jtl], scenario=made.scenario, log=outcome.log, quiet=out.quiet)
    write_all(found, folder, inputs=[outcome.jtl])
    return found


def _conclude(made: Reproduction, folder: Path, out: Console) -> int:
    """Write JSON, page and picture, print the table, and return the exit code."""
    from jmxgen.cli.output import write_whole
    from jmxgen.reproduce import alike, page, picture, result

    write_whole(folder / result.FILE, result.render(made))
    write_whole(folder / "reproduce.html", page.render(made))
    if made.played:
        again, likeness = made.played
        title = likeness.words.partition(";")[0]
        for form, content in picture.draw(made.recording, again, title, ("png", "svg")).items():
            write_whole(folder / f"both.{form}", content)
        text = alike.text(likeness)
        write_whole(folder / "likeness.txt", text)
        click.echo(text, nl=False)
    out.print(f"report: {folder / 'reproduce.html'}", markup=False, soft_wrap=True)
    return status.FINE if made.played and made.played[1].alike else status.CRITERIA
