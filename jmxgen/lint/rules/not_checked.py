"""The plan opens connections in a way that jmxgen doesn't know.

Why: No rule looks at them: that nothing else is found is not an approval of the plan.

Fix: check those elements by hand, or use the samplers of net.luminis.jmeter (WebSocket Samplers by Peter
Doornbosch)

Source: jmxgen knows the samplers of net.luminis.jmeter up to 1.3.1 and
JMeter.plugins.functional.samplers.websocket.WebSocketSampler
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.subject import Subject


_PARALLEL = frozenset({"ParallelSampler", "ParallelController"})
_SHOWN = 5  # kinds that are named


@rule("JX090", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    unknown = [
        node for node in subject.tree.live() if elements.unknown_connection(node) or _in_parallel(node)
    ]
    if not unknown:
        return
    known = any(
        elements.is_websocket(node) or node.qualified == elements.ZALESKI for node in subject.tree.live()
    )
    kinds = list(dict.fromkeys(_described(node) for node in unknown))
    more = f" and {len(kinds) - _SHOWN} more" if len(kinds) > _SHOWN else ""
    what = f"not checked: {', '.join(kinds[:_SHOWN])}{more}"
    yield Hit(unknown[0], what if known else f"no WebSocket sampler that jmxgen knows; {what}")


def _in_parallel(node: Node) -> bool:
    """Whether it runs WebSocket samplers in threads of its own, where each has its own connection."""
    return node.kind in _PARALLEL and any(elements.connects(one) for one in node.walk() if one is not node)


def _described(node: Node) -> str:
    if node.kind in _PARALLEL:
        return f"what {node.name!r} runs in parallel, each sampler with a connection of its own"
    return f"the script {node.name!r}" if elements.script(node) is not None else node.qualified
