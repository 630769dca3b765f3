"""No text of a scenario becomes XML structure, a script, or, where functions are off, a call of one."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from jmxgen.errors import ScenarioError
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads

PIECES = (
    "<",
    ">",
    "&",
    '"',
    "'",
    "]]>",
    "<!--",
    "-->",
    "<?x?>",
    "</stringProp>",
    "<script>",
    "&lt;",
    "&#10;",
    "\\",
    "\\\\",
    "$",
    "{",
    "}",
    "$(",
    "`",
    ";",
    "//",
    "*/",
    "'''",
    '"""',
    "%0d%0a",
    "#",
    ",",
    "=",
    " ",
    "é",
    "😀",
    "x",
    "Groovy",
)
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join).filter(str.strip)


def scenario(text: str) -> dict[str, Any]:
    """Return a scenario with the text wherever free text may stand."""
    return {
        "name": "a",
        "description": text,
        "target": {"url": "wss://x/", "headers": {"X-A": text}, "cookies": {"a": text.replace(";", "")}},
        "data": [{"csv": f"f{text}", "variables": ["v"]}],
        "metrics": {"graphite": {"host": text, "prefix": text}},
        "criteria": [text],
        "call": [
            {"http": {"url": f"http://x/{text}", "headers": {"X-B": text}, "body": text}},
            {"set": {"variable": "v", "value": text}},
            {"send": text, "label": f"l {text}"},
            {"send": {"file": f"f{text}"}},
            {"expect": {"contains": f"x{text}"}},
            {"expect": {"json": "$.a", "equals": text}},
            {"set": {"variable": "w", "json": "$.a", "default": text}},
            {"if": {"contains": f"x{text}", "then": [{"request": {"send": text, "contains": f"x{text}"}}]}},
        ],
    }


def plan(text: str) -> tuple[etree._Element, str]:
    built = build(loads(json.dumps(scenario(text), ensure_ascii=False)))
    return etree.fromstring(render(built)), render_properties(built)


def scripts(root: etree._Element) -> list[str]:
    return [e.text or "" for e in root.iter("stringProp") if e.get("name") == "script"]


@settings(max_examples=30, deadline=None)
@given(texts)
def test_text_becomes_neither_structure_nor_script_nor_property(text: str) -> None:
    root, properties = plan(text)
    benign, plain = plan("x")

    assert [str(e.tag) for e in root.iter()] == [str(e.tag) for e in benign.iter()]
    assert scripts(root) == scripts(benign)
    assert not any("${" in script for script in scripts(root))
    names = [line.partition("=")[0] for line in properties.splitlines() if not line.startswith("#")]
    assert names == [line.partition("=")[0] for line in plain.splitlines() if not line.startswith("#")]


calls = st.sampled_from(
    [
        "${__groovy(1)}",
        "${__P(a)}",
        "${__UUID}",
        "${ __UUID}",
        "${\\_\\_UUID}",
        "\\${__UUID}",
        "$${__UUID}",
        "${${x}}",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(calls, st.sampled_from([*PIECES, "${x}"])), min_size=1, max_size=5).map("".join))
def test_with_functions_off_a_plan_calls_none_that_the_generator_did_not_write(text: str) -> None:
    try:
        strange = loads(json.dumps(scenario(text), ensure_ascii=False), functions=False)
    except ScenarioError:
        return
    allowed = set(functions(render(build(loads(json.dumps(scenario("x")))))))
    # Where a variable goes into a regex, the plan escapes what it yields: a call of its own around it.
    allowed |= set(functions(render(build(loads(json.dumps(scenario("x${x}")))))))

    assert set(functions(render(build(strange)))) <= allowed


def functions(jmx: bytes) -> list[str]:
    """Return the names of all functions that JMeter would find."""
    found = []
    for element in etree.fromstring(jmx).iter():
        for name in re.findall(r"\$\{([^({},]*)", element.text or ""):
            cleaned = name.replace("\\", "").strip()
            found += [cleaned] if cleaned.startswith("__") else []
    return found


@pytest.mark.parametrize("text", ["${__groovy(1)}", "a ${__FileToString(/etc/passwd)}"])
def test_with_functions_off_a_call_is_refused_in_every_field(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        loads(json.dumps(scenario(text)), functions=False)

    assert len(caught.value.faults) >= 17
