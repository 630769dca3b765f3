"""A data file is named by an absolute path.

Why: On another machine, in a pipeline or on a remote engine the file isn't there: the CSV Data Set stops
the test, or the sampler sends nothing.

Fix: a path relative to the plan, or a property: ${__P(data,callers.csv)}

Source: JMeter's component reference, CSV Data Set Config: relative to the plan
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_ABSOLUTE = re.compile(r"/|\\\\|~[/\\]|[A-Za-z]:[\\/]")


@rule("JX059", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        for name in ("filename", "dataFile") if node.kind != "ResultCollector" else ():
            path = subject.values.text(node.text(name))
            if path and _ABSOLUTE.match(path):
                yield Hit(node, f"{path!r} is on this machine only", node.prop(name))
