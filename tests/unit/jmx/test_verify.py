from __future__ import annotations

import pytest
from lxml import etree

from jmxgen.errors import PlanError
from jmxgen.jmx.verify import verify

PLAN = """<jmeterTestPlan><hashTree>
<TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="p">%s</TestPlan><hashTree>%s</hashTree>
</hashTree></jmeterTestPlan>"""
SCRIPT = (
    '<JSR223Sampler guiclass="TestBeanGUI" testclass="JSR223Sampler" testname="s">%s</JSR223Sampler>'
    "<hashTree/>"
)


def faults(properties: str = "", under: str = "") -> list[str]:
    try:
        verify(etree.fromstring(PLAN % (properties, under)))
    except PlanError as error:
        return [fault.what for fault in error.faults]
    return []


def test_a_sound_plan_passes() -> None:
    assert faults('<intProp name="n">1</intProp><stringProp name="s">${x}</stringProp>') == []


@pytest.mark.parametrize("kind", ["intProp", "longProp", "boolProp"])
def test_no_expression_stands_where_jmeter_parses_at_load(kind: str) -> None:
    (fault,) = faults(f'<{kind} name="n">${{x}}</{kind}>')

    assert fault.startswith(f"{kind} 'n' holds '${{x}}'")


def test_no_expression_stands_in_a_cached_script() -> None:
    (fault,) = faults(under=SCRIPT % '<stringProp name="script">vars.get("${x}")</stringProp>')

    assert "cached script 's'" in fault


def test_an_element_without_its_hash_tree_is_told() -> None:
    assert "hashTree" in faults(under=(SCRIPT % "").replace("<hashTree/>", ""))[0]


def test_an_unknown_class_is_told() -> None:
    (fault,) = faults(under='<Foo guiclass="G" testclass="Foo" testname="f"/><hashTree/>')

    assert "unknown class 'Foo'" in fault


def test_another_root_is_told() -> None:
    with pytest.raises(PlanError, match="jmeterTestPlan"):
        verify(etree.fromstring("<a/>"))
