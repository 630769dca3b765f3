"""A JMeter test plan as frozen values: one class per element of JMeter or of the WebSocket samplers.

A class names the fragment in templates/jmx that writes it. Fields that JMeter reads as text, and that may
thus hold `${…}`, are `str`; fields that JMeter parses when it loads the plan are `bool` and `int`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_WEBSOCKET = "eu.luminis.jmeter.wssampler"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Element:
    """An element of the tree and what stands under it."""

    testclass: ClassVar[str]
    guiclass: ClassVar[str]
    fragment: ClassVar[str] = ""  # in templates/jmx; empty: the class' own name

    name: str
    comment: str = ""
    children: tuple[Element, ...] = ()

    def walk(self) -> Iterator[Element]:
        """Yield this element and all under it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclasses.dataclass(frozen=True, kw_only=True)
class TestPlan(Element):
    """The root."""

    __test__ = False  # for pytest: not a test
    testclass = "TestPlan"
    guiclass = "TestPlanGui"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(Element):
    """User Defined Variables, each with its description: known to all that stands in the plan."""

    testclass = "Arguments"
    guiclass = "ArgumentsPanel"

    variables: tuple[tuple[str, str, str], ...]  # name, value, description


@dataclasses.dataclass(frozen=True, kw_only=True)
class TestFragment(Element):
    """What runs only where a module controller names it."""

    __test__ = False
    testclass = "TestFragmentController"
    guiclass = "TestFragmentControllerGui"


# ------ Thread groups


@dataclasses.dataclass(frozen=True, kw_only=True)
class ThreadGroup(Element):
    """Callers that come over a ramp and loop until they leave; a failed sample starts the next loop."""

    testclass = "ThreadGroup"
    guiclass = "ThreadGroupGui"

    threads: str
    ramp_seconds: str
    delay_seconds: str = ""  # with a delay JMeter wants a duration too
    duration_seconds: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SetupThreadGroup(Element):
    """One thread that runs once before all others; a failed sample stops the test."""

    testclass = "SetupThreadGroup"
    guiclass = "SetupThreadGroupGui"


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenModelThreadGroup(Element):
    """A thread for each arrival of a schedule."""

    testclass = "OpenModelThreadGroup"
    guiclass = "OpenModelThreadGroupGui"

    schedule: str


# ------ Controllers and flow


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoopController(Element):
    """Runs its children `loops` times; -1 without end."""

    testclass = "LoopController"
    guiclass = "LoopControlPanel"

    loops: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class IfController(Element):
    """Runs its children where `condition` evaluates to true."""

    testclass = "IfController"
    guiclass = "IfControllerPanel"

    condition: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class WhileController(Element):
    """Runs its children until `condition` evaluates to false."""

    testclass = "WhileController"
    guiclass = "WhileControllerGui"

    condition: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class SimpleController(Element):
    """Holds its children together under a name."""

    testclass = "GenericController"
    guiclass = "LogicControllerGui"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModuleController(Element):
    """Runs a test fragment, found by the names from the plan down to it."""

    testclass = "ModuleController"
    guiclass = "ModuleControllerGui"

    path: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OnceOnly(Element):
    """Runs its children in the first round of a thread's loop alone."""

    testclass = "OnceOnlyController"
    guiclass = "OnceOnlyControllerGui"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pause(Element):
    """JMeter's Flow Control Action: sleeps `milliseconds`, without a row."""

    testclass = "TestAction"
    guiclass = "TestActionGui"
    fragment = "FlowControl"

    action: ClassVar[int] = 1
    milliseconds: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Restart(Element):
    """JMeter's Flow Control Action: the thread starts its loop anew."""

    testclass = "TestAction"
    guiclass = "TestActionGui"
    fragment = "FlowControl"

    action: ClassVar[int] = 3
    milliseconds: ClassVar[str] = "0"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Leave(Element):
    """JMeter's Flow Control Action: the thread stops."""

    testclass = "TestAction"
    guiclass = "TestActionGui"
    fragment = "FlowControl"

    action: ClassVar[int] = 0
    milliseconds: ClassVar[str] = "0"


@dataclasses.dataclass(frozen=True, kw_only=True)
class StopOnError(Element):
    """JMeter's Result Status Action Handler: a failure of the sampler above it stops the test at once."""

    testclass = "ResultAction"
    guiclass = "ResultActionGui"


# ------ Scripts: templates/groovy/<file>.groovy, or a line of their own


@dataclasses.dataclass(frozen=True, kw_only=True)
class Script(Element):
    """A cached JSR223 sampler; those of jmxgen leave no row."""

    testclass = "JSR223Sampler"
    guiclass = "TestBeanGUI"
    fragment = "Script"

    file: str = ""
    line: str = ""
    parameters: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScriptTimer(Script):
    """A script that waits before the samplers in its scope."""

    testclass = "JSR223Timer"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScriptListener(Script):
    """A script that looks at the results of the samplers in its scope."""

    testclass = "JSR223Listener"


# ------ WebSocket samplers


