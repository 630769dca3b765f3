"""`jmxgen run`: a scenario or a plan in a real JMeter, and what came of it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from jmxgen.cli.prepare import Prepared
    from jmxgen.jmeter.home import Home
    from jmxgen.jmeter.run import Outcome

STOPPED: Final = 130  # 128 + SIGINT, as a shell has it: a run that was cut short is no success


@dataclasses.dataclass(frozen=True, slots=True)
class Team:
    """The engines to run on, none for this machine alone, and how to talk to them."""

    engines: tuple[str, ...] = ()
    key: Path | None = None
    insecure: bool = False


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("target", metavar="SCENARIO|PLAN.jmx", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The run's folder; it must not hold a run.  [default: NAME-run, or the next free NAME-run-N]",
)
@click.option(
    "-J",
    "given",
    metavar="NAME[=VALUE]",
    multiple=True,
    help="A JMeter property. NAME alone takes the value of the environment variable NAME, which keeps a "
    "secret out of the process list.",
)
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Change a key of the scenario.")
@click.option(
    "--properties",
    "property_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The property file of PLAN.jmx.  [default: PLAN.properties beside it]",
)
@click.option(
    "--no-functions",
    is_flag=True,
    help="For a scenario from a stranger: refuse JMeter functions, secrets, and files outside its folder.",
)
@click.option(
    "--remote",
    metavar="HOST:PORT,…",
    help="Run on these engines (see jmxgen engine), the callers shared between them.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="JMXGEN_ENGINE_KEY",
    help="The folder with the key that the engines share.  [default: in the user's cache folder]",
)
@click.option("--insecure", is_flag=True, help="Talk to the engines without TLS.")
@click.option(
    "--stop-on",
    multiple=True,
    metavar="EXPR",
    help="End the run cleanly, and exit 1, as soon as this holds: 'closures.data.total > 50'.",
)
@click.pass_obj
def command(
    obj: dict[str, bool] | None,
    *,
    target: Path,
    folder: Path | None,
    given: tuple[str, ...],
    overrides: tuple[str, ...],
    property_file: Path | None,
    no_functions: bool,
    remote: str | None,
    key: Path | None,
    insecure: bool,
    stop_on: tuple[str, ...],
) -> int:
    """Run a scenario or plan in a real JMeter.

    A scenario is made a plan first. The run's folder receives plan.jmx, plan.properties, results.jtl and
    jmeter.log, and, from the results, analysis.json, connections.csv, timeline.png and report.html.

    Ctrl-C stops cleanly: callers end their step, and what was measured is analysed. Ctrl-C again ends it at
    once.
    """
    from jmxgen.cli import prepare
    from jmxgen.cli.output import console
    from jmxgen.jmeter import home

    out = console(quiet=bool(obj and obj["quiet"]))
    jmeter = home.find()
    place = prepare.free_folder(folder, target.stem)
    engines = tuple(name.strip() for name in (remote or "").split(",") if name.strip())
    properties = prepare.parse_properties(given, os.environ)
    if target.suffix.lower() == ".jmx":
        if overrides or no_functions:
            raise UsageError("--set and --no-functions go with a scenario", hint="change a plan with -J")
        ready = prepare.from_plan(target, place, properties, property_file)
    else:
        if property_file:
            raise UsageError("--properties goes with a PLAN.jmx", hint="a scenario makes its own; see -J")
        ready = prepare.from_scenario(target, place, properties, overrides, functions=not no_functions)
    if ready.note:
        out.print(ready.note, markup=False, soft_wrap=True)
    if engines:
        ready = prepare.for_engines(ready, place, engines, out)
    else:
        warn_of_shortages(ready.callers, out)
    return measure(ready, place, jmeter, team=Team(engines, key, insecure), out=out, stop_on=stop_on)


def warn_of_shortages(callers: int | None, out: Console) -> None:
    """Say what this machine will run short of with so many callers."""
    from jmxgen.jmeter import preflight

    for shortage in preflight.check(callers, preflight.limits()) if callers else ():
        out.print(f"jmxgen: warning: {shortage.what} ({shortage.hint})", markup=False, soft_wrap=True)


def measure(
    ready: Prepared, folder: Path, jmeter: Home, *, team: Team, out: Console, stop_on: Sequence[str] = ()
) -> int:
    """Run, analyse what there is, and print the verdict; a failed run's error comes after it.

    Returns:
        The exit status: 0; 1 where a criterion of the scenario is missed, or where the run was stopped
        because something of `stop_on` held; 130 where the user stopped it.

    Raises:
        RunFailedError: JMeter failed.
    """
    from jmxgen.cli import live
    from jmxgen.jmeter.run import RunFailedError, run

    failure = None
    planned = live.planned_seconds(ready.scenario)
    try:
        with live.watching(out, planned_s=planned, stop_on=stop_on) as on_poll:
            outcome = run(
                ready.plan,
                folder,
                home=jmeter,
                properties=ready.properties,
                property_file=ready.property_file,
                remote=team.engines,
                key=team.key,
                insecure=team.insecure,
                callers=ready.callers,
                on_poll=on_poll,
            )
    except RunFailedError as error:
        failure, outcome = error, error.outcome
    tell_clocks(outcome, team.engines, out)
    try:
        met = tell(outcome, ready, folder, out)
    finally:
        if failure:
            raise failure
    if outcome.stopped_by == "user":
        return STOPPED
    if outcome.stopped_by:
        out.print(f"stopped: {outcome.stopped_by}", markup=False, soft_wrap=True)
    return 0 if met and not outcome.stopped_by else 1


def tell_clocks(outcome: Outcome, engines: Sequence[str], out: Console) -> None:
    """Say how far the engines' clocks are off, and what was done about it."""
    from jmxgen.jmeter.clocks import ALIGN_FROM_MS

    for clock in outcome.clocks:
        moved = ": its times are moved by that" if abs(clock.ahead_ms) >= ALIGN_FROM_MS else ""
        ahead = f"{clock.ahead_ms:+.1f} ms (±{clock.uncertainty_ms:.1f}) to this one"
        out.print(f"the clock of {clock.engine} is {ahead}{moved}", markup=False, soft_wrap=True)
    if len(outcome.clocks) < len(engines):
        what = "jmxgen: warning: not every engine tells its clock; their times may not fit together"
        out.print(what, markup=False, soft_wrap=True)


def tell(outcome: Outcome, ready: Prepared, folder: Path, out: Console) -> bool:
    """Analyse the results, write the report, print the verdict; return whether the criteria are met."""
    from jmxgen.analysis.report import checks
    from jmxgen.cli.analysis import analyse, checks_text, verdict_text, write_all
    from jmxgen.jmeter.folder import has_samples

    if not has_samples(outcome.jtl):
        return True
    analysis = analyse([outcome.jtl], scenario=ready.scenario, log=outcome.log, quiet=out.quiet)
    must_hold = ready.scenario.criteria if ready.scenario else ()
    judged = checks.judge(analysis, must_hold=must_hold, must_not_hold=())
    written = write_all(analysis, folder, inputs=[outcome.jtl])
    click.echo(verdict_text(analysis) + checks_text(judged), nl=False)
    out.print(f"report: {written['report.html']}", markup=False, soft_wrap=True)
    return all(check.met for check in judged)
