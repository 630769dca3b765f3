"""A caller's loop: the gate that sees how the last round ended, the opening, the call, the close."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from jmxgen.plan.answers import Answers
from jmxgen.plan.labels import CLOSE, OPEN, every, labels
from jmxgen.plan.matching import skip_all
from jmxgen.plan.model import (
    Close,
    Cookies,
    CsvData,
    Element,
    Headers,
    IfController,
    OnceOnly,
    Open,
    Pause,
    Restart,
    Script,
)
from jmxgen.plan.steps import Setting, build_steps
from jmxgen.plan.texts import verbatim
from jmxgen.plan.waits import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from jmxgen.plan.knobs import Knobs
    from jmxgen.scenario.model import Csv, Scenario

# The scripts that callers run: `gate` once each. The setup group compiles them before the callers come.
SCRIPTS: Final = ("gate", "pace", "set")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stay:
    """How long a group's callers stay, in seconds since the start: until ramp + hold, then going over `over`.

    With an empty `hold` each makes its calls and stops.
    """

    ramp: str = "0"
    hold: str = ""
    over: str = "0"
    calls: str = "1"
    per_connection: str = "1"


def build_caller(
    scenario: Scenario, knobs: Knobs, stay: Stay, file: Callable[[str], str]
) -> tuple[Element, ...]:
    """Return what one caller does, over and over until the gate stops it.

    Raises:
        ScenarioError: a step wants what no plan can do.
    """
    binary = any(_binary(step) for step in every(scenario.call))
    setting = Setting(
        labels=labels(scenario.call),
        answers=Answers(scenario.call),
        read_timeout=knobs["read_timeout"],
        reply_to_pings=scenario.keep_alive.reply_to_pings,
        binary=binary,
        file=file,
    )
    waiting = Waiting(keep_alive=scenario.keep_alive, read_timeout=knobs["read_timeout"], binary=binary)
    closer = _closer(scenario, setting)
    polite = dataclasses.replace(closer, name=CLOSE, code="1000")
    again = Restart(name="then begin the loop anew")
    return (
        OnceOnly(
            name="once a caller",
            children=(
                Script(name="gate", script="gate", parameters=_gate_parameters(scenario, knobs, stay)),
            ),
        ),
        IfController(
            name="pass the gate: is there a wait?",
            condition=_gate("pass"),
            children=(Pause(name="wait", milliseconds="${ws_wait_ms}"),),
        ),
        _when("ws_close", "the call failed on a connection that lives: say goodbye", (polite, again)),
        *_data(scenario, file),
        _when("ws_open", "there is no connection", _opening(scenario, knobs, setting, waiting)),
        *_conversation(scenario, setting, waiting),
        _when("ws_last", "the connection's last call is over", (closer,)),
    )


def _binary(step: Any) -> bool:
    """Return whether a step sends or awaits binary frames: then others may come at any time too."""
    match step.kind:
        case "send":
            return bool(step.send.is_binary)
        case "request":
            return bool(step.request.send.is_binary) or step.request.frame != "text"
        case "expect":
            return bool(step.expect.frame != "text")
    return False


def _when(variable: str, name: str, children: tuple[Element, ...]) -> IfController:
    return IfController(name=name, condition=f"${{{variable}}}", children=children)


def _gate(method: str) -> str:
    """Return a condition that calls the gate: see gate.groovy."""
    return f'${{__groovy(vars.getObject("ws_gate").{method}(),)}}'


def _gate_parameters(scenario: Scenario, knobs: Knobs, stay: Stay) -> str:
    reconnect = scenario.reconnect
    parameters = {
        "calls": stay.calls,
        "per_connection": stay.per_connection,
        "ramp": stay.ramp,
        "hold": stay.hold,
        "over": stay.over,
        "max_attempts": knobs["max_attempts"],
        "base": knobs["backoff_base"],
        "cap": knobs["backoff_cap"],
        "jitter": knobs["jitter"],
        "first": knobs["first_wait"],
        "give_up": ",".join(str(status) for status in reconnect.give_up_on),
        "after_loss": reconnect.after_loss,
        "steps": str(len(scenario.conversation) if reconnect.after_loss == "continue" else 0),
    }
    return " ".join(f"{key}={value}" for key, value in parameters.items())


def _data(scenario: Scenario, file: Callable[[str], str]) -> tuple[Element, ...]:
    if not scenario.data:
        return ()
    # Under a controller that begins with each call: at the top a CSV line would go with each attempt.
    lines = tuple(_csv(csv, file) for csv in scenario.data)
    return (
        _when("ws_begin", "a new call takes its data", (*lines, Pause(name="nothing", milliseconds="0"))),
    )


def _csv(csv: Csv, file: Callable[[str], str]) -> CsvData:
    return CsvData(
        name=csv.csv,
        file=file(csv.csv),
        variables=",".join(csv.variables),
        delimiter=csv.delimiter,
        share=csv.share,
        skip_header=csv.skip_header,
        recycle=csv.recycle,
    )


def _opening(scenario: Scenario, knobs: Knobs, setting: Setting, waiting: Waiting) -> tuple[Element, ...]:
    before = dataclasses.replace(setting, connected=False)
    preparation, _ = build_steps(scenario.preparation, before, waiting)
    return (
        *((_when("ws_prepare", "before the connection opens", preparation),) if preparation else ()),
        *(_pace(knobs) if scenario.load.handshake_rate else ()),
        _opener(scenario, knobs),
        IfController(name="tell the gate that it is open", condition=_gate("opened")),
    )


def _pace(knobs: Knobs) -> tuple[Element, ...]:
    parameters = f"rate={knobs['handshake_rate']} engines={knobs['engines']}"
    return (Script(name="a turn in the handshake rate", script="pace", parameters=parameters),)


def _opener(scenario: Scenario, knobs: Knobs) -> Open:
    target = scenario.target
    headers = tuple((name, verbatim(value)) for name, value in target.headers.items())
    if target.subprotocols:
        headers = (*headers, ("Sec-WebSocket-Protocol", ", ".join(target.subprotocols)))
    under: list[Element] = []
    if headers:
        # Here alone: in the scope of several WebSocket samplers the plugin merges it anew at each sample.
        under.append(Headers(name="headers of the upgrade request", headers=headers))
    if target.cookies:
        under.append(
            Cookies(
                name="cookies",
                cookies=tuple((name, verbatim(value)) for name, value in target.cookies.items()),
                host=knobs["host"],
            )
        )
    return Open(
        name=OPEN,
        tls=target.address.tls,
        server=knobs["host"],
        port=knobs["port"],
        path=verbatim(target.address.path),
        connect_timeout=knobs["connect_timeout"],
        read_timeout=knobs["read_timeout"],
        children=tuple(under),
    )


def _conversation(scenario: Scenario, setting: Setting, waiting: Waiting) -> tuple[Element, ...]:
    steps = scenario.conversation
    if scenario.reconnect.after_loss != "continue":
        return build_steps(steps, setting, waiting)[0]
    # The gate sets ws_do_N: false for the steps that were done before the connection was lost.
    elements: list[Element] = []
    for number, step in enumerate(steps, 1):
        here = dataclasses.replace(setting, comment=f"step {number}")
        made, waiting = build_steps((step,), here, waiting, (steps[number:],))
        if made:
            elements.append(_when(f"ws_do_{number}", f"step {number}, unless it was done before", made))
    return tuple(elements)


def _closer(scenario: Scenario, setting: Setting) -> Close:
    last: Any = scenario.conversation[-1]
    written = last if last.kind == "disconnect" else None
    return Close(
        name=setting.label(written) if written else CLOSE,
        code=str(written.disconnect.code) if written else "1000",
        read_timeout=str(written.disconnect.within.ms) if written else setting.read_timeout,
        # After its close frame a client sends no other, no pong either (RFC 6455, 5.5.1).
        children=skip_all(reply=False, binary=setting.binary),
    )