@dataclasses.dataclass(frozen=True, kw_only=True)
class Open(Element):
    """The opener."""

    testclass = f"{_WEBSOCKET}.OpenWebSocketSampler"
    guiclass = f"{_WEBSOCKET}.OpenWebSocketSamplerGui"

    tls: bool
    server: str
    port: str
    path: str
    connect_timeout: str
    read_timeout: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Close(Element):
    """Sends a close frame and waits for the peer's."""

    testclass = f"{_WEBSOCKET}.CloseWebSocketSampler"
    guiclass = f"{_WEBSOCKET}.CloseWebSocketSamplerGui"

    code: str
    read_timeout: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ping(Element):
    """Sends a ping and waits for its pong."""

    testclass = f"{_WEBSOCKET}.PingPongSampler"
    guiclass = f"{_WEBSOCKET}.PingPongSamplerGui"

    read_timeout: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data:
    """A payload: text, hex digits, or a file."""

    content: str = ""
    binary: bool = False
    file: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Write(Element):
    """Sends a frame on the open connection."""

    testclass = f"{_WEBSOCKET}.SingleWriteWebSocketSampler"
    guiclass = f"{_WEBSOCKET}.SingleWriteWebSocketSamplerGui"

    data: Data


@dataclasses.dataclass(frozen=True, kw_only=True)
class RequestResponse(Element):
    """Sends a frame on the open connection and reads one."""

    testclass = f"{_WEBSOCKET}.RequestResponseWebSocketSampler"
    guiclass = f"{_WEBSOCKET}.RequestResponseWebSocketSamplerGui"

    data: Data
    read_timeout: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Read(Element):
    """Reads a frame; `optional`: it is not a failure if none comes in time."""

    testclass = f"{_WEBSOCKET}.SingleReadWebSocketSampler"
    guiclass = f"{_WEBSOCKET}.SingleReadWebSocketSamplerGui"

    data_type: Literal["Text", "Binary", "Any"]
    read_timeout: str
    optional: bool = False


# ------ Filters: they discard what matches


@dataclasses.dataclass(frozen=True, kw_only=True)
class PingFilter(Element):
    """Discards pings and pongs, answers pings where `reply`."""

    testclass = f"{_WEBSOCKET}.PingFrameFilter"
    guiclass = f"{_WEBSOCKET}.PingFrameFilterGui"

    reply: bool
    pings_only: bool = False


Comparison = Literal["IsPlain", "NotContains", "NotContainsRegex"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextFilter(Element):
    """Discards text frames: all (IsPlain), or those without a match."""

    testclass = f"{_WEBSOCKET}.TextFrameFilter"
    guiclass = f"{_WEBSOCKET}.TextFrameFilterGui"

    comparison: Comparison = "IsPlain"
    value: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BinaryFilter(Element):
    """Discards binary frames: all (IsPlain), or those without the bytes, given in hex."""

    testclass = f"{_WEBSOCKET}.BinaryFrameFilter"
    guiclass = f"{_WEBSOCKET}.BinaryFrameFilterGui"

    comparison: Literal["IsPlain", "NotContains"] = "IsPlain"
    value: str = ""


# ------ HTTP


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpRequest(Element):
    """An HTTP request; the whole address stands in `url`."""

    testclass = "HTTPSamplerProxy"
    guiclass = "HttpTestSampleGui"

    method: str
    url: str
    body: str | None
    connect_timeout: str
    response_timeout: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Headers(Element):
    """Headers of the samplers in its scope: it stands under the one that sends them."""

    testclass = "HeaderManager"
    guiclass = "HeaderPanel"

    headers: tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cookies(Element):
    """Cookies: those given for one host, and those that servers set."""

    testclass = "CookieManager"
    guiclass = "CookiePanel"

    cookies: tuple[tuple[str, str], ...]
    host: str
    fresh: bool = False  # in each round only those given


# ------ Data, post-processors, assertions, listeners


@dataclasses.dataclass(frozen=True, kw_only=True)
class CsvData(Element):
    """Takes the next line of a CSV file whenever its controller begins."""

    testclass = "CSVDataSet"
    guiclass = "TestBeanGUI"

    file: str
    variables: str
    delimiter: str
    share: str
    skip_header: bool
    recycle: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegexExtractor(Element):
    """Sets a variable from the sample above it, or from another variable."""

    testclass = "RegexExtractor"
    guiclass = "RegexExtractorGui"

    variable: str
    regex: str
    template: str
    default: str
    source_variable: str = ""
    headers: bool = False  # look at the headers of an HTTP answer, of those that led to it too


@dataclasses.dataclass(frozen=True, kw_only=True)
class JsonExtractor(Element):
    """Sets a variable to the first match of a JSON path in the sample above it."""

    testclass = "JSONPostProcessor"
    guiclass = "JSONPostProcessorGui"

    variable: str
    path: str
    default: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Assertion(Element):
    """Fails the sample above it unless the subject equals one of the texts (with `negated`: if it does)."""

    testclass = "ResponseAssertion"
    guiclass = "AssertionGui"

    subject: Literal["code", "variable"]
    texts: tuple[str, ...]
    variable: str = ""
    negated: bool = False
    message: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JsonAssertion(Element):
    """Fails the sample above it unless the JSON path exists, or what stands there as text matches a regex."""

    testclass = "JSONPathAssertion"
    guiclass = "JSONPathAssertionGui"

    path: str
    value: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class BackendListener(Element):
    """Live metrics."""

    testclass = "BackendListener"
    guiclass = "BackendListenerGui"

    client: str
    arguments: tuple[tuple[str, str], ...]


# ------ The plan


@dataclasses.dataclass(frozen=True, kw_only=True)
class Knob:
    """A JMeter property that changes the plan without generating it anew."""

    name: str
    default: str
    meaning: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole plan: the tree for PLAN.jmx, and what can only stand in PLAN.properties."""

    tree: TestPlan
    knobs: tuple[Knob, ...]
    secrets: tuple[str, ...] = ()  # names of properties that must be given when it runs
    replies: bool = False  # whether results count the replies of each connection
    note: str = ""  # what the load means: callers, handshakes a second
