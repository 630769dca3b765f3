"""What JMeter's elements and its WebSocket samplers do, as far as the rules need it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jmxgen.jmx.tree import Node

PLUGIN = "eu.luminis.jmeter.wssampler."
OPEN, CLOSE, PING = "OpenWebSocketSampler", "CloseWebSocketSampler", "PingPongSampler"
REQUEST, READ, WRITE = (
    "RequestResponseWebSocketSampler",
    "SingleReadWebSocketSampler",
    "SingleWriteWebSocketSampler",
)
USERS = frozenset({REQUEST, READ, WRITE, PING})  # they use a connection; the first three can open one
DATA_FILTERS = frozenset({"TextFrameFilter", "BinaryFrameFilter"})
FILTERS = DATA_FILTERS | {"PingFrameFilter"}
ZALESKI = "JMeter.plugins.functional.samplers.websocket.WebSocketSampler"
HTTP = frozenset({"HTTPSamplerProxy", "HTTPSampler", "HTTPSampler2"})

_REFERENCE = re.compile(r"\$\{[^}]*\}")
# A script that names the plugin's class and calls one of these looks after the thread's connection itself.
_PLUGIN_NAMES = re.compile(r"wssampler|threadLocalCachedConnection|WebSocketClient")
_TENDS = re.compile(r"\b(?:connect|close|sendClose|dispose|remove|set)\s*\(")

_PUTS = re.compile(r"""\bputObject\s*\(\s*["'](\w+)["']""")

_WEBSOCKET = re.compile(r"web.?socket|wssampler|signalr|stomp|socket\.?io", re.IGNORECASE)
# Client libraries with which scripts open connections of their own.
_CLIENT = re.compile(
    r"com\.microsoft\.signalr|\bja(?:vax|karta)\.websocket|java\.net\.http\.WebSocket|\bnewWebSocket"
    r"|okhttp3\.WebSocket|org\.java_websocket|io\.socket\.client|org\.eclipse\.jetty\.websocket"
)


def is_websocket(node: Node) -> bool:
    """Whether it is one of the Luminis samplers, which share one connection per thread."""
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


def connects(node: Node) -> bool:
    """Whether the sampler, of either plugin, opens connections, or may."""
    return node.qualified == ZALESKI or opens(node) is not False


def unknown_connection(node: Node) -> bool:
    """Whether it opens or uses connections in a way that no rule knows: another plugin, a script's client."""
    if node.role == "sampler" and _WEBSOCKET.search(node.qualified):
        return not is_websocket(node) and node.qualified != ZALESKI
    return _CLIENT.search(script(node) or "") is not None


def has_id(node: Node) -> bool:
    """Whether it names the connection that it uses, as the plugin's branch with several per thread does."""
    return is_websocket(node) and bool(node.text("connectionId"))


def reads(node: Node) -> bool:
    """Whether it waits for a frame."""
    if node.kind == PING:
        return node.text("type", "PingPong") != "Pong"
    return is_websocket(node) and node.kind in {REQUEST, READ}


def reads_frames(node: Node) -> bool:
    """Whether it reads data frames, and so meets pings (a Ping sampler waits for a pong)."""
    return reads(node) and node.kind != PING


def answers_pings(scope: Iterable[Node]) -> bool:
    """Whether a filter among the elements that apply to a sampler answers the pings that it reads."""
    filters = (node for node in scope if node.kind == "PingFrameFilter")
    return any(
        element.flag("replyToPing") and element.text("filterType", "FilterAll") != "FilterPongOnly"
        for element in filters
    )


def checked(scope: Iterable[Node]) -> bool:
    """Whether something among the elements that apply to a sampler looks at what it read."""
    return any(
        element.kind in DATA_FILTERS
        or element.kind.endswith(("Assertion", "Extractor"))
        or "PostProcessor" in element.kind
        for element in scope
    )


def more(count: int) -> str:
    """Return the count in words: `1 more sampler`, `2 more samplers`."""
    return f"{count} more sampler{'s' * (count != 1)}"


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
    """Return the port as written; the plugin takes 80 where there is none, with TLS too."""
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

    `number` returns the integer that a text stands for.
    """
    if timer.kind == "ConstantThroughputTimer":
        return _throughput_delay(timer)
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


def _throughput_delay(timer: Node) -> float | None:
    """Return the ms between two samplers of one thread; None where the rate is that of several threads."""
    if timer.text("calcMode", "0") != "0":
        return None
    named = {one.findtext("name"): one.findtext("value") or "" for one in timer.element.iter("doubleProp")}
    rate = named.get("throughput") or timer.text("throughput")
    return 60_000 / float(rate) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", rate) and float(rate) > 0 else None


def script_properties(node: Node) -> tuple[str, ...]:
    """Return the names of the properties that hold a script; none where it is not a scripted element."""
    if node.kind.startswith(("JSR223", "BSF")):
        return ("script",)
    return ("BeanShellSampler.query", "script") if node.kind.startswith("BeanShell") else ()


def in_file(node: Node) -> bool:
    """Whether it runs a script that stands in a file of its own."""
    files = ("filename", "BeanShellSampler.filename")
    return bool(script_properties(node)) and any(node.text(name) for name in files)


def script(node: Node) -> str | None:
    """Return the script in a scripted element, "" where it is in a file, None where it has none."""
    names = script_properties(node)
    if not names:
        return None
    return "" if in_file(node) else "".join(_text(node, name) for name in names)


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
    return in_file(node) or bool(_PLUGIN_NAMES.search(text) and _TENDS.search(text))
