"""Plans made to keep lint busy, and plans of jmxgen's own, which have nothing for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.jmx import tree
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.lint import check, facts, model, properties, registry
from jmxgen.lint.subject import Subject
from jmxgen.plan.build import build
from jmxgen.scenario.load import load, loads
from tests.plans import Xml, closed, element, group, loop, opened, plan, read, request, script, variables

ROOT = Path(__file__).parents[3]
SAMPLES = sorted([*ROOT.glob("samples/*.yaml"), *ROOT.glob("tests/golden/plan/*/scenario.yaml")])
HEAD = "name: x\ntarget: {url: 'ws://127.0.0.1:8080/ivr'}\n"
CALL = "call: [{request: {send: a, contains: b, within: 5s}}, {listen: 5s}]\n"


def findings(source: bytes) -> list[model.Finding]:
    return check.check(Subject.of(tree.parse(source, path="p.jmx")), registry.rules())


@pytest.mark.timeout(60)
def test_loops_in_loops_are_followed_in_time() -> None:
    below = request(new=True)
    for number in range(60):
        below = loop("${n}", opened(name=f"open {number}"), below)

    assert findings(plan(group(below, loops="-1")))


@pytest.mark.timeout(60)
def test_modules_in_modules_are_followed_in_time() -> None:
    def module(name: str) -> str:
        path = "".join(f'<stringProp name="x">{label}</stringProp>' for label in ("Root", "plan", name))
        steps = Xml(f'<collectionProp name="ModuleController.node_path">{path}</collectionProp>')
        return element("ModuleController", {"path": steps})

    fragments = [
        element("TestFragmentController", {}, module(f"f{n + 1}"), module(f"f{n + 1}"), name=f"f{n}")
        for n in range(60)
    ]
    last = element("TestFragmentController", {}, opened(), module("f0"), name="f60")

    assert findings(plan(*fragments, last, group(module("f0"))))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 300_000,
        "${" * 300_000,
        "${__P(" + " " * 300_000,
        '"token' * 200_000,
        "?token=" * 100_000,
        "$" + "{x}" * 200_000,
    ],
)
def test_long_texts_are_read_in_time(text: str) -> None:
    source = plan(
        variables(token=text),
        group(
            request(new=True, requestData=text),
            script("JSR223Sampler", text),
            closed(),
            threads=text,
            ramp=text,
        ),
    )

    findings(source)


@pytest.mark.timeout(60)
def test_many_samplers_are_checked_in_time() -> None:
    assert findings(plan(group(opened(), *[read(name=f"{n}") for n in range(3000)], loops="-1")))


def own(scenario: object) -> list[str]:
    built = build(scenario)  # type: ignore[arg-type]
    path = Path("plan.jmx")
    stated = {
        line.partition("=")[0]: line.partition("=")[2]
        for line in render_properties(built).splitlines()
        if not line.startswith("#")
    }
    # A heartbeat of Genesys' comes every 30 s: waiting for it takes longer than an answer may.
    subject = Subject.of(
        tree.parse(render(built), path=path),
        facts=facts.parse({"max_read_timeout": "45s"}),
        properties=stated,
    )
    return [f"{one.rule.id} {one.what} ({one.path})" for one in check.check(subject, registry.rules())]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_plans_of_the_samples_are_quiet(path: Path) -> None:
    assert own(load(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "load: {callers: 100, ramp_up: 10s}\n",
        "load: {callers: 100, ramp_up: 10s, calls: 3}\nreconnect: {after_loss: continue}\n",
        "load: {callers: 100, ramp_up: 10s, hold: 1m}\nreconnect: {after_loss: stop}\n",
        "load: {callers: 100, ramp_up: 0s, handshake_rate: 10/s}\n",
        "load: {stages: [{callers: 10, over: 10s, hold: 10s}, {callers: 50, over: 10s, hold: 1m}]}\n",
        "load: {arrivals: {rate: 5/s, for: 1m}}\n",
        "load: {callers: 5}\nkeep_alive: {reply_to_pings: true, ping_every: 15s}\n",
    ],
)
def test_the_plans_of_all_loads_are_quiet(text: str) -> None:
    assert own(loads(HEAD + text + CALL, path="x.yaml")) == []


def test_properties_of_own_plans_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "p.properties"
    path.write_text(render_properties(build(load(SAMPLES[0]))))

    assert properties.read(path)["websocket.thread.stop.policy"] == "wsClose"


def test_a_plan_on_one_line_is_not_kept_with_each_finding() -> None:
    source = plan(group(*[opened(name=f"{n}") for n in range(200)]), variables(a="x" * 100_000)).replace(
        b"\n", b""
    )
    found = findings(source)

    assert len(found) >= 200
    assert max(len(one.line) for one in found) <= tree.MAX_LINE
