"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    Xml,
    action,
    closed,
    element,
    group,
    http,
    old,
    opened,
    pause,
    plan,
    script,
    variables,
    when,
)
from tests.unit.lint.pairs import Pairs


def arrivals(schedule: str) -> str:
    return element("OpenModelThreadGroup", {"OpenModelThreadGroup.schedule": schedule}, opened(), closed())


def ultimate(*row: int) -> str:
    cells = "".join(f'<stringProp name="{n}">{n}</stringProp>' for n in row)
    row_xml = f'<collectionProp name="1">{cells}</collectionProp>'
    table = f'<collectionProp name="ultimatethreadgroupdata">{row_xml}</collectionProp>'
    kind = "kg.apc.jmeter.threads.UltimateThreadGroup"
    return element(kind, {"table": Xml(table)}, opened(), closed())


def stepping(ramp: str) -> str:
    settings = {"ThreadGroup.num_threads": "500", "Start users count": "100", "rampUp": ramp}
    return element("kg.apc.jmeter.threads.SteppingThreadGroup", settings, opened(), closed())


def free_form(*row: int) -> str:
    """Return a group of arrivals at the rates of one row: at its start, at its end, and for how long."""
    row_xml = _collection(
        "1", [f'<stringProp name="{n}">{value}</stringProp>' for n, value in enumerate(row)]
    )
    kind = "com.blazemeter.jmeter.threads.arrivals.FreeFormArrivalsThreadGroup"
    return element(
        kind, {"Schedule": Xml(_collection("Schedule", [row_xml])), "Unit": "S"}, opened(), closed()
    )


def _collection(name: str, inner: list[str]) -> str:
    return f'<collectionProp name="{name}">{"".join(inner)}</collectionProp>'


def concurrency(unit: str) -> str:
    settings = {"TargetLevel": "500", "RampUp": "5", "Unit": unit}
    kind = "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup"
    return element(kind, settings, opened(), closed())


PAIRS: Pairs = {
    "JX020": (
        [
            plan(group(opened(), closed(), threads="500", ramp="5")),
            plan(group(opened(), closed(), threads="${__P(callers,500)}", ramp="0")),
            plan(arrivals("rate(10/s) random_arrivals(1 min) rate(100/s)")),
            plan(concurrency("S")),
            plan(ultimate(500, 0, 5, 60, 5)),
            plan(stepping("1")),
            plan(group(old(), threads="500", ramp="5")),
            plan(variables(callers="500"), group(opened(), closed(), threads="${callers}", ramp="0")),
            plan(free_form(100, 0, 60)),
            plan(*[group(opened(), closed(), threads="30", ramp="1", name=name) for name in "ab"]),
        ],
        [
            plan(group(opened(), closed(), threads="500", ramp="10")),
            plan(group(http(), threads="500", ramp="5")),
            plan(group(opened(), closed(), threads="1", ramp="0")),
            plan(group(pause("${start_at}"), opened(), closed(), threads="500", ramp="0")),
            plan(group(opened(), closed(), threads="${callers}", ramp="0")),
            plan(arrivals("rate(300 / min) random_arrivals(10 min)")),
            plan(concurrency("M")),
            plan(ultimate(500, 0, 50, 60, 5)),
            plan(stepping("10")),
            plan(free_form(0, 50, 60)),
            plan(
                *[group(opened(), closed(), threads="30", ramp="1", name=name) for name in "ab"],
                properties={"TestPlan.serialize_threadgroups": True},
            ),
            plan(
                group(opened(), closed(), threads="30", ramp="1"),
                group(opened(), closed(), threads="30", ramp="1", scheduler=True, delay="60", duration="60"),
            ),
        ],
    ),
    "JX021": (
        [
            plan(group(opened(), closed(), threads="4000", ramp="900")),
            plan(group(old(), threads="4000", ramp="900")),
            plan(ultimate(4000, 0, 900, 60, 5)),
            plan(*[group(opened(), closed(), threads="2000", ramp="900", name=name) for name in "ab"]),
        ],
        [
            plan(group(opened(), closed(), threads="3800", ramp="900")),
            plan(
                *[group(opened(), closed(), threads="2000", ramp="900", name=name) for name in "ab"],
                properties={"TestPlan.serialize_threadgroups": True},
            ),
            plan(group(http(), threads="9000", ramp="900")),
        ],
    ),
    "JX022": (
        [plan(group(http(image_parser=True, concurrentDwn=True, concurrentPool="6")))],
        [plan(group(http(image_parser=False, concurrentDwn=True))), plan(group(http(image_parser=True)))],
    ),
    "JX023": (
        [
            plan(group(opened(), closed(), loops="-1")),
            plan(group(opened(), closed(), loops="-1", scheduler=True, duration="")),
        ],
        [
            plan(group(opened(), closed(), loops="-1", scheduler=True, duration="60")),
            plan(group(opened(), closed(), loops="100")),
            plan(group(opened(), closed(), when("${done}", action(0)), loops="-1")),
            plan(group(opened(), closed(), script("JSR223Sampler", "ctx.thread.stop()"), loops="-1")),
            plan(group(opened(), closed(), element("CSVDataSet", {"stopThread": True}), loops="-1")),
            plan(ultimate(5, 0, 5, 60, 5)),
        ],
    ),
    "JX024": (
        [
            plan(group(opened(), closed(), threads='${__P(callers,"500")}')),
            plan(group(opened(), closed(), threads="0")),
            plan(group(opened(), closed(), threads="many")),
        ],
        [
            plan(group(opened(), closed(), threads="${__P(callers,500)}")),
            plan(group(opened(), closed(), threads="${callers}")),
            plan(group(threads="0")),
        ],
    ),
    "JX025": (
        [
            plan(group(opened(path="/ws?caller=4711"), closed(), threads="500", ramp="100")),
            plan(group(opened(path="/ws?v=2&userId=${__P(user,jo)}"), closed(), threads="2")),
            plan(variables(me="${__UUID()}"), group(opened(path="/ws?device=${me}"), closed(), threads="2")),
        ],
        [
            plan(group(opened(path="/ws?caller=${__threadNum}"), closed(), threads="500", ramp="100")),
            plan(group(opened(path="/ws?caller=4711"), closed(), threads="1")),
            plan(group(opened(path="/ws?version=4711&caller=${caller}"), closed(), threads="500")),
        ],
    ),
}
