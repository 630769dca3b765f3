"""The plans whose cost is compared: two by hand, beside the generated one (benchmarks/plan_cost.py)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.model import (
    Close,
    Data,
    Element,
    LoopController,
    Open,
    Plan,
    Read,
    RequestResponse,
    Settings,
    TestPlan,
    ThreadGroup,
    Write,
)

BY_HAND = ("bare", "filters")
_READING = (Read, RequestResponse, Close)


def bare(generated: Plan, turns: int, calls: int) -> Plan:
    """Return the same samplers in a thread group of their own, without anything else."""
    opener = next(e for e in generated.tree.walk() if isinstance(e, Open))
    (group,) = (e for e in generated.tree.walk() if isinstance(e, ThreadGroup))
    talk = (
        RequestResponse(
            name="request", data=Data(content='{"type":"dtmf","digit":"1"}'), read_timeout="20000"
        ),
        Read(name="listen", data_type="Any", read_timeout="3000", optional=True),
    )
    call = (
        dataclasses.replace(opener, children=()),
        Write(name="send", data=Data(content='{"type":"open"}')),
        Read(name="expect", data_type="Text", read_timeout="20000"),
        LoopController(name="turns", loops=str(turns), children=talk),
        Close(name="close", code="1000", read_timeout="20000"),
    )
    # `ThreadGroup` loops for ever: the calls are a loop of their own, after which the thread has to stop.
    children = (LoopController(name="calls", loops=str(calls), children=call),)
    settings = (e for e in generated.tree.children if isinstance(e, Settings))
    tree = TestPlan(name="bare", children=(*settings, dataclasses.replace(group, children=children)))
    return dataclasses.replace(generated, tree=tree)


def short(generated: Plan, calls: int) -> Plan:
    """Return a plan by hand with the generated one's opener, requests, close and filters, and no retry."""
    elements = list(generated.tree.walk())
    opener = dataclasses.replace(next(e for e in elements if isinstance(e, Open)), children=())
    requests = [e for e in elements if isinstance(e, RequestResponse)]
    close = [e for e in elements if isinstance(e, Close)][-1]
    loop = LoopController(name="calls", loops=str(calls), children=(opener, *requests, close))
    settings = (e for e in generated.tree.children if isinstance(e, Settings))
    groups = (e for e in generated.tree.children if isinstance(e, ThreadGroup))
    group = dataclasses.replace(next(groups), name=BY_HAND[1], children=(loop,))
    return dataclasses.replace(generated, tree=TestPlan(name="by hand", children=(*settings, group)))


def filtered(plain: Plan, generated: Plan) -> Plan:
    """Return a bare plan with the filters that the generated one has under the same samplers."""
    under = {_kind(e): e.children for e in generated.tree.walk() if isinstance(e, _READING)}

    def fill(element: Element) -> Element:
        children = tuple(map(fill, element.children))
        return dataclasses.replace(element, children=under.get(_kind(element), children))

    return dataclasses.replace(
        plain, tree=dataclasses.replace(plain.tree, children=fill(plain.tree).children)
    )


def _kind(element: Element) -> tuple[type[Element], bool]:
    return type(element), getattr(element, "optional", False)


def named(plan: Plan, name: str) -> Plan:
    """Return a plan whose thread group, and so its threads, have this name."""
    children = tuple(
        dataclasses.replace(child, name=name) if isinstance(child, ThreadGroup) else child
        for child in plan.tree.children
    )
    return dataclasses.replace(plan, tree=dataclasses.replace(plan.tree, children=children))


def side_by_side(generated: Plan, plans: Mapping[str, Plan]) -> Plan:
    """Return the generated plan with the thread groups of all plans in the place of its own."""
    groups = [e for plan in plans.values() for e in plan.tree.children if isinstance(e, ThreadGroup)]
    rest = [e for e in generated.tree.children if not isinstance(e, ThreadGroup)]
    tree = dataclasses.replace(generated.tree, children=(*rest, *groups))
    return dataclasses.replace(generated, tree=tree)


def written(plan: Plan, folder: Path) -> tuple[Path, Path]:
    """Write a plan and its properties; return where they are."""
    content = render(plan).decode()
    for name in BY_HAND:  # their threads run once, through loops of their own
        before, group, rest = content.partition(f'testname="{name}"')
        content = before + group + rest.replace('LoopController.loops">-1<', 'LoopController.loops">1<', 1)
    jmx, properties = folder / "plan.jmx", folder / "plan.properties"
    jmx.write_text(content, encoding="utf-8")
    properties.write_text(render_properties(plan), encoding="ascii")
    return jmx, properties
