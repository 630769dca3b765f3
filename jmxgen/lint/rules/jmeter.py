"""JMeter's own traps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_IN_SCRIPT = re.compile(r"(?<!\\)\$\{(?:(__\w+)|(\w+))")
_IN_MEMORY = {
    "ViewResultsFullVisualizer": "samples with all their data",
    "TableVisualizer": "a row of every sample",
    "AssertionVisualizer": "every failed assertion",
    "GraphVisualizer": "a point of every sample",
    "RespTimeGraphVisualizer": "a point of every sample",
}
_NUMBERS = frozenset({"intProp", "longProp", "floatProp", "doubleProp"})


@rule(
    "JX050",
    "if-without-expression",
    Severity.WARNING,
    why="Without useExpression the condition is JavaScript, run by an interpreter at each pass: at "
    "some hundred callers that alone can hold the threads back.",
    source="JMeter's component reference, If Controller: Interpret Condition as Variable Expression",
    mend="switch 'Interpret Condition as Variable Expression' on, with a __jexl3 or __groovy condition",
    hardened=True,
)
def if_without_expression(subject: Subject) -> Iterator[Hit]:
    """An If Controller runs its condition as JavaScript."""
    for node in subject.tree.live():
        javascript = node.kind == "IfController" and not node.flag("IfController.useExpression")
        if javascript and node.text("IfController.condition"):
            yield Hit(node, "the condition is run as JavaScript", node.prop("IfController.condition"))


@rule(
    "JX051",
    "timer-over-several-samplers",
    Severity.INFO,
    why="A timer waits before each sampler in its scope, not once where it stands: opens, reads and "
    "closes are delayed too, and during the wait pings stay unanswered.",
    source="JMeter's manual, scoping rules; component reference, Timers",
    mend="put the timer below the one sampler it is meant for, or use a Flow Control Action that pauses",
)
def timer_over_several(subject: Subject) -> Iterator[Hit]:
    """A timer's scope has several samplers, WebSocket samplers among them."""
    covered: dict[Node, list[Node]] = {}
    for node in subject.running():
        if elements.is_sampler(node):
            for one in subject.tree.in_scope(node):
                if elements.is_timer(one) and "Throughput" not in one.kind:
                    covered.setdefault(one, []).append(node)
    for timer, samplers in covered.items():
        if len(samplers) > 1 and any(elements.is_websocket(node) for node in samplers):
            names = ", ".join(repr(node.name or node.kind) for node in samplers[:3])
            more = f" and {len(samplers) - 3} more" if len(samplers) > 3 else ""
            yield Hit(timer, f"waits before each of {len(samplers)} samplers: {names}{more}")


@rule(
    "JX052",
    "variable-in-cached-script",
    Severity.ERROR,
    why="JMeter puts the variable's value into the text before it is compiled, and the compiled "
    "script is kept: each later pass runs with the first value.",
    source="JMeter's component reference, JSR223 Sampler: cacheKey and variables in the script",
    mend='use vars.get("name"), or pass the value in Parameters',
)
def variable_in_cached_script(subject: Subject) -> Iterator[Hit]:
    """A cached script has JMeter variables or functions in its text."""
    for node in subject.tree.live():
        text = elements.script(node) or ""
        if not node.kind.startswith("JSR223") or node.text("cacheKey") in {"", "false"}:
            continue
        for function, variable in dict.fromkeys(_IN_SCRIPT.findall(text)):
            # Groovy's own "${name}" works as long as JMeter has no variable of that name: a local one, then.
            if function or not re.search(
                rf"\b(?:def|String|int|long|var)\s+{variable}\b|\b{variable}\s*=", text
            ):
                what = f"${{{function or variable}…}} in the script is fixed at its first value"
                yield Hit(node, what, node.prop("script"))
                break


@rule(
    "JX053",
    "variable-in-number",
    Severity.ERROR,
    why="intProp, longProp and their like are read when the plan is loaded, before variables exist: "
    "the plan does not load. A boolProp that is not 'true' is false, whatever the variable says.",
    source="org.apache.jmeter.save.converters: IntegerPropertyConverter, BooleanPropertyConverter",
    mend="write the property as stringProp",
)
def variable_in_number(subject: Subject) -> Iterator[Hit]:
    """A number or truth value that JMeter reads at load has a variable in it."""
    for node in subject.tree.live():
        for found in node.properties():
            if (found.tag in _NUMBERS or found.tag == "boolProp") and elements.varies(found.text or ""):
                effect = "is always false" if found.tag == "boolProp" else "keeps the plan from loading"
                name = found.get("name") or found.tag
                yield Hit(node, f"a variable in the {found.tag} {name} {effect}", found)


@rule(
    "JX054",
    "listener-in-memory",
    Severity.INFO,
    why="In the GUI it holds the results of the run: JMeter's memory fills, its threads stall "
    "together, and the pauses look like the server's. Without the GUI it does nothing.",
    source="JMeter's manual, best practices: reducing resource requirements",
    mend="remove or disable it for load; write results with -l and look at them after the run",
)
def listener_in_memory(subject: Subject) -> Iterator[Hit]:
    """A listener holds results in memory."""
    for node in subject.tree.live():
        kept = _IN_MEMORY.get((node.element.get("guiclass") or "").rpartition(".")[2])
        if node.kind == "ResultCollector" and kept is not None:
            yield Hit(node, f"keeps {kept} in memory while the GUI runs the plan")


@rule(
    "JX055",
    "sub-results-on",
    Severity.INFO,
    why="Frames that a filter takes become sub-results, and CSV writes each as a row of its own "
    "('open-0'): pings count as samples and blur rates and percentiles.",
    source="plugin README (filtered frames are sub-results); jmeter.save.saveservice.subresults",
    mend="jmeter.save.saveservice.subresults=false in a properties file (-q)",
    hardened=True,
)
def sub_results_on(subject: Subject) -> Iterator[Hit]:
    """Frames that filters take are written as rows of their own."""
    filters = [node for node in subject.tree.live() if node.kind in elements.FILTERS]
    if not filters:
        return
    if subject.properties.get("jmeter.save.saveservice.subresults", "true").strip().lower() != "false":
        yield Hit(filters[0], "what this filter takes becomes rows of the results (sub-results are saved)")
    for node in subject.tree.live():
        setting = node.element.find("./objProp/value/subresults")
        writes = node.kind == "ResultCollector" and node.text("filename")
        if writes and setting is not None and (setting.text or "").strip() == "true":
            yield Hit(node, "writes frames that a filter takes as rows of their own", setting)
