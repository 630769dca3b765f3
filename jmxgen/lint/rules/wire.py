"""What goes over the wire otherwise than meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint import elements
from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject


@rule(
    "JX040",
    "tls-on-port-80",
    Severity.ERROR,
    why="A server speaks no TLS on port 80: the handshake ends with 'Socket is closed' or a timeout, "
    "a drop in the handshake phase that has nothing to do with load. The plugin's port is 80 by "
    "default, with TLS too.",
    source="plugin: WebsocketSampler.java warns of it; RFC 6455, 3: wss is 443 by default",
    mend="port 443",
)
def tls_on_port_80(subject: Subject) -> Iterator[Hit]:
    """A connection with TLS goes to port 80."""
    for node in subject.tree.live():
        if elements.uses_tls(node) and elements.port(node) == "80":
            given = node.prop("port") if node.prop("port") is not None else node.prop("serverPort")
            default = "" if given is not None else ", the plugin's default"
            yield Hit(node, f"TLS to port 80{default}", given)


@rule(
    "JX041",
    "headers-over-several-samplers",
    Severity.WARNING,
    why="Versions 1.2.10 to 1.3.1 of the plugin merge the manager anew at each sample and keep the "
    "result: the headers grow with each pass, and so do memory and time. Only the opening sampler"
    " sends headers.",
    source="plugin 1.3.1, WebsocketSampler.addTestElement; seen in a real run",
    mend="put the HTTP Header Manager below the opening sampler",
    hardened=True,
)
def headers_over_several(subject: Subject) -> Iterator[Hit]:
    """An HTTP Header Manager is in the scope of several WebSocket samplers."""
    covered: dict[Node, list[Node]] = {}
    for node in subject.running():
        if elements.is_websocket(node):
            for one in subject.tree.in_scope(node):
                if one.kind == "HeaderManager":
                    covered.setdefault(one, []).append(node)
    for manager, samplers in covered.items():
        if len(samplers) > 1:
            yield Hit(
                manager, f"in the scope of {len(samplers)} WebSocket samplers, merged again by each sample"
            )
