"""Whatever a plan is made of: lint ends, harden keeps every element and changes nothing the second time."""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jmxgen.harden import harden
from jmxgen.jmx import tree
from jmxgen.lint import check, registry
from jmxgen.lint.formats import github, gitlab, sarif, text
from jmxgen.lint.formats import json as json_format
from jmxgen.lint.subject import Subject
from tests.plans import (
    action,
    closed,
    element,
    group,
    headers,
    http,
    loop,
    old,
    opened,
    pause,
    pings,
    plan,
    read,
    repeated,
    request,
    script,
    timer,
    variables,
    websocket,
    when,
)

NAMES = st.text("ab <&>\"'-${}é\n\t]", max_size=6)
TEXTS = st.sampled_from(["", "0", "5", "-1", "true", "${x}", "${__P(n,3)}", "${__Random(1,9)}", "a -- > b"])
TARGETS = st.sampled_from(["", " h", "wss://h", "h:1", "/a b", "ws?caller=1", "${x}", '${__P(h,"x")}', "::1"])
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
    st.just(element("com.example.WebSocketSampler", {"a": "b"})),
    st.builds(lambda keeps, port: old(streamingConnection=keeps, serverPort=port), st.booleans(), TEXTS),
    st.builds(lambda host, path: opened(server=host, path=path), TARGETS, TARGETS),
    st.builds(lambda name: opened(connectionId=name), NAMES),
    st.builds(lambda value: variables(x=value, n="${x}"), TEXTS),
    st.builds(lambda names: element("CSVDataSet", {"filename": "/a.csv", "variableNames": names}), NAMES),
    st.builds(lambda text: element("BeanShellSampler", {"BeanShellSampler.query": text}), TEXTS),
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
SECRET = "s3cr3tK3y9f0a"
HIDDEN = st.sampled_from(
    [
        "?token={}",
        "?a=1&sig={}",
        "password={}&user=a",
        '{{"password": "{}"}}',
        '{{"token":"${{__P(t,"{}")}}"}}',
        "${{__P(password,{})}}",
        "passcode:{}\n",
        "wss://jo:{}@h/",
        "vars.put('token', '{}')",
        "def pwd = '{}'",
    ]
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


@SLOW
@given(PARTS, HIDDEN, st.booleans())
def test_no_format_shows_a_secret_wherever_it_stands(parts: str, form: str, one_line: bool) -> None:
    hidden = form.format(SECRET)
    places = (
        opened(path=hidden, port="${x}", server=hidden),
        request(requestData=hidden),
        script("JSR223Sampler", hidden),
        variables(password=hidden),
    )
    source = plan(group(*places, parts, loops="-1"))
    found = Subject.of(tree.parse(source.replace(b"\n", b" ") if one_line else source, path="p.jmx"))
    findings = check.check(found, registry.rules())

    assert "JX061" in {one.rule.id for one in findings}
    for form_of in (text, github, gitlab, json_format, sarif):
        assert SECRET not in form_of.render(findings)
