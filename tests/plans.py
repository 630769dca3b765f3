"""Small foreign plans for the tests of lint and harden, written as JMeter writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN = "eu.luminis.jmeter.wssampler."
Value = str | bool | int


class Xml(str):
    """A property that is written as it stands."""

    __slots__ = ()


def element(
    kind: str,
    properties: Mapping[str, Value] | None = None,
    *children: str,
    name: str = "",
    enabled: bool = True,
    gui: str = "",
) -> str:
    """Return an element and its hashTree; bool, int and str become boolProp, intProp and stringProp."""
    head = (
        f'<{kind} guiclass="{gui or kind + "Gui"}" testclass="{kind}" testname={quoteattr(name or kind)}'
        f' enabled="{str(enabled).lower()}">'
    )
    body = "".join(f"\n  {_property(key, value)}" for key, value in (properties or {}).items())
    below = "<hashTree>\n" + "\n".join(children) + "\n</hashTree>" if children else "<hashTree/>"
    return f"{head}{body}\n</{kind}>\n{below}"


def _property(name: str, value: Value) -> str:
    if isinstance(value, Xml):
        return value
    tag = {bool: "boolProp", int: "intProp"}.get(type(value), "stringProp")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{tag} name={quoteattr(name)}>{escape(text)}</{tag}>"


def plan(*groups: str, properties: Mapping[str, Value] | None = None) -> bytes:
    """Return a whole plan."""
    below = element("TestPlan", {"TestPlan.comments": "", **(properties or {})}, *groups, name="plan")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3">\n<hashTree>\n'
        f"{below}\n</hashTree>\n</jmeterTestPlan>\n"
    ).encode()


def group(
    *children: str,
    threads: Value = "1",
    ramp: Value = "1",
    loops: str = "1",
    on_error: str = "continue",
    name: str = "callers",
    **more: Value,
) -> str:
    """Return a thread group."""
    main = Xml(
        '<elementProp name="ThreadGroup.main_controller" elementType="LoopController">'
        '<boolProp name="LoopController.continue_forever">false</boolProp>'
        f'<stringProp name="LoopController.loops">{loops}</stringProp></elementProp>'
    )
    properties: dict[str, Value] = {
        "ThreadGroup.on_sample_error": on_error,
        "ThreadGroup.main_controller": main,
        "ThreadGroup.num_threads": threads,
        "ThreadGroup.ramp_time": ramp,
        **{f"ThreadGroup.{key}": value for key, value in more.items()},
    }
    return element("ThreadGroup", properties, *children, name=name)


def websocket(kind: str, *children: str, name: str = "", enabled: bool = True, **properties: Value) -> str:
    """Return one of the plugin's elements."""
    return element(PLUGIN + kind, properties, *children, name=name or kind, enabled=enabled)


def opened(*children: str, name: str = "open", **properties: Value) -> str:
    """Return an Open sampler."""
    settings: dict[str, Value] = {"server": "h", "path": "/", **properties}
    return element(f"{PLUGIN}OpenWebSocketSampler", settings, *children, name=name)


def request(*children: str, new: bool = False, name: str = "request", **properties: Value) -> str:
    """Return a request-response sampler, on the existing connection unless `new`."""
    settings: dict[str, Value] = {"createNewConnection": new, "requestData": "hello", **properties}
    return element(f"{PLUGIN}RequestResponseWebSocketSampler", settings, *children, name=name)


def read(*children: str, name: str = "read", **properties: Value) -> str:
    """Return a single-read sampler on the existing connection."""
    settings: dict[str, Value] = {"createNewConnection": False, **properties}
    return element(f"{PLUGIN}SingleReadWebSocketSampler", settings, *children, name=name)


def closed(name: str = "close", code: str = "1000") -> str:
    """Return a Close sampler."""
    return websocket("CloseWebSocketSampler", name=name, statusCode=code)


def old(*children: str, name: str = "old", **properties: Value) -> str:
    """Return a sampler of the older plugin, of maciejzaleski and fshutdown."""
    settings: dict[str, Value] = {"serverAddress": "h", "requestPayload": "hello", **properties}
    kind = "JMeter.plugins.functional.samplers.websocket.WebSocketSampler"
    return element(kind, settings, *children, name=name)


def pings(reply: bool = True) -> str:
    """Return a ping filter."""
    return websocket("PingFrameFilter", name="pings", replyToPing=reply)


def pause(ms: str) -> str:
    """Return a Flow Control Action that pauses."""
    return action(1, ms)


def action(what: int, ms: str = "0") -> str:
    """Return a Flow Control Action: 0 stops the thread, 3 starts its next loop, 5 breaks the current one."""
    return element("TestAction", {"ActionProcessor.action": what, "ActionProcessor.duration": ms})


def timer(ms: str) -> str:
    """Return a Constant Timer."""
    return element("ConstantTimer", {"ConstantTimer.delay": ms}, name="think")


def repeated(condition: str, *children: str) -> str:
    """Return a While Controller."""
    return element("WhileController", {"WhileController.condition": condition}, *children, name="again")


def when(condition: str, *children: str, expression: bool = True) -> str:
    """Return an If Controller."""
    properties: dict[str, Value] = {"IfController.condition": condition}
    properties |= {"IfController.useExpression": True} if expression else {}
    return element("IfController", properties, *children, name="if")


def loop(count: str, *children: str) -> str:
    """Return a Loop Controller."""
    return element("LoopController", {"LoopController.loops": count}, *children, name="loop")


def script(kind: str, text: str, **properties: Value) -> str:
    """Return a JSR223 element."""
    settings = {"scriptLanguage": "groovy", "cacheKey": "true", "script": text, **properties}
    return element(kind, settings, name="script", gui="TestBeanGUI")


def headers(**values: str) -> str:
    """Return a Header Manager; an underscore in a name stands for a dash."""
    entries = "".join(
        '<elementProp name="" elementType="Header">'
        f'<stringProp name="Header.name">{name.replace("_", "-")}</stringProp>'
        f'<stringProp name="Header.value">{escape(value)}</stringProp></elementProp>'
        for name, value in values.items()
    )
    collection = Xml(f'<collectionProp name="HeaderManager.headers">{entries}</collectionProp>')
    return element("HeaderManager", {"HeaderManager.headers": collection}, name="headers")


def variables(**values: str) -> str:
    """Return user-defined variables."""
    entries = "".join(
        f'<elementProp name="{name}" elementType="Argument">'
        f'<stringProp name="Argument.name">{name}</stringProp>'
        f'<stringProp name="Argument.value">{escape(value)}</stringProp></elementProp>'
        for name, value in values.items()
    )
    collection = Xml(f'<collectionProp name="Arguments.arguments">{entries}</collectionProp>')
    return element("Arguments", {"Arguments.arguments": collection}, name="variables")


def http(*children: str, name: str = "http", **properties: Value) -> str:
    """Return an HTTP request; `path` becomes HTTPSampler.path."""
    named = {f"HTTPSampler.{key}": value for key, value in properties.items()}
    return element("HTTPSamplerProxy", named, *children, name=name)
