"""A person changes a generated plan in JMeter's GUI: it does what the scenario says, or fails loudly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import RunFailedError, run
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation
from tests import plans
from tests.e2e import generated
from tests.e2e.generated import Case

pytestmark = pytest.mark.jmeter

CALLERS, CALLS, ATTEMPTS = 4, 2, 3
DUE = CALLERS * CALLS
LOAD = f"load: {{callers: {CALLERS}, ramp_up: 4s, calls: {CALLS}}}\n"
RECONNECT = f"max_attempts: {ATTEMPTS}, base: 200ms, cap: 400ms, first_wait: 100ms, give_up_on: []"
CALL = """
call:
  - request: {send: '{"type":"open"}', contains: opened, within: 30s}
  - listen: 200ms
  - request: {send: note, contains: note, within: 30s}
    label: note
"""
SCENARIO = f"{LOAD}reconnect: {{{RECONNECT}}}\n{CALL}"
SHARED = SCENARIO.replace(f"calls: {CALLS}", f"calls: {CALLS}, calls_per_connection: 2")
CONTINUE = f"{LOAD}reconnect: {{{RECONNECT}, after_loss: continue}}\n{CALL}"
DEBUG = plans.element("DebugSampler", {"displayJMeterVariables": True}, gui="TestBeanGUI")
LOG_ALL = plans.script("JSR223Sampler", "SampleResult.setIgnore(); log.info('{}', vars.entrySet())")
NEVER = plans.read(name="a check that fails", dataType="Text", readTimeout="100")

Tree = Any  # the hashTree of a thread group, or of the whole plan
Edit = Callable[[Tree], None]


def named(tree: Tree, name: str) -> Tree:
    """Return the element of this name, or else the first whose name begins so."""
    found = [e for e in tree.iter() if e.tag != "hashTree" and str(e.get("testname")).startswith(name)]
    return min(found, key=lambda element: element.get("testname") != name)


def after(name: str, *pairs: str) -> Edit:
    """Return the edit that adds elements after the one of this name."""

    def edit(tree: Tree) -> None:
        place = named(tree, name).getnext()
        for element in reversed(etree.fromstring(f"<x>{''.join(pairs)}</x>")):
            place.addnext(element)

    return edit


def first(*pairs: str) -> Edit:
    """Return the edit that adds elements at the top of the loop."""

    def edit(tree: Tree) -> None:
        for element in reversed(etree.fromstring(f"<x>{''.join(pairs)}</x>")):
            tree.insert(2, element)  # after the settings that the tests' harness puts there

    return edit


def disable(name: str) -> Edit:
    """Return the edit that disables all elements of this name."""

    def edit(tree: Tree) -> None:
        for element in tree.iter():
            if str(element.get("testname", "")).startswith(name):
                element.set("enabled", "false")

    return edit


def wrap(name: str, *, parent: bool) -> Edit:
    """Return the edit that puts a transaction controller around the element of this name."""

    def edit(tree: Tree) -> None:
        element = named(tree, name)
        pair = plans.element("TransactionController", {"TransactionController.parent": parent})
        controller, under = etree.fromstring(f"<x>{pair}</x>")
        below = element.getnext()
        element.addprevious(controller)
        controller.addnext(under)
        under.extend([element, below])

    return edit


def copy(name: str) -> Edit:
    """Return the edit that copies an element, with what is below it, behind itself."""

    def edit(tree: Tree) -> None:
        element = named(tree, name)
        pair = (etree.fromstring(etree.tostring(part)) for part in (element, element.getnext()))
        for part in reversed(list(pair)):
            element.getnext().addnext(part)

    return edit


def move(name: str, *, to: str, place: str = "behind") -> Edit:
    """Return the edit that moves an element, with what is below it, to another: behind, before or into it."""

    def edit(tree: Tree) -> None:
        element = named(tree, name)
        pair = [element, element.getnext()]
        for part in pair:
            part.getparent().remove(part)
        target = named(tree, to)
        if place == "into":
            target.getnext().extend(pair)
        elif place == "before":
            for part in pair:
                target.addprevious(part)
        else:
            for part in reversed(pair):
                target.getnext().addnext(part)

    return edit


def to_the_top(name: str) -> Edit:
    """Return the edit that drags an element to the top of its group: its scope is then the whole loop."""

    def edit(tree: Tree) -> None:
        element = named(tree, name)
        for part in (element.getnext(), element):
            tree.insert(2, part)

    return edit


def remove(name: str) -> Edit:
    """Return the edit that deletes an element and what is below it."""

    def edit(tree: Tree) -> None:
        element = named(tree, name)
        for part in (element.getnext(), element):
            part.getparent().remove(part)

    return edit


def think_longer(tree: Tree) -> None:
    named(tree, "listen").find("stringProp[@name='readTimeout']").text = "900"


def opened_again(tree: Tree) -> None:
    copy("open")(tree)
    move("open", to="listen")(tree)


def by_hand(address: str) -> Edit:
    """Return the edit that closes and opens the connection within the call, and fails a check then."""
    host, _, port = address.removeprefix("ws://").partition(":")
    opener = plans.opened(name="open by hand", server=host, port=port, path="/ivr?case=by-hand")
    return after("listen", plans.closed("close by hand"), opener, NEVER)


# name: the scenario, the server, the edit, and what it does to the calls that are due
HARMLESS: dict[str, tuple[str, str, Edit]] = {
    "debug-after-a-request": (SCENARIO, "plain", after("request open", DEBUG)),
    "debug-after-open": (SCENARIO, "plain", after("open", DEBUG)),
    "debug-first": (SCENARIO, "plain", first(DEBUG)),
    "variables-logged": (SCENARIO, "plain", after("request open", LOG_ALL)),
    "request-copied": (SCENARIO, "plain", copy("note")),
    "think-time": (SCENARIO, "plain", think_longer),
    "request-disabled": (SCENARIO, "plain", disable("note")),
    "transaction-around-the-call": (SCENARIO, "plain", wrap("the call", parent=True)),
    "transaction-with-children": (SCENARIO, "plain", wrap("the call", parent=False)),
    "transaction-around-connect": (SCENARIO, "plain", wrap("connect", parent=True)),
    "transaction-around-open": (SCENARIO, "plain", wrap("open", parent=False)),
    "rate-disabled": (SCENARIO, "plain", disable("handshake rate")),
    "outcome-disabled-on-success": (SCENARIO, "plain", disable("outcome")),
    "close-by-hand-on-a-shared-connection": (
        SHARED,
        "plain",
        move("close", to="the call is done", place="before"),
    ),
    "request-added-in-continue": (CONTINUE, "plain", after("request open", plans.request(name="more"))),
}
REFUSED: dict[str, tuple[str, str, Edit]] = {
    "delay-disabled": (SCENARIO, "closed", disable("reconnect delay")),
    "refused-rate-disabled": (SCENARIO, "closed", disable("handshake rate")),
    "refused-debug-first": (SCENARIO, "closed", first(DEBUG)),
    "refused-debug-after-open": (SCENARIO, "closed", after("open", DEBUG)),
    "refused-outcome-disabled": (SCENARIO, "closed", disable("outcome")),
    "refused-transaction": (SCENARIO, "closed", wrap("connect", parent=True)),
    "refused-transaction-around-open": (SCENARIO, "closed", wrap("open", parent=False)),
}
LOST: dict[str, tuple[str, str, Edit]] = {
    "lost-debug-first": (SCENARIO, "dropping", first(DEBUG)),
    "lost-in-a-transaction": (SCENARIO, "dropping", wrap("the call", parent=True)),
    "lost-in-continue": (CONTINUE, "dropping", after("note", plans.request(name="more"))),
    "done-disabled": (SCENARIO, "plain", disable("the call is done")),
}
# Elements that are dragged elsewhere, or stand twice: against each server.
MOVED: dict[str, Edit] = {
    "open-out-of-connect": move("open", to="look back"),
    "reconnect-first": move("if this is a reconnect", to="if this is the call's first", place="before"),
    "call-into-connect": move("the call:", to="connect", place="into"),
    "close-into-the-call": move("close", to="the call is done", place="before"),
    "close-behind-done": move("close", to="the call is done"),
    "done-out-of-the-call": move("the call is done", to="the call:"),
    "done-first": move("the call is done", to="request open", place="before"),
    "request-out-of-the-call": move("note", to="the call:"),
    "delay-over-connect": move("reconnect delay", to="connect", place="into"),
    "delay-over-all": to_the_top("reconnect delay"),
    "rate-over-all": to_the_top("handshake rate"),
    "outcome-under-open": move("outcome", to="open", place="into"),
    "outcome-over-all": to_the_top("outcome"),
    "done-twice": copy("the call is done"),
    "connect-twice": copy("connect"),
    "outcome-twice": copy("outcome"),
    "delay-twice": copy("reconnect delay"),
    "once-twice": copy("once per caller"),
}
HARMLESS |= {f"plain-{name}": (SCENARIO, "plain", edit) for name, edit in MOVED.items()}
REFUSED |= {f"closed-{name}": (SCENARIO, "closed", edit) for name, edit in MOVED.items()}
LOST |= {f"dropping-{name}": (SCENARIO, "dropping", edit) for name, edit in MOVED.items()}
# The way out, or what decides on it, is where no caller passes it.
NO_WAY_OUT: dict[str, Edit] = {
    "leave-removed": remove("if calls are done"),
    "leave-at-the-end": move("if calls are done", to="the call:"),
    "look-back-removed": remove("look back"),
    "look-back-at-the-end": move("look back", to="the call:"),
    "connect-removed": remove("connect"),
    "call-before-connect": move("the call:", to="connect", place="before"),
}
FAULTS = {"plain": (), "closed": ("auth:key=right",), "dropping": ("drop:message=2",)}
STUCK = {
    f"{name}-{server}": (SCENARIO, server, edit)
    for name, edit in NO_WAY_OUT.items()
    for server in ("plain", "closed")
}
TWICE = {
    "open-twice": (SCENARIO, "plain", copy("open")),
    "open-within-the-call": (SCENARIO, "plain", opened_again),
}
ALL = {**HARMLESS, **REFUSED, **LOST, **STUCK, **TWICE}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    cases = {name: Case(text, server) for name, (text, server, _) in ALL.items()}
    cases["by-hand"] = Case(SCENARIO)

    def edit(jmx: bytes) -> bytes:
        root = etree.fromstring(jmx)
        for group in root.xpath("//ThreadGroup"):
            name = group.get("testname").rpartition(" ")[0]
            if name in ALL:
                ALL[name][2](group.getnext())
            else:
                host, port = (_own(group.getnext(), key) for key in ("host", "port"))
                by_hand(f"ws://{host}:{port}")(group.getnext())
        return etree.tostring(root)

    folder = tmp_path_factory.mktemp("edited")
    found: dict[str, Any] = generated.run_cases(cases, FAULTS, folder, edit=edit)
    return found


def _own(tree: Tree, name: str) -> str:
    settings: str = named(tree, "settings").find("stringProp[@name='parameters']").text
    return dict(line.split("=", 1) for line in settings.splitlines())[name]


def _tidy(case: Any) -> bool:
    return (
        all(t["close_frame"] or t["by"] == "server" for t in case.truth if t["opened_at"])
        and "leaked" not in case.ends()
    )


@pytest.mark.parametrize("name", HARMLESS)
def test_all_calls_are_made_and_none_fails(seen: dict[str, Any], name: str) -> None:
    case = seen[name]

    assert len(case.labelled("close", success=True)) == DUE
    assert not [row for row in case.rows if row["success"] == "false"]
    assert len([t for t in case.truth if t["opened_at"]]) == DUE
    assert _tidy(case)


@pytest.mark.parametrize("name", REFUSED)
def test_no_attempt_too_many_is_made_against_a_server_that_refuses(seen: dict[str, Any], name: str) -> None:
    assert CALLERS <= len(seen[name].truth) <= CALLERS * ATTEMPTS * CALLS


@pytest.mark.parametrize("name", LOST)
def test_lost_and_failed_calls_are_seen_bounded_and_tidy(seen: dict[str, Any], name: str) -> None:
    case = seen[name]

    assert DUE <= len(case.truth) <= DUE * ATTEMPTS
    assert _tidy(case)


@pytest.mark.parametrize("name", STUCK)
def test_callers_leave_even_where_no_way_out_is_passed(seen: dict[str, Any], name: str) -> None:
    case = seen[name]

    assert len(case.truth) <= DUE * ATTEMPTS
    assert len(case.labelled("request open", success=False)) <= DUE
    assert _tidy(case)


@pytest.mark.parametrize("name", TWICE)
def test_a_connection_that_still_lives_is_closed_before_another_opens(
    seen: dict[str, Any], name: str
) -> None:
    case = seen[name]

    assert len(case.openings(success=True)) == 2 * DUE
    assert len(case.labelled("close", success=True)) == DUE
    assert _tidy(case)


def test_a_connection_by_hand_is_closed_when_a_check_fails(seen: dict[str, Any]) -> None:
    case = seen["by-hand"]

    assert len(case.labelled("close after a failed call", success=True)) == DUE
    assert len(case.truth) == 2 * DUE
    assert _tidy(case)


# name: what is changed in the plan's text, what is said then, and the server's faults
MISTAKES = {
    "syntax": ("void callDone() {", "void callDone( {", "the plan's script caller.groovy failed", ()),
    "at run time": (
        "boolean first = tries",
        "boolean first = 1L / (tries - tries) + tries",
        "the plan stopped the test: the script caller.groovy failed",
        ("drop:message=2",),
    ),
    "run-away": (
        "long wait = backoffFor(tries - 1)",
        "long wait = tries = 0",
        "attempts within a second without a finished call",
        ("auth:key=right",),
    ),
}


def _changed(
    tmp_path: Path,
    change: Callable[[str], str],
    faults: tuple[str, ...],
    properties: Mapping[str, str] | None = None,
) -> list[generated.Row]:
    with simulation(faults=faults) as server:
        text = generated.scenario_text("x", Case(SCENARIO), server.url)
        jmx, property_file = generated.write_plan(build(loads(text, path=tmp_path / "x.yaml")), tmp_path)
        before = jmx.read_text(encoding="utf-8")
        after = change(before)
        assert after != before or properties
        jmx.write_text(after, encoding="utf-8")
        outcome = run(jmx, tmp_path / "run", home=find(), property_file=property_file, properties=properties)
        return generated.read_rows(outcome)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_script_ends_the_test_with_one_error(tmp_path: Path, name: str) -> None:
    old, new, message, faults = MISTAKES[name]

    with pytest.raises(RunFailedError, match=message):
        _changed(tmp_path, lambda text: text.replace(old, new), faults)

    log = (tmp_path / "run" / "jmeter.log").read_text(encoding="utf-8")
    assert sum(" ERROR " in line and "groovy" in line for line in log.splitlines()) == 1


def test_look_back_twice_in_a_loop_ends_the_test_with_one_error(tmp_path: Path) -> None:
    def twice(text: str) -> str:
        root = etree.fromstring(text.encode())
        copy("look back")(root)
        return etree.tostring(root, encoding="unicode")

    with pytest.raises(RunFailedError, match="look back ran twice in a loop"):
        _changed(tmp_path, twice, ())


def test_without_the_set_up_group_all_calls_are_made(tmp_path: Path) -> None:
    def removed(text: str) -> str:
        root = etree.fromstring(text.encode())
        group = root.find(".//SetupThreadGroup")
        assert group is not None
        group.set("enabled", "false")
        return etree.tostring(root, encoding="unicode")

    rows = _changed(tmp_path, removed, ())

    assert sum(row["label"] == "close" and row["success"] == "true" for row in rows) == DUE


def test_one_property_changes_a_think_time(tmp_path: Path) -> None:
    rows = _changed(tmp_path, str, (), {"listen_ms": "2500"})

    assert sum(row["label"] == "listen" for row in rows) == 3 * DUE  # in reads of at most a second
    assert sum(row["label"] == "close" and row["success"] == "true" for row in rows) == DUE
