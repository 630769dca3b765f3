"""`jmxgen search`: the highest stable number of callers, led by the verdict."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jmxgen.cli import running
from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from jmxgen.scenario.model import Scenario
    from jmxgen.search.result import Search


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("scenario", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--goal", type=click.IntRange(1, 1_000_000), help="The callers to reach; never more are run.")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The search's folder.  [default: NAME-search, or the next free NAME-search-N]",
)
@click.option(
    "--max-probes", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most probes to make."
)
@click.option("--budget", metavar="DURATION", help="Begin no probe that would end after this: 45m.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Go on with the search in this folder, instead of SCENARIO and --goal.",
)
@click.option("-J", "given", metavar="NAME[=VALUE]", multiple=True, help="A JMeter property, as in `run`.")
@running.overrides_option
@running.no_functions_option
@click.option(
    "--remote", metavar="HOST:PORT,…", help="Run on these engines, the callers shared between them."
)
@running.key_option
@running.insecure_option
@click.option("--yes", is_flag=True, help="Don't ask before the first probe of a host that isn't this one.")
@click.pass_obj
def command(
    obj: dict[str, bool] | None,
    *,
    scenario: Path | None,
    goal: int | None,
    folder: Path | None,
    max_probes: int,
    budget: str | None,
    resume: Path | None,
    given: tuple[str, ...],
    overrides: tuple[str, ...],
    no_functions: bool,
    remote: str | None,
    key: Path | None,
    insecure: bool,
    yes: bool,
) -> int:
    """Find the highest number of callers that SCENARIO holds, up to --goal.

    Each probe is a real run. What its verdict says chooses the next: just under and just over a concurrency
    cap, slower openings at a limit on openings, and an end where callers are not what matters (an idle
    timeout, a leak, wrong credentials) or where the load generator gives way. The best load is run three
    times.

    The folder receives search.json, search.png, search.svg, search.html, and each probe's own report. Ctrl-C
    ends the running probe cleanly and writes what is known.
    """
    from jmxgen.cli import prepare, searching
    from jmxgen.cli.jmeter import ready as jmeter_ready
    from jmxgen.cli.output import console
    from jmxgen.cli.probing import Prober
    from jmxgen.search import result

    out = console(quiet=bool(obj and obj["quiet"]))
    if resume:
        if scenario or goal or overrides or folder:
            raise UsageError(
                "--resume goes on as the search began", hint="leave out SCENARIO, --goal, -o, --set"
            )
        search, place = result.read(resume), resume
        _check_same(search)
        search = _resumed(search, max_probes, budget)
    else:
        if scenario is None or goal is None:
            raise UsageError("search needs a SCENARIO and a --goal", hint="or --resume DIR")
        search = _new(scenario, goal, max_probes, budget, overrides, functions=not no_functions)
        place = folder or prepare.next_free(f"{scenario.stem}-search")
        if (place / result.FILE).exists():
            raise UsageError(f"{place} holds a search already", hint=f"--resume {place} goes on with it")
    properties = prepare.parse_properties(given, os.environ)
    read = _allowed(search, properties, yes=yes)
    prober = Prober(
        path=Path(search.source.path),
        folder=place,
        scenario=read,
        overrides=search.source.overrides,
        functions=search.source.functions,
        properties=properties,
        criteria=search.criteria,
        home=jmeter_ready(quiet=out.quiet),
        team=running.Team.of(remote, key, insecure=insecure),
        out=out,
    )
    return searching.conclude(searching.go_on(search, prober), place, out)


def _allowed(search: Search, properties: dict[str, str], *, yes: bool) -> Scenario:
    """Return the scenario, once its host may be loaded: the user is asked where it isn't this machine.

    Raises:
        UsageError: the user says no, or can't be asked.
        JMeterError: the host can't be reached.
    """
    from jmxgen.cli import scenario as scenarios
    from jmxgen.cli import target

    source = search.source
    read = scenarios.read(Path(source.path), overrides=source.overrides, functions=source.functions)
    load = target.of_scenario(read, properties, search.goal.callers)
    target.allow_search(load, search.goal.callers, yes=yes)
    if read.target.proxy is None:
        target.reach(load.endpoints)
    return read


def _new(
    path: Path, goal: int, most: int, budget: str | None, overrides: tuple[str, ...], *, functions: bool
) -> Search:
    """Return a search that has made no probe yet."""
    from jmxgen.analysis.report.scenario import address
    from jmxgen.cli import scenario as scenarios
    from jmxgen.search import length, trials
    from jmxgen.search.model import Goal
    from jmxgen.search.result import Search, Source

    read = scenarios.read(path, overrides=overrides, functions=functions)
    length.longest_hold_s(read)
    criteria = read.criteria or trials.DEFAULT
    first = max(-(-goal // 8), min(read.load.peak_callers, goal))
    return Search(
        source=Source(
            path=str(path.resolve()),
            digest=_digest(path),
            overrides=overrides,
            functions=functions,
            budget_s=_seconds(budget),
        ),
        name=read.name,
        target=address(read.target.url),
        goal=Goal(callers=goal, first=first, demands=trials.demands(criteria), most_probes=most),
        criteria=tuple(criteria),
        default_criteria=not read.criteria,
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_same(search: Search) -> None:
    """Refuse to go on with another scenario than the one that was probed.

    Raises:
        UsageError: it has changed, or can't be read.
    """
    path = Path(search.source.path)
    try:
        changed = search.source.digest and _digest(path) != search.source.digest
    except OSError as error:
        raise UsageError(f"{path}: can't read the scenario of this search: {error.strerror}") from error
    if changed:
        raise UsageError(f"{path} has changed since this search began", hint="begin a new search")


def _resumed(search: Search, most: int, budget: str | None) -> Search:
    """Return a search that may make as many probes again, and take as long again."""
    goal = dataclasses.replace(search.goal, most_probes=len(search.probes) + most)
    seconds = _seconds(budget)
    whole = None if seconds is None else search.seconds + seconds
    return dataclasses.replace(search, goal=goal, source=dataclasses.replace(search.source, budget_s=whole))


def _seconds(budget: str | None) -> float | None:
    from jmxgen.scenario.amounts import Duration

    if budget is None:
        return None
    try:
        return Duration.parse(budget).seconds
    except ValueError as error:
        raise UsageError(f"--budget {budget!r} is not a duration", hint="such as 45m or 1h30m") from error
