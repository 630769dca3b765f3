"""Many scenarios in one JMeter run, each against a server of its own with the faults it is about."""

from __future__ import annotations

import concurrent.futures
import contextlib
import csv
import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import Outcome, run
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.plan.model import (
    Element,
    ModuleController,
    OnceOnly,
    OpenModelThreadGroup,
    Plan,
    Script,
    Settings,
    SetupThreadGroup,
    TestFragment,
    ThreadGroup,
)
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation

Row = Mapping[str, str]

OPENERS = ("open", "reconnect")
COLUMNS = ("ws_conn", "ws_id", "ws_attempt", "ws_wait_ms", "ws_call")


@dataclasses.dataclass(frozen=True)
class Seen:
    """What became of one scenario: JMeter's rows in each thread's order, and the server's truth."""

    rows: tuple[Row, ...]
    truth: tuple[dict[str, Any], ...]

    def labelled(self, label: str, *, success: bool | None = None) -> list[Row]:
        return [
            row for row in self.rows if row["label"] == label and success in (None, row["success"] == "true")
        ]

    def openings(self, *, success: bool | None = None) -> list[Row]:
        """Return the rows of first attempts and of reconnects."""
        return [
            row
            for row in self.rows
            if row["label"] in OPENERS and success in (None, row["success"] == "true")
        ]

    def by_thread(self) -> dict[str, list[Row]]:
        threads: dict[str, list[Row]] = {}
        for row in self.rows:
            threads.setdefault(row["threadName"], []).append(row)
        return threads

    def ends(self) -> dict[str, int]:
        return {end: sum(t["end"] == end for t in self.truth) for end in {t["end"] for t in self.truth}}


@dataclasses.dataclass(frozen=True)
class Case:
    """A scenario: its YAML without name and target, and which server it calls."""

    text: str
    server: str = "plain"
    path: str = "/ivr"
    headers: str = ""


def scenario_text(name: str, case: Case, url: str) -> str:
    mark = "&" if "?" in url else "?"
    return (
        f"name: {name}\n"
        f"target:\n  url: {url}{mark}case={name}\n"
        f'  headers: {{X-Connection-Id: "${{ws_id}}"{case.headers}}}\n'
        f"{case.text}"
    )


def merged(plans: Mapping[str, Plan]) -> Plan:
    """Return one plan with the groups of all, each named after its scenario, with its settings in it."""
    first = next(iter(plans.values()))
    groups: list[Element] = []
    setup = start = None
    for name, plan in plans.items():
        for child in plan.tree.children:
            if isinstance(child, SetupThreadGroup):
                setup = setup or child
                start = next((e for e in child.children if isinstance(e, Script)), start)
            elif isinstance(child, ThreadGroup | OpenModelThreadGroup):
                own = _own_settings(plan)
                group = _filled(child, {knob.name: knob.default for knob in plan.knobs})
                groups.append(
                    dataclasses.replace(
                        group, name=f"{name} {len(groups)}", children=(own, *map(_at_all, child.children))
                    )
                )
    assert setup
    load = _at_all(setup.children[0])
    setup = dataclasses.replace(setup, children=(load, *((start,) if start else ())))
    fragment = next(e for e in first.tree.children if isinstance(e, TestFragment))
    tree = dataclasses.replace(first.tree, name="all", children=(fragment, setup, *groups))
    return dataclasses.replace(first, tree=tree)


def _own_settings(plan: Plan) -> Element:
    """Return what sets a plan's settings for its callers alone: variables of JMeter's are of all."""
    pairs = "\n".join(f"{knob.name}={knob.default}" for knob in plan.knobs)
    line = (
        "SampleResult.setIgnore();"
        " Parameters.readLines().each { l -> vars.put(l.split('=', 2)[0], l.split('=', 2)[1]) }"
    )
    # JMeter computes what follows from them after they are set; not the ceiling, which is of all.
    derived = "\n".join(
        f"{name}={value}"
        for table in plan.tree.children
        if isinstance(table, Settings)
        for name, value, _ in table.variables
        if name not in {"ceiling", *(knob.name for knob in plan.knobs)}
    )
    return OnceOnly(
        name="own settings",
        children=(
            Script(name="settings", line=line, parameters=pairs),
            Script(name="what follows", line=line, parameters=derived),
        ),
    )


def _filled(group: Element, values: Mapping[str, str]) -> Element:
    """Return a group whose own fields hold the settings' values."""

    fields: dict[str, Any] = dict(vars(group))
    for key, text in fields.items():
        if isinstance(text, str):
            for name, value in values.items():
                fields[key] = fields[key].replace(f"${{{name}}}", value)
    return dataclasses.replace(group, **fields)


def _at_all(element: Element) -> Element:
    """Return an element whose module controllers find the script in the plan `all`."""
    children = tuple(map(_at_all, element.children))
    if isinstance(element, ModuleController):
        return dataclasses.replace(element, path=("all", *element.path[1:]))
    return dataclasses.replace(element, children=children)


@contextlib.contextmanager
def servers(faults: Mapping[str, Sequence[str]], folder: Path) -> Iterator[dict[str, str]]:
    """Run a simulator for each entry and yield their addresses; their truth is in folder/NAME.truth."""
    contexts = {
        name: simulation(faults=some, truth=folder / f"{name}.truth") for name, some in faults.items()
    }
    with concurrent.futures.ThreadPoolExecutor(len(contexts)) as pool:  # they take seconds to come and to go
        started = list(pool.map(lambda context: context.__enter__(), contexts.values()))
        try:
            yield {
                name: server.url.partition("/ivr")[0] for name, server in zip(contexts, started, strict=True)
            }
        finally:
            list(pool.map(lambda context: context.__exit__(None, None, None), contexts.values()))


def write_plan(plan: Plan, folder: Path) -> tuple[Path, Path]:
    jmx, properties = folder / "plan.jmx", folder / "plan.properties"
    jmx.write_bytes(render(plan))
    # Beside the columns that the analysis reads those that the tests look at; the last line wins.
    columns = f"sample_variables={','.join(COLUMNS)}\n"
    properties.write_text(render_properties(plan) + columns, encoding="ascii")
    return jmx, properties


def run_cases(
    cases: Mapping[str, Case],
    faults: Mapping[str, Sequence[str]],
    folder: Path,
    edit: Callable[[bytes], bytes] = bytes,
) -> dict[str, Seen]:
    """Run all cases in one JMeter, after `edit` has changed the plan, and return what became of each."""
    with servers(faults, folder) as urls:
        plans = {
            name: build(
                loads(scenario_text(name, case, urls[case.server] + case.path), path=folder / f"{name}.yaml"),
                folder=folder.as_posix(),
            )
            for name, case in cases.items()
        }
        jmx, properties = write_plan(merged(plans), folder)
        jmx.write_bytes(edit(jmx.read_bytes()))
        outcome = run(jmx, folder / "run", home=find(), property_file=properties)
    assert time.time() - outcome.log.stat().st_mtime < 30, "JMeter lives on after the test's end"
    rows = read_rows(outcome)
    truth = [t for name in faults for t in read_truth(folder / f"{name}.truth")]
    return {
        name: Seen(
            tuple(row for row in rows if row["threadName"].split(" ")[0] == name),
            tuple(t for t in truth if f"case={name}" in t["path"].replace("?", "&").split("&")),
        )
        for name in cases
    }


def read_rows(outcome: Outcome) -> list[Row]:
    with outcome.jtl.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_truth(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
