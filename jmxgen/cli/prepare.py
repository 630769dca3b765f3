"""What `run` does before JMeter starts: its folder, its plan, its properties."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from jmxgen.errors import Place, UsageError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from jmxgen.cli.target import Endpoint
    from jmxgen.jmeter.share import DataFile
    from jmxgen.scenario.model import Scenario


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What JMeter is to run."""

    plan: Path
    property_file: Path | None
    properties: Mapping[str, str]  # secrets among them: never shown
    callers: int | None
    scenario: Scenario | None
    note: str = ""  # what the load means, for people
    endpoints: tuple[Endpoint, ...] = ()  # where it connects to, as far as that is known


def free_folder(wanted: Path | None, name: str) -> Path:
    """Return the folder for a run: the one that is wanted where it holds none, else the next of that name.

    Raises:
        UsageError: the wanted folder holds a run.
    """
    from jmxgen.jmeter.folder import is_taken

    if wanted:
        if is_taken(wanted):
            raise UsageError(
                f"{wanted} already contains a run", hint="name another folder, or delete this one"
            )
        return wanted
    return next_free(f"{name}-run")


def next_free(name: str) -> Path:
    """Return a folder that does not exist yet: `name`, else `name-2`, `name-3` and so on."""
    place, number = Path(name), 1
    while place.exists():
        number += 1
        place = Path(f"{name}-{number}")
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
    yes: bool = False,
    elsewhere: bool = False,
) -> Prepared:
    """Make a scenario a plan in `folder`.

    Args:
        path: the scenario.
        folder: the run's.
        properties: what -J says.
        overrides: what --set says.
        functions: whether the scenario may call functions of JMeter that read files or run code.
        yes: whether the user allows a large load.
        elsewhere: engines make the load, which have the files that the scenario names.

    Raises:
        ScenarioError: it can't be read, or a secret of it has no value.
        UsageError: it would load others' servers much, and the user didn't say `yes`; or a file that it
            sends as a stream is missing.
    """
    from jmxgen.cli import scenario as scenarios
    from jmxgen.cli import target
    from jmxgen.cli.output import write_whole
    from jmxgen.jmx.properties import render_properties
    from jmxgen.jmx.render import render
    from jmxgen.plan.build import build
    from jmxgen.scenario import secrets

    scenario = scenarios.read(path, overrides=overrides, functions=functions)
    if not elsewhere:
        _check_streams(scenario, path)
    asked = {name: secret for name, secret in scenario.secrets.items() if name not in properties}
    values = secrets.resolve(asked, folder=path.parent, environment=os.environ)
    peak = properties.get("callers", "")
    callers = int(peak) if peak.isdecimal() else scenario.load.peak_callers or None
    load = target.of_scenario(scenario, properties, callers)
    target.allow(load, yes=yes)
    plan = build(scenario, folder=path.parent.resolve().as_posix())
    jmx, property_file = folder / "plan.jmx", folder / "plan.properties"
    write_whole(folder / "scenario.yaml", _text(scenario, path), inputs=[path])
    write_whole(jmx, render(plan))
    write_whole(property_file, render_properties(plan))
    return Prepared(
        plan=jmx,
        property_file=property_file,
        properties={**values, **properties},
        callers=callers,
        scenario=scenario,
        note="\n".join([*scenarios.warnings(scenario), *plan.note.splitlines()]),
        endpoints=load.endpoints,
    )


def _check_streams(scenario: Scenario, path: Path) -> None:
    """Refuse a file that would send nothing: no closure would show it."""
    from jmxgen.plan.labels import every
    from jmxgen.scenario.steps import Stream

    for step in every(scenario.call):
        file = path.parent / step.stream.file if isinstance(step, Stream) else None
        if file and "${" not in str(file) and not (file.is_file() and file.stat().st_size):
            what = f"stream.file {one_line(str(file))} is missing or empty"
            raise UsageError(what, place=Place(path), hint="put it beside the scenario")


def _text(scenario: Scenario, path: Path) -> str:
    """Return a scenario as YAML, as it ran: with what --set changed."""
    from jmxgen.scenario.dump import dumps

    origin = f"# As it ran, from {one_line(str(path))}: the files that it names are beside that.\n"
    return origin + dumps(scenario)


def from_plan(
    path: Path,
    folder: Path,
    properties: Mapping[str, str],
    property_file: Path | None,
    *,
    yes: bool = False,
) -> Prepared:
    """Copy a plan and its properties to `folder`, for the record.

    Raises:
        PlanError: the plan can't be read.
        UsageError: it would load others' servers much, and the user didn't say `yes`.
    """
    from jmxgen.cli import target
    from jmxgen.cli.output import write_whole
    from jmxgen.jmeter.callers import most_callers
    from jmxgen.jmx import tree
    from jmxgen.jmx.java_properties import read

    plan = tree.read(path)
    beside = path.with_suffix(".properties")
    used = property_file or (beside if beside.is_file() else None)
    stated = {**(read(used) if used else {}), **properties}
    callers = most_callers(plan, stated)
    load = target.of_plan(plan, stated, callers)
    target.allow(load, yes=yes)
    write_whole(folder / "plan.jmx", path.read_bytes(), inputs=[path])
    if used:
        write_whole(folder / "plan.properties", used.read_bytes(), inputs=[used])
    return Prepared(
        plan=path,  # not the copy: the files that it names are looked for beside it
        property_file=used,
        properties=properties,
        callers=callers,
        scenario=None,
        endpoints=load.endpoints,
    )


def for_engines(ready: Prepared, folder: Path, engines: Sequence[str], out: Console) -> Prepared:
    """Change the plan in `folder` so that the engines share its callers and its data.

    Engines on this machine get their parts of CSV files; of others, which files they have is not known here.

    Raises:
        PlanError: its callers can't be shared.
    """
    from jmxgen.cli.output import write_whole
    from jmxgen.jmeter import engines as remote
    from jmxgen.jmeter.share import share
    from jmxgen.jmx import tree
    from jmxgen.jmx.java_properties import read

    known = dict(ready.properties)
    if ready.property_file:
        known = {**read(ready.property_file), **known}
    team = remote.parse(engines)
    shared = share(tree.read(ready.plan), [engine.name for engine in team], known)
    plan = folder / "plan.jmx"
    write_whole(plan, shared.plan)
    properties = dict(shared.properties)
    here = [engine.name for engine in team if remote.is_here(engine)]
    for data in shared.data:
        properties |= _parts(data, ready.plan.parent, folder / "engines", here)
        if len(here) < len(team):
            what = f"engines on other machines read their own {data.name}; give each its own lines"
            out.print(f"jmxgen: warning: {what} (jmxgen engine --files)", markup=False, soft_wrap=True)
    return dataclasses.replace(ready, plan=plan, properties={**properties, **ready.properties})


def _parts(data: DataFile, base: Path, folder: Path, engines: Sequence[str]) -> dict[str, str]:
    """Write each engine's part of a data file, and return the properties that name them."""
    from jmxgen.cli.output import write_whole
    from jmxgen.jmeter.share import part_name, split_lines

    source = base / data.name
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UsageError(f"can't read {source}: {error.strerror or error}") from error
    parts = split_lines(content, len(engines), header=data.header, quoted=data.quoted) if engines else []
    properties = {}
    for number, (engine, part) in enumerate(zip(engines, parts, strict=True), 1):
        file = folder / str(number) / f"{data.number}-{source.name}"
        write_whole(file, part)
        properties[part_name(data.number, engine)] = file.absolute().as_posix()
    return properties
