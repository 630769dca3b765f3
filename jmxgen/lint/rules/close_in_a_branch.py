"""The Close is in a controller that may skip it.

Why: On the other branch the connection is left to the server: orphans as without a Close, but only now
and then, which is harder to find.

Fix: move the Close behind the controller (with nothing open it fails, and says so)

Source: JMeter's component reference: If, While, Switch, Random, Interleave and Throughput Controllers;
RFC 6455, 7.1.5 and 7.4.1: to its peer, a connection that ends without a close frame is 1006
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jmxgen.lint import closing, elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


_QUOTED = re.compile(r"""["'](\w+)["']""")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@rule("JX003", Severity.WARNING, hardened=True)
def check(subject: Subject) -> Iterator[Hit]:
    scripted = _tending_words(subject)
    for flow in subject.flows:
        for opener in flow.openers:
            how, close = closing.left_open(subject, flow, opener), flow.branched.get(opener)
            if how and close is not None and not _decided_by_script(close, scripted):
                yield Hit(close, f"a controller may skip this Close: then {how} (opened by {opener.name!r})")


def _tending_words(subject: Subject) -> frozenset[str]:
    """Return the words in quotes of the scripts that look after connections: variables that they set."""
    scripts = (elements.script(node) or "" for node in subject.tree.live() if elements.tends_connection(node))
    return frozenset(word for text in scripts for word in _QUOTED.findall(text))


def _decided_by_script(close: Node, scripted: frozenset[str]) -> bool:
    """Whether such a script sets the variable that lets callers come to the Close: it knows what is open."""
    conditions = (node.text("IfController.condition") for node in close.ancestors())
    return any(name in scripted for text in conditions for name in _VARIABLE.findall(text))
