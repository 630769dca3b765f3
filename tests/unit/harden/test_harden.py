"""What harden changes, what it leaves, and that it leaves all else byte for byte."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jmxgen.errors import UsageError
from jmxgen.harden import edits, harden
from jmxgen.harden.model import Options
from jmxgen.harden.rewrites.last_close import LAST_CLOSE
from jmxgen.harden.rewrites.opens import CLOSE
from jmxgen.jmx import tree
from jmxgen.lint import check, registry
from jmxgen.lint.subject import Subject
from tests.plans import (
    Xml,
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

SAMPLES = sorted(Path(__file__).parents[3].glob("tests/e2e/plans/harden/*.jmx"))
COUNTED = '${__jexl3(${tried} < 5 && "${up}" != "1")}'
ZALESKI = "JMeter.plugins.functional.samplers.websocket.WebSocketSampler"

PLANS = {
    "explicit": plan(group(opened(), request(), closed())),
    "implicit": plan(group(request(new=True), request(), loops="3")),
    "nested": plan(
        group(loop("2", element("TransactionController", {}, opened(headers(Origin="x")), request())))
    ),
    "headers": plan(
        group(headers(Origin="x"), headers(Cookie="y"), opened(), request(), opened(name="second"))
    ),
    "headers for http": plan(group(headers(Origin="x"), http(), opened(), request(), closed())),
    "silent filter": plan(group(pings(reply=False), opened(), request(), closed())),
    "filter over two groups": plan(
        pings(reply=False), group(opened(), request(), closed()), group(opened(), request(), closed())
    ),
    "endless read": plan(group(opened(), read(readTimeout="0"), request(), closed())),
    "own retry": plan(group(repeated(COUNTED, opened(), pause("${wait}")), request(), closed())),
    "stops": plan(group(opened(), request(), closed(), on_error="stopthread")),
    "goes on": plan(group(opened(), request(), closed(), on_error="startnextloop", loops="-1")),
    "ifs": plan(
        group(when("${ok}", http(), expression=False), when('"${x}" == "1"', http(), expression=False))
    ),
    "switch": plan(
        group(element("SwitchController", {"SwitchController.value": "open"}, opened(), http()), closed())
    ),
    "interleaved": plan(
        group(element("InterleaveControl", {"InterleaveControl.style": 0}, opened(), http()), closed())
    ),
    "variable": plan(
        group(websocket("SingleReadWebSocketSampler", createNewConnection="${first}"), closed())
    ),
    "include": plan(
        group(opened(), element("IncludeController", {"IncludeController.includepath": "x.jmx"}), closed())
    ),
    "older plugin": plan(group(element(ZALESKI, {"requestPayload": "x"}))),
    "no websocket": plan(group(http(timer("100")), action(0))),
    "disabled": plan(group(websocket("OpenWebSocketSampler", enabled=False), http())),
    "two groups": plan(
        group(opened(), read(), closed(), name="a"), group(opened(), read(), closed(), name="b")
    ),
    "ended pongs only": plan(
        group(websocket("PingFrameFilter", filterType="FilterPongOnly"), opened(), read(), closed())
    ),
    **{path.stem: path.read_bytes() for path in SAMPLES},
}


def hardened(source: bytes, **more: object) -> harden.Hardened:
    return harden.harden(tree.parse(source, path="p.jmx"), **more)  # type: ignore[arg-type]


def left(made: harden.Hardened) -> list[str]:
    return [change.what for change in made.changes if not change.done]


def names(source: bytes) -> list[str]:
    return [node.name for node in tree.parse(source, path="p.jmx").walk()]


@pytest.mark.parametrize("source", PLANS.values(), ids=PLANS)
def test_the_second_time_changes_nothing_more(source: bytes) -> None:
    once = hardened(source)
    twice = hardened(once.plan, properties=once.properties)

    assert twice.plan == once.plan
    assert not [change for change in twice.changes if change.done]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("source", PLANS.values(), ids=PLANS)
def test_lines_of_the_plan_are_kept_byte_for_byte(source: bytes, newline: bytes) -> None:
    source = source.replace(b"\n", newline)

    made = hardened(source).plan

    before, after = (Counter(line.strip() for line in text.split(newline)) for text in (source, made))
    gone = before - after
    # Only an empty hashTree that got children, and a property that was set, differ.
    touched = (b"<hashTree/>", b"TestPlan.comments", b"replyToPing", b"useExpression", b"subresults")
    assert all(any(word in line for word in touched) for line in gone), gone
    assert made.count(b"\r\n") == (made.count(b"\n") if newline == b"\r\n" else 0)


@pytest.mark.parametrize("source", PLANS.values(), ids=PLANS)
def test_every_element_of_the_plan_is_still_there_in_order(source: bytes) -> None:
    before = [name for name in names(source) if name != "headers"]
    after = [
        name
        for name in names(hardened(source).plan)
        if not name.startswith("jmxgen: ") and name not in ("headers", CLOSE, LAST_CLOSE)
    ]

    if b"SwitchController" in source:
        after.remove("open")  # the loop around it bears its name
    assert after == before


@pytest.mark.parametrize(
    "name", ["explicit", "implicit", "nested", "headers", "silent filter", "goes on", "switch", "two groups"]
)
def test_lint_has_nothing_left_for_harden(name: str) -> None:
    made = hardened(PLANS[name])
    subject = Subject.of(tree.parse(made.plan, path="p.jmx"), properties=made.properties)

    findings = check.check(subject, registry.rules())

    assert [one.rule.id for one in findings if one.rule.hardened] == []
    assert left(made) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("headers for http", "'http' takes its headers from here too"),
        ("endless read", "readTimeout 0 fails under a filter"),
        ("own retry", "a retry of its own"),
        ("stops", "'stopthread' ends the caller at a refusal"),
        ("ifs", "its condition is JavaScript"),
        ("interleaved", "runs one sampler a pass"),
        ("variable", "a variable decides whether it opens"),
        ("include", "the file that it includes"),
        ("older plugin", "the older WebSocket plugin"),
    ],
)
def test_what_is_left_alone_is_said(name: str, says: str) -> None:
    assert any(says in why for why in left(hardened(PLANS[name])))


@pytest.mark.parametrize("name", ["no websocket", "disabled", "older plugin"])
def test_a_plan_without_the_plugin_stays_as_it_is(name: str) -> None:
    made = hardened(PLANS[name])

    assert made.plan == PLANS[name]
    assert made.properties == {}


def test_comments_and_what_is_disabled_stay() -> None:
    source = PLANS["explicit"].replace(b"<hashTree>\n", b"<hashTree>\n<!-- mine: <b> & c -->\n", 2)

    assert (
        hardened(source).plan.count(b"<!-- mine: <b> & c -->") == source.count(b"<!-- mine: <b> & c -->") == 2
    )


def test_changes_are_told_in_the_plan() -> None:
    made = hardened(PLANS["explicit"])
    found = tree.parse(made.plan, path="p.jmx")

    assert made.plan.count(b"<!-- jmxgen harden: ") == len(made.changes) == 2
    told = found.top[0].text("TestPlan.comments")
    assert told.startswith("jmxgen harden:\n- plan > callers > open: closes what is open before it")


def test_a_change_names_its_place_in_the_plan_as_read() -> None:
    source = PLANS["headers"]
    found = {node.path: node.place for node in tree.parse(source, path="p.jmx").walk()}

    changes = hardened(source).changes

    assert len(changes) > 3
    for change in changes:
        if change.path.rpartition(" > ")[2] in {"open", "second", "callers"}:
            assert change.place == found[change.path]


def test_a_comment_of_the_test_plan_is_kept() -> None:
    source = PLANS["explicit"].replace(
        b'<stringProp name="TestPlan.comments"></stringProp>',
        b'<stringProp name="TestPlan.comments">mine &amp; <![CDATA[<yours>]]></stringProp>',
    )

    made = hardened(source).plan

    assert b"mine &amp; <![CDATA[<yours>]]>\njmxgen harden:" in made


def test_a_label_can_not_break_out_of_a_comment() -> None:
    name = 'a --> <script/> -- \x7f "${__P(x)}"'
    made = hardened(plan(group(headers(Origin="x"), opened(name=name), request(name=name), closed())))

    found = tree.parse(made.plan, path="p.jmx")

    assert len([node for node in found.walk() if node.name == name]) == 2
    assert not list(found.root.iter("script"))


@pytest.mark.parametrize(
    ("encoding", "bom"), [("UTF-16", b""), ("ISO-8859-1", b""), ("UTF-8", b"\xef\xbb\xbf")]
)
def test_the_encoding_is_kept(encoding: str, bom: bytes) -> None:
    text = plan(group(opened(name="Grüße"), closed())).decode().replace('"UTF-8"', f'"{encoding}"')
    source = bom + text.encode(encoding)

    made = hardened(source).plan

    assert made.startswith(source[:40])
    assert "Grüße" in made.decode(encoding)
    assert "Grüße" in names(made)


def test_the_retry_is_as_asked() -> None:
    options = Options(attempts=3, base=200, cap=4000, give_up_on=(401, 503))

    assert b"jmxgen_open_1 3 200 4000 401,503<" in hardened(PLANS["explicit"], options=options).plan


def test_each_opener_has_its_own_variables() -> None:
    made = hardened(plan(group(opened(name="a"), opened(name="b"), closed()))).plan

    assert all(made.count(f'vars.remove("jmxgen_open_{number}")'.encode()) == 1 for number in (1, 2))


def test_a_retry_that_the_plan_has_is_only_given_the_close() -> None:
    made = names(hardened(PLANS["own retry"]).plan)

    assert CLOSE in made
    assert not [name for name in made if "until connected" in name]


def test_a_script_of_the_plan_that_closes_is_enough() -> None:
    tends = "eu.luminis.jmeter.wssampler.WebsocketSampler.threadLocalCachedConnection.get().dispose()"
    made = names(hardened(plan(group(opened(script("JSR223PreProcessor", tends)), closed()))).plan)

    assert CLOSE not in made
    assert "jmxgen: outcome: connected, or again after a delay, or given up" in made


def test_headers_go_below_every_opener_in_their_order() -> None:
    found = tree.parse(hardened(PLANS["headers"]).plan, path="p.jmx")

    for name in ("open", "second"):
        (opener,) = [node for node in found.walk() if node.name == name]
        values = [
            prop.text for node in opener.children for prop in node.properties() if prop.text in {"x", "y"}
        ]
        assert values == ["x", "y"]


def test_rewrites_can_be_left_out() -> None:
    made = hardened(PLANS["explicit"], without=["pings"])

    assert {change.rewrite for change in made.changes} == {"opens"}
    with pytest.raises(UsageError, match="no rewrite is called 'pongs'"):
        hardened(PLANS["explicit"], without=["pongs"])


def test_properties_are_added_to_those_that_are_there() -> None:
    needed = {"a": "1", "b": "2"}

    assert harden.properties_text("", needed, {}).endswith("\na=1\nb=2\n")
    assert harden.properties_text("b=2\n", needed, {"b": "2"}).startswith("b=2\n\n# Added by jmxgen harden")
    assert harden.properties_text("a=1\nb=2\n", needed, needed) == "a=1\nb=2\n"


def test_sub_results_of_a_file_are_switched_off() -> None:
    settings = {
        "filename": "out.csv",
        "config": Xml('<objProp><value class="x"><subresults>true</subresults></value></objProp>'),
    }
    source = plan(group(pings(), opened(), read(), closed()), element("ResultCollector", settings))

    assert b"<subresults>false</subresults>" in hardened(source).plan


def test_edits_are_made_and_traced_back() -> None:
    made = [edits.Edit(2, 2, b"XX"), edits.Edit(4, 6, b""), edits.Edit(8, 8, b"Y")]

    after = edits.apply(b"0123456789", made)

    assert after == b"01XX2367Y89"
    assert [edits.Origins(made).of(after.index(digit)) for digit in (b"0", b"2", b"6", b"8", b"X", b"Y")] == [
        0,
        2,
        6,
        8,
        2,
        8,
    ]
