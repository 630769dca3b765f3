"""Whatever a scenario says, its plan is well-formed, says the same, and is the same each time."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.model import Scenario

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
texts = st.one_of(
    st.text(st.sampled_from("<&>\"'${}\\,\r\n\t]é a"), min_size=1, max_size=30),
    st.text(min_size=1, max_size=30).filter(lambda text: not NOT_XML.search(text)),
)
plain = texts.map(lambda text: text.replace("${", "$"))  # what JMeter takes as it is
steps: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: st.one_of(
        st.builds(lambda text: {"send": {"text": text}}, plain),
        st.builds(lambda text: {"expect": {"contains": text}}, plain),
        st.builds(lambda text: {"request": {"send": {"text": text}, "regex": "a"}}, plain),
        st.just({"listen": "3s"}),
        st.just({"pause": "1s..2s"}),
        st.just({"ping": {}}),
        st.builds(
            lambda some: {"repeat": {"times": 2, "steps": some}}, st.lists(steps, min_size=1, max_size=3)
        ),
    )
)


def scenario(call: list[Any], **rest: Any) -> Scenario:
    return Scenario.model_validate(
        {"name": "x", "target": {"url": "ws://h/"}, "call": [*call, {"send": "x"}], **rest}
    )


@given(text=plain)
def test_a_text_comes_out_of_the_xml_as_it_went_in(text: str) -> None:
    made = scenario([{"send": {"text": text}}], description=text)

    root = etree.fromstring(render(build(made)))

    assert root.xpath("string(//stringProp[@name='requestData'])") == text
    assert root.xpath("string(//TestPlan/stringProp[@name='TestPlan.comments'])").startswith(text.strip())


@given(call=st.lists(steps, max_size=4))
def test_elements_and_trees_come_in_pairs_and_the_bytes_are_the_same(call: list[Any]) -> None:
    plan = build(scenario(call))

    first, again = render(plan), render(build(scenario(call)))

    assert first == again
    for tree in etree.fromstring(first).iter("hashTree"):
        tags = [child.tag for child in tree]
        assert all(tag != "hashTree" for tag in tags[::2])
        assert all(tag == "hashTree" for tag in tags[1::2])
        assert len(tags) % 2 == 0


@given(text=texts)
def test_no_text_of_a_scenario_gets_into_a_script(text: str) -> None:
    marked = f"{text}MARK"
    made = scenario(
        [{"send": {"text": marked}}, {"set": {"variable": "v", "value": marked}}], description=marked
    )

    root = etree.fromstring(render(build(made)))

    assert not any("MARK" in (prop.text or "") for prop in root.xpath("//stringProp[@name='script']"))
