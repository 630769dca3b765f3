"""The plans of the recordings of the causes: written by hand in many styles, or generated."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from xml.sax.saxutils import escape

from benchmarks.record import Steps, http, pause, transaction

RANDOM_PAUSE = "${__Random(400,1600)}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hand:
    """A hand-written plan: who comes, how often, and what one pass through it does."""

    style: str  # a name of STYLES
    callers: int = 50
    ramp: int = 8  # seconds
    seconds: int = 20  # no pass begins later; each is made to its end, so that every loss is noticed
    loops: int = -1  # passes of each caller; -1: on and on
    exchanges: int = 4  # of each pass
    wait: int | str = RANDOM_PAUSE  # between exchanges, ms or a function of JMeter
    between: int | str = 300  # between passes
    on_error: str = "continue"  # ThreadGroup.on_sample_error

    def later(self, exchange: str) -> str:
        """Return the exchanges after the first, each after a wait."""
        return (pause(self.wait) + exchange) * (self.exchanges - 1)


class Target(Steps):
    """The samplers of one plan, and a web server for its HTTP steps."""

    def __init__(self, *, port: int, web: int, path: str) -> None:
        super().__init__("", "", port)
        self.target["path"] = path
        self.web = web


def explicit(s: Target, hand: Hand) -> str:
    """Open, some requests, close."""
    return s.open() + s.request() + hand.later(s.request()) + s.close()


def implicit(s: Target, hand: Hand) -> str:
    """The first request opens; nothing else names a connection."""
    return s.request("first", new=True) + hand.later(s.request("later")) + s.close()


def one_label(s: Target, hand: Hand) -> str:
    """As implicit, with one label for all samplers, so that no label tells an opener."""
    return s.request("ask", new=True) + hand.later(s.request("ask")) + s.close("ask")


def talk(s: Target, hand: Hand) -> str:
    """Writes and reads inside a transaction, an HTTP step between them."""
    exchange = s.write() + s.read()
    inside = s.open() + exchange + http("order", s.web) + hand.later(exchange) + s.close()
    return transaction("call", inside, parent=False)


def leaver(s: Target, hand: Hand) -> str:
    """Open and requests, and never a close: the next open abandons the connection."""
    return s.open() + s.request() + hand.later(s.request())


def implicit_leaver(s: Target, hand: Hand) -> str:
    """A new connection for each pass, and never a close."""
    return s.request("ask", new=True) + hand.later(s.request("ask"))


# The plugin keeps its connection in a field. With SO_LINGER at zero close(2) sends RST (man 7 socket).
RESET = """\
import eu.luminis.jmeter.wssampler.WebsocketSampler
import eu.luminis.websocket.WebSocketClient
def field = { Class owner, String name -> owner.getDeclaredField(name).tap { it.accessible = true } }
def client = field(WebsocketSampler, 'threadLocalCachedConnection').get(null).get()
def socket = field(WebSocketClient, 'wsSocket').get(client)
socket.setSoLinger(true, 0)
socket.close()
SampleResult.setIgnore()
"""


def resetter(s: Target, hand: Hand) -> str:
    """Open and a request, then the client resets the connection, and leaves no row of that."""
    script = (
        '<JSR223Sampler guiclass="TestBeanGUI" testclass="JSR223Sampler" testname="reset">'
        '<stringProp name="scriptLanguage">groovy</stringProp><stringProp name="cacheKey">true</stringProp>'
        f'<stringProp name="script">{escape(RESET)}</stringProp></JSR223Sampler><hashTree/>'
    )
    return s.open() + s.request() + pause(hand.wait) + script


def listener(s: Target, hand: Hand) -> str:
    """A caller that listens most of the time, and so notices a loss at once."""
    listen = s.read("listen", optional=True, within=500)
    return s.open() + s.request() + (listen * 3 + s.request()) * (hand.exchanges - 1) + s.close()


STYLES: dict[str, Callable[[Target, Hand], str]] = {
    style.__name__: style
    for style in (explicit, implicit, one_label, talk, leaver, implicit_leaver, resetter, listener)
}


def plan(hand: Hand, target: Target) -> str:
    """Return the plan as XML: one thread group against the target."""
    # What comes first happens in any case: an error may start the next pass.
    inside = _stop_after(hand.seconds) + pause(hand.between) + STYLES[hand.style](target, hand)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>'
        '<TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="recorded"/><hashTree>'
        '<ThreadGroup guiclass="ThreadGroupGui" testclass="ThreadGroup" testname="callers">'
        f'<stringProp name="ThreadGroup.on_sample_error">{hand.on_error}</stringProp>'
        f'<stringProp name="ThreadGroup.num_threads">{hand.callers}</stringProp>'
        f'<stringProp name="ThreadGroup.ramp_time">{hand.ramp}</stringProp>'
        '<elementProp name="ThreadGroup.main_controller" elementType="LoopController" '
        'guiclass="LoopControlPanel" testclass="LoopController">'
        '<boolProp name="LoopController.continue_forever">false</boolProp>'
        f'<stringProp name="LoopController.loops">{hand.loops}</stringProp></elementProp></ThreadGroup>'
        f"<hashTree>{inside}</hashTree></hashTree></hashTree></jmeterTestPlan>"
    )


def _stop_after(seconds: int) -> str:
    """Return an action that stops the thread so many seconds after the test's start."""
    over = f"${{__jexl3(${{__time()}} > ${{TESTSTART.MS}} + {seconds * 1000},)}}"
    return (
        '<IfController guiclass="IfControllerPanel" testclass="IfController" testname="time is over">'
        f'<stringProp name="IfController.condition">{escape(over)}</stringProp>'
        '<boolProp name="IfController.useExpression">true</boolProp></IfController><hashTree>'
        '<TestAction guiclass="TestActionGui" testclass="TestAction" testname="stop">'
        '<intProp name="ActionProcessor.action">0</intProp>'
        '<intProp name="ActionProcessor.target">0</intProp></TestAction><hashTree/></hashTree>'
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Generated:
    """A plan of jmxgen's own: what its scenario says beside the target. `call` and `rest` are YAML."""

    callers: int
    ramp: str
    hold: str
    call: str
    reconnect: str = "{max_attempts: 5, base: 500ms, cap: 4s, first_wait: 1s}"
    load: str = ""  # more keys of `load`
    rest: str = ""  # more of the scenario

    def scenario(self, url: str) -> str:
        """Return the scenario for a server; its header joins the results with the truth."""
        more = f", {self.load}" if self.load else ""
        headers = '{X-Connection-Id: "${ws_id}"}'
        return (
            f"name: recorded\ntarget: {{url: {json.dumps(url)}, headers: {headers}}}\n"
            f"load: {{callers: {self.callers}, ramp_up: {self.ramp}, hold: {self.hold}{more}}}\n"
            f"reconnect: {self.reconnect}\n{self.rest}call:\n{self.call}"
        )


OPENED = """  - request: {send: '{"type":"open"}', contains: opened, within: 5s}\n"""
DIGIT = """  - request: {send: '{"type":"dtmf","digit":"1"}', contains: ok, within: 5s}\n"""


def digits(pause: str, number: int = 3) -> str:
    """Return a call: its opening, then digits, each after a pause."""
    return OPENED + (f"  - pause: {pause}\n" + DIGIT) * number + "  - disconnect: {code: 1000}\n"
