"""Whatever a plan is made of: lint ends, harden keeps every element and changes nothing the second time."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jmxgen.harden import harden
from jmxgen.jmx import tree
from jmxgen.lint import check, registry
from jmxgen.lint.subject import Subject
from tests.plans import (
    action,
    closed,
    element,
    group,
    headers,
    http,
    loop,
    opened,
    pause,
    pings,
    plan,
    read,
    repeated,
    request,
    script,
    timer,
    websocket,
    when,
)

NAMES = st.text("ab <&>\"'-${}é\n\t]", max_size=6)
TEXTS = st.sampled_from(["", "0", "5", "-1", "true", "${x}", "${__P(n,3)}", "${__Random(1,9)}", "a -- > b"])
LEAVES = st.one_of(
    st.builds(lambda name, port: opened(name=name, port=port), NAMES, TEXTS),
    st.builds(lambda new, wait: request(new=new, readTimeout=wait), st.booleans(), TEXTS),
    st.builds(lambda wait: read(readTimeout=wait, optional=True), TEXTS),
    st.builds(lambda name: websocket("PingPongSampler", name=name), NAMES),
    st.builds(closed),
    st.builds(pings, st.booleans()),
    st.builds(pause, TEXTS),
    st.builds(timer, TEXTS),
    st.builds(action, st.integers(0, 5)),
    st.builds(lambda value: headers(Origin=value), NAMES),
    st.builds(lambda enabled: element("GenericController", {}, opened(), enabled=enabled), st.booleans()),
    st.builds(lambda text: script("JSR223PreProcessor", text), TEXTS),
    st.builds(http),
    st.just(element("IncludeController", {"IncludeController.includepath": "x.jmx"})),
    st.just(element("com.example.UnknownThing", {"a": "b"})),
)
CONTROLLERS = (
    "TransactionController",
    "OnceOnlyController",
    "SwitchController",
    "RunTime",
    "com.example.MyController",
)


def _within(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(children, max_size=3)
    return st.one_of(
        st.builds(lambda count, below: loop(count, *below), TEXTS, several),
        st.builds(lambda text, below: repeated(text, *below), TEXTS, several),
        st.builds(lambda text, below, on: when(text, *below, expression=on), TEXTS, several, st.booleans()),
        st.builds(lambda kind, below: element(kind, {}, *below), st.sampled_from(CONTROLLERS), several),
        st.builds(lambda below: opened(*below), several),
    )


PARTS = st.recursive(LEAVES, _within, max_leaves=8)
GROUPS = st.builds(
    lambda parts, loops, on_error: group(*parts, loops=loops, on_error=on_error),
    st.lists(PARTS, max_size=5),
    TEXTS,
    st.sampled_from(["continue", "startnextloop", "stopthread", "stoptest"]),
)
PLANS = st.builds(
    lambda parts, groups: plan(*parts, *groups), st.lists(LEAVES, max_size=2), st.lists(GROUPS, max_size=2)
)
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(PLANS)
def test_lint_ends_and_names_places_in_the_file(source: bytes) -> None:
    lines = source.splitlines()

    for finding in check.check(Subject.of(tree.parse(source, path="p.jmx")), registry.rules()):
        assert 1 <= (finding.place.line or 0) <= len(lines)
        assert finding.what
        assert "\n" not in finding.rule.fix


@SLOW
@given(PLANS)
def test_harden_keeps_what_is_there_and_is_done_after_once(source: bytes) -> None:
    once = harden.harden(tree.parse(source, path="p.jmx"))
    found = tree.parse(once.plan, path="p.jmx")
    twice = harden.harden(found, properties=once.properties)

    assert twice.plan == once.plan
    before = Counter(node.qualified for node in tree.parse(source, path="p.jmx").walk())
    after = Counter(node.qualified for node in found.walk())
    assert {kind for kind, n in before.items() if after[kind] < n} == set()
    assert not re.search(rb"\$\{jmxgen", once.plan)


@SLOW
@given(PLANS)
def test_harden_leaves_nothing_that_it_could_mend(source: bytes) -> None:
    once = harden.harden(tree.parse(source, path="p.jmx"))
    subject = Subject.of(tree.parse(once.plan, path="p.jmx"), properties=once.properties)

    left_alone = any(not change.done for change in once.changes)
    rules = [rule for rule in registry.rules() if rule.hardened]
    assert left_alone or [f"{one.rule.id} {one.what}" for one in check.check(subject, rules)] == []
