"""A script is compiled anew at each pass.

Why: Compiling Groovy takes milliseconds of CPU each time and fills the JVM's memory for classes: with
some hundred callers the load generator becomes the bottleneck.

Fix: switch 'Cache compiled script if available' on, and use vars.get instead of ${…} in the script

Source: JMeter's best practices and component reference, JSR223 Sampler: cacheKey
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX057", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        if node.kind.startswith("JSR223") and node.text("cacheKey") == "false" and elements.script(node):
            yield Hit(node, "the compiled script is not kept", node.prop("cacheKey"))
