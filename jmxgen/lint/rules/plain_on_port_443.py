"""A connection without TLS goes to port 443.

Why: A TLS port doesn't understand the plain request and closes: 'Empty response; connection closed.' or
400, in the handshake phase and at any load.

Fix: switch TLS on (wss), or use the plain port

Source: plugin: WebsocketSampler.java warns of it; RFC 6455, 3: wss is 443 by default
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX047", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.running:
        plain = (
            elements.opens(node) is True
            and not elements.uses_tls(node)
            and not elements.varies(node.text("TLS"))
        )
        if plain and subject.values.number(elements.port(node)) == 443:
            yield Hit(node, "no TLS to port 443", node.prop("port"))
