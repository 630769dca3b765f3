"""A connection with TLS goes to port 80.

Why: A server speaks no TLS on port 80: the handshake ends with 'Socket is closed' or a timeout, a drop in
the handshake phase that has nothing to do with load. The plugin's default port is 80, even with TLS.

Fix: port 443

Source: plugin: WebsocketSampler.java warns of it; RFC 6455, 3: wss is 443 by default
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX040", Severity.ERROR)
def check(subject: Subject) -> Iterator[Hit]:
    for node in subject.tree.live():
        if elements.uses_tls(node) and subject.values.number(elements.port(node)) == 80:
            given = node.prop("port") if node.prop("port") is not None else node.prop("serverPort")
            default = "" if given is not None else ", the plugin's default"
            yield Hit(node, f"TLS to port 80{default}", given)
