"""A Close sampler sends a close code that must not be sent.

Why: 1005, 1006 and 1015 exist only inside a client, which reports them for a close that it never
received. Servers answer such a frame with a protocol error (1002) or drop the connection, and the run
gets drops of its own making.

Fix: 1000 for a normal end, 1001 for going away, or 3000 to 4999 for codes of your own

Source: RFC 6455, 7.4.1 and 7.4.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


_RESERVED = frozenset({1004, 1005, 1006, 1015})


@rule("JX009", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        if node.kind != elements.CLOSE or not elements.is_websocket(node):
            continue
        written = node.text("statusCode", "1000")
        value = subject.values.text(written)
        code = subject.values.number(written)
        if value is not None and (code is None or code in _RESERVED or not 1000 <= code <= 4999):
            yield Hit(node, f"close code {value!r} must not be sent", node.prop("statusCode"))
