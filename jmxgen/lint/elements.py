"""What JMeter's elements and its WebSocket samplers do, as far as the rules need it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jmxgen.jmx.tree import Node

PLUGIN = "eu.luminis.jmeter.wssampler."
OPEN, CLOSE, PING = "OpenWebSocketSampler", "CloseWebSocketSampler", "PingPongSampler"
REQUEST, READ, WRITE = (
    "RequestResponseWebSocketSampler",
    "SingleReadWebSocketSampler",
    "SingleWriteWebSocketSampler",
)
USERS = frozenset({REQUEST, READ, WRITE, PING})  # they use a connection; the first three can open one
FILTERS = frozenset({"PingFrameFilter", "TextFrameFilter", "BinaryFrameFilter"})
ZALESKI = "JMeter.plugins.functional.samplers.websocket.WebSocketSampler"
HTTP = frozenset({"HTTPSamplerProxy", "HTTPSampler", "HTTPSampler2"})

_REFERENCE = re.compile(r"\$\{[^}]*\}")
# A script that names the plugin's class and calls one of these looks after the thread's connection itself.
_PLUGIN_NAMES = re.compile(r"wssampler|threadLocalCachedConnection|WebSocketClient")
_TENDS = re.compile(r"\b(?:connect|close|sendClose|dispose|remove|set)\s*\(")

_PUTS = re.compile(r"""\bputObject\s*\(\s*["'](\w+)["']""")


def is_websocket(node: Node) -> bool:
    """Whether it is one of the Luminis samplers, which share one connection a thread."""
    return node.qualified.startswith(PLUGIN) and node.kind in {OPEN, CLOSE, *USERS}


def is_sampler(node: Node) -> bool:
    """Whether JMeter runs timers and assertions around it (a Flow Control Action is a sampler too)."""
    return node.role == "sampler"


def is_timer(node: Node) -> bool:
    """Whether it delays the samplers in its scope."""
    return node.kind.endswith("Timer")


def is_thread_group(node: Node) -> bool:
    """Whether callers start there."""
    return node.role == "group"


def opens(node: Node) -> bool | None:
    """Whether the sampler makes a connection of its own; None where a variable decides."""
    if not is_websocket(node):
        return False
    if node.kind == OPEN:
        return True
    if node.kind not in {REQUEST, READ, WRITE}:
        return False
    setting = node.prop("createNewConnection")
    if setting is not None and setting.tag == "stringProp" and varies(setting.text or ""):
        return None
    return node.flag("createNewConnection", default=node.kind == REQUEST)


def reads(node: Node) -> bool:
    """Whether it waits for a frame."""
    if node.kind == PING:
        return node.text("type", "PingPong") != "Pong"
    return is_websocket(node) and node.kind in {REQUEST, READ}


def read_timeout(node: Node) -> int | None:
    """Return the read timeout in ms, or None where it has none or a variable says it."""
    if node.qualified == ZALESKI:
        return integer(node.text("responseTimeout"))
    if not is_websocket(node) or node.kind == WRITE:
        return None
    return integer(node.text("readTimeout", "6000"))


def uses_tls(node: Node) -> bool:
    """Whether the sampler opens with TLS."""
    if node.qualified == ZALESKI:
        return node.text("protocol").lower() == "wss"
    return opens(node) is not False and node.flag("TLS")


def port(node: Node) -> str:
    """Return the port as the plan gives it; the plugin takes 80 where there is none, with TLS too."""
    return node.text("serverPort") if node.qualified == ZALESKI else node.text("port", "80")


def varies(text: str) -> bool:
    """Whether the text has a variable or function of JMeter's in it."""
    return "${" in text


def references(text: str) -> list[str]:
    """Return the variables and functions in the text, as written: `${caller}`, `${__P(x)}`."""
    return _REFERENCE.findall(text)


def integer(text: str) -> int | None:
    """Return the text as a number, or None."""
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else None


def pause(node: Node) -> str | None:
    """Return the milliseconds, as written, for which a Flow Control Action pauses; None where it doesn't."""
    if node.kind != "TestAction" or node.text("ActionProcessor.action") != "1":
        return None
    return node.text("ActionProcessor.duration", "0")


def longest_delay(timer: Node, number: Callable[[str], int | None]) -> float | None:
    """Return the most, in ms, that a timer of JMeter's own delays in practice; None where that is unknown.

    `number` tells what number a text is.
    """
    constant = number(timer.text("ConstantTimer.delay", "0").removesuffix(".0"))
    if constant is None:
        return None
    if timer.kind == "ConstantTimer":
        return constant
    width = number(timer.text("RandomTimer.range", "0").partition(".")[0])
    if width is None:
        return None
    # JMeter's Gaussian timer takes the range for a deviation: two of them cover 95 of 100 waits.
    spread = {"UniformRandomTimer": width, "GaussianRandomTimer": 2 * width}.get(timer.kind)
    return None if spread is None else constant + spread


def script(node: Node) -> str | None:
    """Return the script in a scripted element, "" where it is in a file, None where it has none."""
    if node.kind.startswith(("JSR223", "BSF")):
        return "" if node.text("filename") else _text(node, "script")
    if node.kind.startswith("BeanShell"):
        names = ("BeanShellSampler.query", "script")
        return "" if node.text("filename") else "".join(_text(node, name) for name in names)
    return None


def objects(scripted: Node) -> frozenset[str]:
    """Return the variables into which a script puts objects, which JMeter asks for their text when named."""
    return frozenset(_PUTS.findall(script(scripted) or ""))


def _text(node: Node, name: str) -> str:
    found = node.prop(name)
    return "" if found is None else found.text or ""


def tends_connection(node: Node) -> bool:
    """Whether a script may open or drop the thread's connection: it names the plugin, or is in a file."""
    text = script(node)
    if text is None:
        return False
    return bool(node.text("filename")) or bool(_PLUGIN_NAMES.search(text) and _TENDS.search(text))
