"""`jmxgen run`: a scenario or a plan in a real JMeter, and what came of it."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from jmxgen.jmeter.home import Home
    from jmxgen.jmeter.run import Outcome

STOPPED: Final = 130  # 128 + SIGINT, as a shell has it: a run that was cut short is no success


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What JMeter is to run."""

    plan: Path
    property_file: Path | None
    properties: Mapping[str, str]  # secrets among them: never shown
    callers: int | None
    scenario: Path | None


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
) -> int:
    """Run a scenario or plan in a real JMeter.

    A scenario is made a plan first. The run's folder receives plan.jmx, plan.properties, results.jtl and
    jmeter.log, and, from the results, analysis.json, connections.csv, timeline.png and report.html.

    Ctrl-C stops cleanly: callers end their step, and what was measured is analysed. Ctrl-C again ends it at
    once.
    """
    from jmxgen.cli.output import console
    from jmxgen.jmeter import home

    out = console(quiet=bool(obj and obj["quiet"]))
    jmeter = home.find()
    place = free_folder(folder, target.stem)
    engines = tuple(name.strip() for name in (remote or "").split(",") if name.strip())
    properties = parse_properties(given, os.environ)
    if target.suffix.lower() == ".jmx":
        if overrides or no_functions:
            raise UsageError("--set and --no-functions go with a scenario", hint="change a plan with -J")
        ready = from_plan(target, place, properties, property_file)
    else:
        if property_file:
            raise UsageError("--properties goes with a PLAN.jmx", hint="a scenario makes its own; see -J")
        ready = from_scenario(target, place, properties, overrides, functions=not no_functions)
    if engines:
        ready = for_engines(ready, place, engines)
    else:
        warn_of_shortages(ready.callers, out)
    outcome = measure(ready, place, jmeter, team=Team(engines, key, insecure), out=out)
    return STOPPED if outcome.stopped_by == "user" else 0


def free_folder(wanted: Path | None, name: str) -> Path:
    """Return the folder for a run: the one that is wanted where it holds none, else the next of that name.

    Raises:
        UsageError: the wanted folder holds a run.
    """
    from jmxgen.jmeter.folder import is_taken

    if wanted:
        if is_taken(wanted):
            raise UsageError(f"{wanted} holds a run already", hint="name another folder, or delete this one")
        return wanted
    place, number = Path(f"{name}-run"), 1
    while place.exists():
        number += 1
        place = Path(f"{name}-run-{number}")
    return place


