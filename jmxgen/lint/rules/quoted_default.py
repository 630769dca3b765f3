"""The default of a property is in quotes, which become part of the value.

Why: JMeter doesn't strip quotes from a function's arguments: the value is "500" with the quotes, which is
not a number. A thread group then starts 0 threads and JMeter exits with 0; a port or timeout fails the
sampler; a host name isn't found.

Fix: no quotes: ${__P(callers,500)}

Source: seen in a real run; JMeter's manual, functions: __P
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_QUOTED = re.compile(r"""\$\{__(?:P|property)\(\s*([\w.\-]+)\s*,[^()"']*("[^"()]*"|'[^'()]*')\s*\)\}""")


@rule("JX080", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        scripts = elements.script_properties(node)
        for at in node.properties():
            name = at.get("name") or ""
            if name in scripts or "ondition" in name or not at.text or len(at):
                continue
            match = _QUOTED.search(at.text)
            if match is not None and match[1] not in subject.properties:
                yield Hit(node, f"the default of {match[1]!r} has quotes that become part of the value", at)
