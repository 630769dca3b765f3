"""Each rule has a plan that triggers it and a near miss that doesn't: the pairs stand in `pairs`."""

from __future__ import annotations

import pytest

from jmxgen.jmx import tree
from jmxgen.lint import check, facts, model, registry
from jmxgen.lint.subject import Subject
from tests.plans import (
    Xml,
    closed,
    element,
    group,
    http,
    opened,
    pause,
    pings,
    plan,
    read,
    request,
    websocket,
)
from tests.unit.lint.pairs import all_pairs

TIDY = {"websocket.thread.stop.policy": "wsClose"}
PAIRS = all_pairs()


def found(source: bytes, rule: str, **properties: str) -> list[model.Finding]:
    subject = Subject.of(tree.parse(source, path="plan.jmx"), properties=properties)
    return check.check(subject, [one for one in registry.rules() if one.id == rule])


def _each(number: int) -> list[tuple[str, bytes]]:
    return [(rule, source) for rule, both in PAIRS.items() for source in both[number]]


@pytest.mark.parametrize(
    ("rule", "source"), _each(0), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_plan_that_breaks_a_rule_is_found(rule: str, source: bytes) -> None:
    findings = found(source, rule)

    assert findings
    assert all(finding.place.line and finding.line for finding in findings)


@pytest.mark.parametrize(
    ("rule", "source"), _each(1), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_near_miss_is_not_found(rule: str, source: bytes) -> None:
    assert [finding.what for finding in found(source, rule)] == []


def test_every_rule_has_its_plans() -> None:
    assert set(PAIRS) == {rule.id for rule in registry.rules()}


@pytest.mark.parametrize(("rule", "loops"), [("JX001", "1"), ("JX004", "1"), ("JX005", "-1")])
def test_the_stop_policy_closes_what_a_thread_leaves(rule: str, loops: str) -> None:
    source = plan(group(opened(), request(), on_error="stopthread", loops=loops))

    assert found(source, rule)
    assert not found(source, rule, **TIDY)


def test_tcp_close_is_no_close_frame() -> None:
    source = plan(group(opened(), request(), loops="-1"))

    (finding,) = found(source, "JX005", **{"websocket.thread.stop.policy": "tcpClose"})

    assert "tcpclose" in finding.what


def test_sub_results_are_fine_when_the_properties_say_so() -> None:
    source = plan(group(pings(), opened(), read(), closed()))

    assert not found(source, "JX055", **{"jmeter.save.saveservice.subresults": "false"})


def test_stated_facts_move_the_limits() -> None:
    source = plan(group(opened(), pause("25000"), closed(), threads="500", ramp="5"))
    stated = facts.parse({"ping_interval": "30s", "handshake-rate": "100/s"})
    subject = Subject.of(tree.parse(source, path="plan.jmx"), facts=stated)

    assert check.check(subject, registry.choose(["JX030", "JX020"])) == []


def test_a_fragment_is_followed_where_a_module_controller_runs_it() -> None:
    steps = ("Root", "plan", "fragment")
    path = "".join(f'<stringProp name="{number}">{label}</stringProp>' for number, label in enumerate(steps))
    module = element(
        "ModuleController",
        {"path": Xml(f'<collectionProp name="ModuleController.node_path">{path}</collectionProp>')},
    )
    fragment = element("TestFragmentController", {}, request(), closed(), name="fragment")

    whole = plan(fragment, group(opened(), module))
    without_open = plan(fragment, group(module))

    assert not found(whole, "JX001")
    assert not found(whole, "JX006")
    assert len(found(without_open, "JX006")) == 2


def test_a_filter_around_the_module_controller_covers_the_fragment() -> None:
    steps = ("Root", "plan", "fragment")
    path = "".join(f'<stringProp name="{number}">{label}</stringProp>' for number, label in enumerate(steps))
    module = element(
        "ModuleController",
        {"path": Xml(f'<collectionProp name="ModuleController.node_path">{path}</collectionProp>')},
    )
    fragment = element("TestFragmentController", {}, request(), name="fragment")

    assert not found(plan(fragment, group(pings(), opened(), module, closed())), "JX031")
    assert found(plan(fragment, group(opened(), module, closed())), "JX031")


def test_nothing_is_said_of_disabled_elements() -> None:
    source = plan(group(websocket("OpenWebSocketSampler", name="off", enabled=False, TLS=True), http()))

    subject = Subject.of(tree.parse(source, path="plan.jmx"))

    assert [finding.rule.id for finding in check.check(subject, registry.rules())] == ["JX092"]
