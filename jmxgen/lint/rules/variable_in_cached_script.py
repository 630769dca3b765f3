"""A cached script has JMeter variables or functions in its text.

Why: JMeter puts the variable's value into the text before it is compiled, and the compiled script is
kept: each later pass runs with the first value.

Fix: use vars.get("name"), or pass the value in Parameters

Source: JMeter's component reference, JSR223 Sampler: cacheKey and variables in the script
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_IN_SCRIPT = re.compile(r"(?<!\\)\$\{(?:(__\w+)|(\w+))")
# What JMeter and Groovy give each script.
_BINDINGS = frozenset(
    {
        "vars",
        "props",
        "ctx",
        "log",
        "sampler",
        "prev",
        "SampleResult",
        "Label",
        "args",
        "Parameters",
        "OUT",
        "it",
    }
)


@rule("JX052", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        text = elements.script(node) or ""
        if not node.kind.startswith("JSR223") or node.text("cacheKey") == "false":
            continue
        for function, variable in dict.fromkeys(_IN_SCRIPT.findall(text)):
            if function or variable in subject.defined.names or not _of_the_script(variable, text):
                what = f"${{{function or variable}…}} in the script is fixed at its first value"
                yield Hit(node, what, node.prop("script"))
                break


def _of_the_script(variable: str, text: str) -> bool:
    """Whether the script has such a variable: then it is Groovy's own "${name}", which JMeter leaves."""
    if variable in _BINDINGS:
        return True
    rest = re.sub(rf"\$\{{{variable}\b[^}}]*\}}", "", text)
    return re.search(rf"\b{variable}\b", rest) is not None
