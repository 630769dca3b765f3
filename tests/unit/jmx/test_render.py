from __future__ import annotations

from pathlib import Path

from lxml import etree

from jmxgen.jmx.render import render
from jmxgen.jmx.scripts import script
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads

SCENARIO = """
name: x
target: {url: "ws://localhost/ivr", proxy: {host: proxy, port: 3128}}
load: {handshake_rate: 5/s}
call: [{set: {variable: a, value: b}}, {send: x}]
"""


def plan_bytes() -> bytes:
    return render(build(loads(SCENARIO, path=Path("x.yaml"))))


def test_the_same_plan_is_the_same_bytes() -> None:
    assert plan_bytes() == plan_bytes()


def test_each_script_stands_once_in_a_plan() -> None:
    root = etree.fromstring(plan_bytes())

    scripts = [s.text for s in root.xpath("//stringProp[@name='script']")]
    long = [text for text in scripts if "\n" in text]
    assert sorted(long) == sorted(script(name) for name in ("caller", "messages", "setup"))
    assert not any("${" in text for text in scripts)


def test_the_plan_is_indented_by_two_blanks() -> None:
    lines = plan_bytes().decode().splitlines()

    assert lines[1:4] == [
        '<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3">',
        "  <hashTree>",
        '    <TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="x" enabled="true">',
    ]
