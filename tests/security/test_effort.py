"""The work of lint and harden grows with the plan, not with its square: counted in calls, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from jmxgen.errors import PlanError
from jmxgen.harden.harden import harden
from jmxgen.jmx import tree
from jmxgen.lint import check, flow, registry
from jmxgen.lint.subject import Subject
from tests.plans import closed, element, group, headers, opened, pause, plan, repeated, request, script, when

MANY = 60
ASKED = '${__jexl3("${x}" != "ok")}'


def each(number: int, *make: Callable[[str], str]) -> list[str]:
    return [one(f"{place}") for place in range(number) for one in make]


def new(name: str) -> str:
    return request(name=name, new=True)


SHAPES: dict[str, Callable[[int], str]] = {
    "openers": lambda n: group(*each(n, lambda name: opened(name=name)), loops="-1"),
    "openers that restart": lambda n: group(
        *each(n, lambda name: opened(name=name)), loops="-1", on_error="startnextloop"
    ),
    "requests that restart": lambda n: group(*each(n, new), loops="-1", on_error="startnextloop"),
    "requests that stop": lambda n: group(*each(n, new), loops="-1", on_error="stopthread"),
    "branches": lambda n: group(*each(n, lambda name: when(ASKED, new(name))), loops="-1"),
    "branches that restart": lambda n: group(
        *each(n, lambda name: when(ASKED, new(name))), loops="-1", on_error="startnextloop"
    ),
    "closes in branches": lambda n: group(
        *each(n, lambda name: when(ASKED, opened(name=name))),
        *each(n, lambda _: when(ASKED, closed())),
        loops="-1",
    ),
    "a loop around each": lambda n: group(
        *each(n, lambda name: repeated(ASKED, opened(name=name))), loops="-1"
    ),
    "a loop around all": lambda n: group(
        repeated(ASKED, *each(n, lambda name: opened(name=name))), loops="-1"
    ),
    "pauses and scripts": lambda n: group(
        *each(
            n,
            lambda name: pause("10"),
            lambda name: script("JSR223Sampler", "x"),
            lambda name: opened(name=name),
        ),
        loops="-1",
        on_error="startnextloop",
    ),
}


def calls(work: Callable[[], object]) -> int:
    """Count the calls, of Python's functions and of those in C."""
    count = 0

    def seen(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_openers_are_twice_the_work(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "MOST_OPEN", 10)

    def effort(number: int) -> int:
        read = tree.parse(plan(SHAPES[shape](number)), path="p.jmx")
        return calls(lambda: (check.check(Subject.of(read), registry.rules()), harden(read)))

    effort(1)  # loads modules
    small, medium, large = (effort(number) for number in (MANY, 2 * MANY, 4 * MANY))

    assert large - medium < 2.4 * (medium - small), "a square would have four times the difference"


def test_more_openers_than_are_told_apart_are_followed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "MOST_OPEN", 10)
    read = tree.parse(plan(SHAPES["branches"](50)), path="p.jmx")
    (found,) = Subject.of(read).flows

    assert len(found.openers) == 50
    assert max(len(state) for state in found.before.values()) == 10 + 1, "and no connection at all"
    assert [one.rule.id for one in check.check(Subject.of(read), registry.rules())].count("JX010") == 50


def test_scopes_that_would_not_end_in_time_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_SCOPE", 4_000)
    source = plan(group(*each(50, lambda _: headers(), lambda name: opened(name=name))))

    for work in (lambda one: check.check(Subject.of(one), registry.rules()), harden):
        with pytest.raises(PlanError, match="apply to too many samplers"):
            work(tree.parse(source, path="p.jmx"))


def test_a_plan_that_would_grow_beyond_a_plan_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jmxgen.harden.model.MAX_BYTES", 100_000)

    with pytest.raises(PlanError, match="would grow by more than"):
        harden(tree.parse(plan(group(*each(50, lambda name: opened(name=name)))), path="p.jmx"))


def test_a_long_label_is_not_kept_with_each_finding() -> None:
    source = plan(group(element("GenericController", {}, *each(50, new), name="x" * 100_000)))
    read = tree.parse(source, path="p.jmx")
    hardened = harden(read)

    assert max(len(one.path) for one in check.check(Subject.of(read), registry.rules())) < 1000
    assert len(hardened.plan) < len(source) + 1_000_000