def parse_properties(given: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Read `-J` options: NAME=VALUE, or NAME for an environment variable of that name.

    Raises:
        UsageError: an option has no name, or its variable is not set.
    """
    found = {}
    for option in given:
        name, equals, value = option.partition("=")
        if not re.fullmatch(r"[^\s=:#!]+", name):
            raise UsageError("-J needs a property's name", hint="-J NAME=VALUE, or -J NAME")
        if not equals and name not in environment:
            raise UsageError(
                f"there is no environment variable {name}", hint=f"set it, or use -J {name}=VALUE"
            )
        found[name] = value if equals else environment[name]
    return found


def from_scenario(
    path: Path,
    folder: Path,
    properties: Mapping[str, str],
    overrides: Sequence[str] = (),
    *,
    functions: bool = True,
) -> Prepared:
    """Make a scenario a plan in `folder`.

    Raises:
        ScenarioError: it can't be read, or a secret of it has no value.
    """
    from jmxgen.cli import scenario as scenarios
    from jmxgen.cli.output import write_whole
    from jmxgen.jmx.properties import render_properties
    from jmxgen.jmx.render import render
    from jmxgen.plan.build import build
    from jmxgen.scenario import secrets

    scenario = scenarios.read(path, overrides=overrides, functions=functions)
    asked = {name: secret for name, secret in scenario.secrets.items() if name not in properties}
    values = secrets.resolve(asked, folder=path.parent, environment=os.environ)
    plan = build(scenario, folder=path.parent.resolve().as_posix())
    jmx, property_file = folder / "plan.jmx", folder / "plan.properties"
    write_whole(jmx, render(plan))
    write_whole(property_file, render_properties(plan))
    peak = properties.get("callers", "")
    callers = int(peak) if peak.isdecimal() else scenario.load.peak_callers or None
    return Prepared(
        plan=jmx,
        property_file=property_file,
        properties={**values, **properties},
        callers=callers,
        scenario=path,
    )


def from_plan(
    path: Path, folder: Path, properties: Mapping[str, str], property_file: Path | None
) -> Prepared:
    """Copy a plan and its properties to `folder`, for the record.

    Raises:
        PlanError: the plan can't be read.
    """
    from jmxgen.cli.output import write_whole
    from jmxgen.jmeter.callers import most_callers
    from jmxgen.jmeter.properties import parse
    from jmxgen.jmx import tree

    plan = tree.read(path)
    beside = path.with_suffix(".properties")
    used = property_file or (beside if beside.is_file() else None)
    write_whole(folder / "plan.jmx", path.read_bytes(), inputs=[path])
    text = ""
    if used:
        content = used.read_bytes()
        text = content.decode("latin-1")
        write_whole(folder / "plan.properties", content, inputs=[used])
    return Prepared(
        plan=path,  # not the copy: the files that it names are looked for beside it
        property_file=used,
        properties=properties,
        callers=most_callers(plan, {**parse(text), **properties}),
        scenario=None,
    )


def for_engines(ready: Prepared, folder: Path, engines: Sequence[str]) -> Prepared:
    """Change the plan in `folder` so that the engines share its callers.

    Raises:
        PlanError: its callers can't be shared.
    """
    from jmxgen.cli.output import write_whole
    from jmxgen.jmeter import engines as remote
    from jmxgen.jmeter.properties import parse
    from jmxgen.jmeter.share import share
    from jmxgen.jmx import tree

    known = dict(ready.properties)
    if ready.property_file:
        known = {**parse(ready.property_file.read_text(encoding="latin-1")), **known}
    names = [engine.name for engine in remote.parse(engines)]
    shared = share(tree.read(ready.plan), names, known)
    plan = folder / "plan.jmx"
    write_whole(plan, shared.plan)
    return dataclasses.replace(ready, plan=plan, properties={**shared.properties, **ready.properties})


def warn_of_shortages(callers: int | None, out: Console) -> None:
    """Say what this machine will run short of with so many callers."""
    from jmxgen.jmeter import preflight

    for shortage in preflight.check(callers, preflight.limits()) if callers else ():
        out.print(f"jmxgen: warning: {shortage.what} ({shortage.hint})", markup=False)


def measure(ready: Prepared, folder: Path, jmeter: Home, *, team: Team, out: Console) -> Outcome:
    """Run, analyse what there is, and print the verdict; a failed run's error comes after it.

    Raises:
        RunFailedError: JMeter failed.
    """
    from jmxgen.jmeter.run import RunFailedError, run

    failure = None
    try:
        with out.status("JMeter runs; Ctrl-C stops it cleanly"):
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
            )
    except RunFailedError as error:
        failure, outcome = error, error.outcome
    tell(outcome, ready, folder, out)
    if failure:
        raise failure
    return outcome


def tell(outcome: Outcome, ready: Prepared, folder: Path, out: Console) -> None:
    """Analyse the results, write the report, and print the verdict."""
    from jmxgen.cli.analysis import analyse, verdict_text, write_all
    from jmxgen.jmeter.folder import has_samples

    if not has_samples(outcome.jtl):
        return
    analysis = analyse([outcome.jtl], scenario=ready.scenario, quiet=out.quiet)
    written = write_all(analysis, folder, inputs=[outcome.jtl])
    click.echo(verdict_text(analysis))
    out.print(f"report: {written['report.html']}", markup=False)
