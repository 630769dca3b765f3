"""`jmxgen run`: a scenario or a plan in a real JMeter, and what came of it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jmxgen.cli import running, status
from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from jmxgen.cli.prepare import Prepared
    from jmxgen.jmeter.home import Home
    from jmxgen.jmeter.record import Record
    from jmxgen.jmeter.run import Outcome

_SKIP = "--no-preflight runs all the same"


@dataclasses.dataclass(frozen=True, slots=True)
class Reports:
    """What is written besides the run's folder."""

    junit: Path | None = None
    markdown: str | None = None


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
@running.overrides_option
@click.option(
    "--properties",
    "property_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The property file of PLAN.jmx.  [default: PLAN.properties beside it]",
)
@running.no_functions_option
@click.option(
    "--remote",
    metavar="HOST:PORT,…",
    help="Run on these engines (see jmxgen engine), the callers shared between them.",
)
@running.key_option
@running.insecure_option
@click.option(
    "--stop-on",
    multiple=True,
    metavar="EXPR",
    help="End the run cleanly, and exit 99, as soon as this holds: 'closures.data.total > 50'.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the criteria as JUnit XML, for a CI server.",
)
@click.option("--markdown", metavar="FILE", help="Write a summary for a CI job's page; - is stdout.")
@click.option("--no-preflight", is_flag=True, help="Don't check that the target can be reached.")
@click.option(
    "--yes",
    is_flag=True,
    help="Don't ask before more than 1,000 callers or 200 openings per second against a public address.",
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
    junit: Path | None,
    markdown: str | None,
    no_preflight: bool,
    yes: bool,
) -> int:
    """Run a scenario or plan in a real JMeter.

    A scenario is made a plan first. The run's folder receives plan.jmx, plan.properties, results.jtl and
    jmeter.log, and, from the results, analysis.json, connections.csv, timeline.png and report.html.

    Ctrl-C stops cleanly: callers end their step, and what was measured is analysed. Ctrl-C again ends it at
    once.
    """
    from jmxgen.cli import prepare
    from jmxgen.cli.jmeter import ready as jmeter_ready
    from jmxgen.cli.output import check_outputs, console

    out = console(quiet=bool(obj and obj["quiet"]))
    check_outputs([junit, markdown], inputs=[target])
    jmeter = jmeter_ready(quiet=out.quiet)
    place = prepare.free_folder(folder, target.stem)
    team = running.Team.of(remote, key, insecure=insecure)
    properties = prepare.parse_properties(given, os.environ)
    if target.suffix.lower() == ".jmx":
        if overrides or no_functions:
            raise UsageError("--set and --no-functions go with a scenario", hint="change a plan with -J")
        ready = prepare.from_plan(target, place, properties, property_file, yes=yes)
    else:
        if property_file:
            raise UsageError("--properties goes with a PLAN.jmx", hint="a scenario makes its own; see -J")
        ready = prepare.from_scenario(
            target,
            place,
            properties,
            overrides,
            functions=not no_functions,
            yes=yes,
            elsewhere=bool(team.engines),
        )
    if ready.note:
        out.print(ready.note, markup=False, soft_wrap=True)
    if team.engines:
        ready = prepare.for_engines(ready, place, team.engines, out)
    else:
        warn_of_shortages(ready.callers, out)
        if not no_preflight:
            check_target(ready)
    return measure(
        ready,
        place,
        jmeter,
        team=team,
        out=out,
        stop_on=stop_on,
        wanted=Reports(junit, markdown),
    )


def check_target(ready: Prepared) -> None:
    """Refuse to send callers where nobody answers.

    Raises:
        JMeterError: the target, or the proxy on the way, can't be reached.
    """
    from jmxgen.cli import target

    proxy = ready.scenario.target.proxy if ready.scenario else None
    if proxy is None:
        target.reach(ready.endpoints, otherwise=_SKIP)
    elif through := target.endpoint(proxy.host, str(proxy.port), ready.properties, tls=False):
        target.reach([through], otherwise=_SKIP)


