"""Reading of foreign plans: pairs, places, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmxgen.errors import PlanError
from jmxgen.jmx import tree
from tests.plans import Xml, closed, element, group, opened, pings, plan, request, websocket


def only(found: tree.Tree, name: str) -> tree.Node:
    (node,) = [node for node in found.walk() if node.name == name]
    return node


def test_an_element_has_what_stands_in_its_hash_tree() -> None:
    found = tree.parse(plan(group(opened(pings()), request(), closed())), path="p.jmx")

    assert [node.name for node in only(found, "callers").children] == ["open", "request", "close"]
    assert only(found, "pings").path == "plan > callers > open > pings"


def test_a_missing_hash_tree_is_an_empty_one() -> None:
    source = plan(group(closed())).replace(b"<hashTree/>", b"")

    assert only(tree.parse(source, path="p.jmx"), "close").children == []


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_span_is_the_element_in_the_source(newline: bytes) -> None:
    source = plan(group(opened(path="/a>b"), closed())).replace(b"\n", newline)
    found = tree.parse(source, path="p.jmx")

    for node in found.walk():
        text = found.source[node.span.start : node.span.end]
        assert text.startswith(f"<{node.qualified} ".encode())
        assert text.endswith(f"</{node.qualified}>".encode())
        assert found.line(node.span.line)[node.span.column - 1 :].startswith("<" + node.qualified)


def test_a_bracket_in_an_attribute_ends_no_tag() -> None:
    source = plan(group(opened(name="a > b", path="/"), closed()))
    source = source.replace(b"a &gt; b", b"a > b")

    node = only(tree.parse(source, path="p.jmx"), "a > b")

    assert node.text("path") == "/"


def test_what_is_below_a_disabled_element_is_not_live() -> None:
    off = element("TransactionController", {}, request(), name="off", enabled=False)
    found = tree.parse(plan(group(off, closed())), path="p.jmx")

    assert "request" not in {node.name for node in found.live()}
    assert not only(found, "request").live
    assert only(found, "close").live


def test_scope_is_what_is_below_and_beside_all_above() -> None:
    found = tree.parse(
        plan(
            websocket("TextFrameFilter", name="whole plan"),
            group(
                pings(),
                websocket("TextFrameFilter", name="off", enabled=False),
                element(
                    "GenericController",
                    {},
                    websocket("TextFrameFilter", name="elsewhere"),
                    request(name="other"),
                ),
                request(websocket("TextFrameFilter", name="own")),
            ),
        ),
        path="p.jmx",
    )

    names = {node.name for node in found.in_scope(only(found, "request"))}

    assert names == {"own", "pings", "whole plan"}


def test_other_encodings_are_read() -> None:
    text = plan(group(opened(name="Grüße"), closed())).decode()

    for encoding, bom in (("ISO-8859-1", b""), ("UTF-16", b""), ("UTF-8", b"\xef\xbb\xbf")):
        data = bom + text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
        assert only(tree.parse(data, path="p.jmx"), "Grüße").kind == "OpenWebSocketSampler"


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<jmeterTestPlan><hashTree><TestPlan testname="&c;"/></hashTree></jmeterTestPlan>"""


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not well-formed XML"),
        (b"a,b,c\n1,2,3\n", "not well-formed XML"),
        (b"<jmeterTestPlan><hashTree>", "not well-formed XML"),
        (b"<html/>", "its root is <html>"),
        (b"<testResults/>", "jmxgen analyze"),
        (b"<jmeterTestPlan/>", "no hashTree"),
        (b"\xff\xfe\x00", "not the utf-16-le text"),
        (b'<?xml version="1.0" encoding="utf-99"?><a/>', "utf-99"),
        (b'<?xml version="1.0" encoding="zip"?><a/>', "zip"),
        (BOMB, "DOCTYPE"),
        (b"<a>" * 200 + b"</a>" * 200, "deeper than"),
        (b'<jmeterTestPlan><hashTree><a b="\x00"/></hashTree></jmeterTestPlan>', "not well-formed XML"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(data: bytes, says: str) -> None:
    with pytest.raises(PlanError, match=says) as caught:
        tree.parse(data, path="p.jmx")

    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("p.jmx")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="can't be read: No such file"):
        tree.read(tmp_path / "none.jmx")


def test_no_entity_opens_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    data = f'<!DOCTYPE a [<!ENTITY s SYSTEM "file://{secret}">]><jmeterTestPlan>&s;</jmeterTestPlan>'.encode()

    with pytest.raises(PlanError, match="DOCTYPE"):
        tree.parse(data, path="p.jmx")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_plan_or_refused(data: bytes) -> None:
    for text in (data, b"<jmeterTestPlan><hashTree>" + data + b"</hashTree></jmeterTestPlan>"):
        with contextlib.suppress(PlanError):
            tree.parse(text, path="p.jmx")


def test_properties_are_read_as_jmeter_does() -> None:
    node = only(
        tree.parse(
            plan(group(opened(TLS=Xml('<boolProp name="TLS"> TRUE </boolProp>'), port="  443 "), closed())),
            path="p",
        ),
        "open",
    )

    assert node.flag("TLS")
    assert not node.flag("missing")
    assert node.text("port") == "443"
    assert node.text("missing", "80") == "80"