def warn_of_shortages(callers: int | None, out: Console) -> None:
    """Say what this machine will run short of with so many callers."""
    from jmxgen.jmeter import preflight

    for shortage in preflight.check(callers, preflight.limits()) if callers else ():
        out.print(f"jmxgen: warning: {shortage.what} ({shortage.hint})", markup=False, soft_wrap=True)


def measure(
    ready: Prepared,
    folder: Path,
    jmeter: Home,
    *,
    team: running.Team,
    out: Console,
    stop_on: Sequence[str] = (),
    wanted: Reports = Reports(),
) -> int:
    """Run, analyse what there is, and print the verdict; a failed run's error comes after it.

    Returns:
        The exit code: 99 where a criterion of the scenario is missed or can't be judged, or where something
        of `stop_on` held; 3 where nothing was measured; 130 where the user stopped it.

    Raises:
        RunFailedError: JMeter failed.
    """
    from jmxgen.cli import live
    from jmxgen.jmeter.run import RunFailedError

    failure = None
    planned = live.planned_seconds(ready.scenario)
    try:
        with live.watching(out, planned_s=planned, stop_on=stop_on) as on_poll:
            outcome = running.run_prepared(
                ready, folder, jmeter, out=out, on_poll=on_poll, team=team, record=_record(ready)
            )
    except RunFailedError as error:
        failure, outcome = error, error.outcome
    for clock in outcome.clocks:
        out.print(f"jmxgen: warning: {clock}", markup=False, soft_wrap=True)
    try:
        code = conclude(outcome, ready, folder, out, wanted, failed=failure is not None)
    finally:
        if failure:
            raise failure
    if outcome.stopped_by == "user":
        return status.INTERRUPTED
    if outcome.stopped_by:
        out.print(f"stopped: {outcome.stopped_by}", markup=False, soft_wrap=True)
        return status.CRITERIA
    return code


def _record(ready: Prepared) -> Record:
    """Return what the run's folder keeps of its plan."""
    from jmxgen.analysis.report.scenario import address
    from jmxgen.jmeter.record import Record

    scenario = ready.scenario
    return Record(
        callers=ready.callers,
        scenario=scenario.name if scenario else None,
        target=address(scenario.target.url) if scenario else None,
    )


def conclude(
    outcome: Outcome, ready: Prepared, folder: Path, out: Console, wanted: Reports, *, failed: bool
) -> int:
    """Analyse the results, write the reports, print the verdict; return the exit code that it deserves.

    Of a run that failed without a sample nothing is printed: its error says why.
    """
    from jmxgen.analysis.report import checks, junit, markdown
    from jmxgen.cli.analysis import analyse, verdict_text, write_all
    from jmxgen.cli.output import write, write_whole
    from jmxgen.jmeter.folder import has_samples

    must_hold = ready.scenario.criteria if ready.scenario else ()
    if not has_samples(outcome.jtl):
        if not failed:
            out.print("nothing was measured: JMeter wrote no sample", markup=False, soft_wrap=True)
        if wanted.junit:
            write_whole(wanted.junit, junit.unreadable("JMeter wrote no sample", must_hold))
        return status.CRITERIA if must_hold else status.RESULTS
    analysis = analyse([outcome.jtl], scenario=ready.scenario, log=outcome.log, quiet=out.quiet)
    analysis = checks.judged(analysis, must_hold=must_hold)
    written = write_all(analysis, folder, inputs=[outcome.jtl])
    aside = wanted.markdown == "-"  # where stdout is a document, the verdict for people goes to stderr
    click.echo(verdict_text(analysis, err=aside), err=aside, nl=False)
    if wanted.junit:
        write_whole(wanted.junit, junit.render(analysis), inputs=[outcome.jtl])
    if wanted.markdown:
        write(wanted.markdown, markdown.render(analysis), inputs=[outcome.jtl])
    out.print(f"report: {written['report.html']}", markup=False, soft_wrap=True)
    if checks.unmeasured(analysis) and not analysis.criteria:
        return status.RESULTS
    return status.FINE if all(check.met for check in analysis.criteria) else status.CRITERIA
