"""A caller's loop, function by function in the order of the tree: reading this is reading the plan.

The script (templates/groovy/caller.groovy) decides, the tree shows: each condition is a plain variable that
one of the script's five methods has set.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from jmxgen.columns import ID_COLUMN
from jmxgen.plan.answers import Answers
from jmxgen.plan.labels import CLOSE, CLOSE_AFTER_FAILURE, OPEN, RECONNECT, every, labelled
from jmxgen.plan.matching import skip_all
from jmxgen.plan.model import (
    Close,
    Cookies,
    CsvData,
    Element,
    Headers,
    IfController,
    Leave,
    ModuleController,
    OnceOnly,
    Open,
    Pause,
    Restart,
    Script,
    ScriptListener,
    ScriptTimer,
    SimpleController,
    StopOnError,
    TestFragment,
    WhileController,
)
from jmxgen.plan.replies import replies_json
from jmxgen.plan.steps import Setting, build_steps
from jmxgen.plan.texts import verbatim
from jmxgen.plan.think import waits_of
from jmxgen.plan.waits import Waiting
from jmxgen.scenario.steps import Disconnect, Expect, Http, Request, Send, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from jmxgen.plan.knobs import Knobs
    from jmxgen.plan.labels import Steps
    from jmxgen.scenario.model import Csv, Scenario
    from jmxgen.scenario.steps import Step
    from jmxgen.scenario.target import Target

_CONNECTION_ID: Final = "X-Connection-Id"
SCRIPT: Final = TestFragment(
    name="scripts: caller.groovy (what a caller remembers), messages.groovy (whole messages)",
    children=(Script(name="caller.groovy", file="caller"), Script(name="messages.groovy", file="messages")),
)
# A script that fails does not get to the end of its line, where its row is taken away: so this sees it.
STOP: Final = StopOnError(name="if this script fails, stop the test")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Caller:
    """What the functions below build from."""

    scenario: Scenario
    knobs: Knobs
    setting: Setting
    waiting: Waiting
    preparation: Steps  # the steps before the connection opens
    conversation: Steps  # those on it
    file: Callable[[str], str]

    @classmethod
    def of(cls, scenario: Scenario, knobs: Knobs, file: Callable[[str], str]) -> Caller:
        """Return what the callers of a scenario are built from."""
        steps = labelled(scenario.call)
        binary = any(_binary(step) for step in every(scenario.call))
        setting = Setting(
            answers=Answers(steps),
            read_timeout=knobs["read_timeout"],
            reply_to_pings=scenario.keep_alive.reply_to_pings,
            binary=binary,
            file=file,
            waits=waits_of(scenario),
            on=scenario.on,
        )
        waiting = Waiting(keep_alive=scenario.keep_alive, read_timeout=knobs["read_timeout"], binary=binary)
        before = len(scenario.preparation)
        return cls(
            scenario=scenario,
            knobs=knobs,
            setting=setting,
            waiting=waiting,
            preparation=steps[:before],
            conversation=steps[before:],
            file=file,
        )

    @property
    def continues(self) -> bool:
        """Whether a call goes on at the step at which its connection was lost."""
        return self.scenario.reconnect.after_loss == "continue"


def build_caller(caller: Caller, stay: str) -> tuple[Element, ...]:
    """Return what one caller does, over and over until it leaves; the first element only once.

    Args:
        caller: what it is built from.
        stay: how long, in the words of `lookBack` in the script.

    Raises:
        ScenarioError: a step wants what no plan can do.
    """
    received = "cookies: those that http steps receive go with the upgrade"
    return (
        _once(caller),
        *((_cookies(caller, received),) if logs_in(caller.scenario) else ()),
        _look_back(caller, stay),
        _goodbye(caller),
        _leave(),
        *_data(caller),
        *_preparation(caller),
        _connect(caller),
        _call(caller),
        _close(caller),
    )


def _once(caller: Caller) -> Element:
    return OnceOnly(
        name="once per caller",
        children=(load_script(caller.scenario.name, "this caller's memory: the variable ws_caller"),),
    )


def load_script(plan: str, name: str) -> Element:
    """Return what runs the script of a plan of this name."""
    return ModuleController(name=name, path=(plan, SCRIPT.name))


def _look_back(caller: Caller, stay: str) -> Element:
    if caller.continues:
        stay += f" steps={len(caller.conversation)}"
    return Script(
        name="look back: was the last call done, did it fail, or was its connection lost?",
        line="vars.getObject('ws_caller').lookBack(Parameters); SampleResult.setIgnore()",
        parameters=stay,
        children=(STOP,),
    )


def _goodbye(caller: Caller) -> Element:
    close = dataclasses.replace(_closer(caller), name=CLOSE_AFTER_FAILURE, code="1000")
    return _if(
        "ws_goodbye",
        "if the last call failed and its connection lives",
        (close, Restart(name="start the next loop")),
    )


def _leave() -> Element:
    return _if(
        "ws_leave",
        "if calls are done, the hold is over, or attempts are used up",
        (Leave(name="this caller leaves (stop thread)"),),
    )


def _data(caller: Caller) -> tuple[Element, ...]:
    if not caller.scenario.data:
        return ()
    # Under a controller that begins with each call: at the top a line would go with each round.
    lines = tuple(_csv(csv, caller.file) for csv in caller.scenario.data)
    nothing = Pause(name="nothing to wait for", milliseconds="0")
    return (_if("ws_new_call", "if a new call begins: the next line of the data", (*lines, nothing)),)


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


def _preparation(caller: Caller) -> tuple[Element, ...]:
    before = dataclasses.replace(caller.setting, connected=False)
    steps, _ = build_steps(caller.preparation, before, caller.waiting)
    if not steps:
        return ()
    # Callers that lost their connections together shall not come here together.
    wait = Pause(name="the reconnect delay comes first", milliseconds="0", children=(_delay(),))
    return (_if("ws_prepare", "before the connection opens", (wait, *steps)),)


def _connect(caller: Caller) -> Element:
    return WhileController(
        name="connect: until connected, or max_attempts used up",
        condition="${ws_connect}",
        children=(
            _joined(caller),
            ScriptListener(
                name="outcome: connected, or again after a delay, or given up",
                line="vars.getObject('ws_caller').tried()",
            ),
            _if("ws_open", "if this is the call's first attempt", (_opener(caller, OPEN),)),
            _if("ws_reconnect", "if this is a reconnect", (_opener(caller, RECONNECT, _delay()),)),
        ),
    )


def _joined(caller: Caller) -> Element:
    # A filter under each sampler would pass over binary messages as well, and cost every sample CPU time.
    rest = ": samplers read whole messages" if caller.setting.binary else ", binary messages passed over"
    return ScriptListener(
        name=f"fragments are joined{rest}",
        line=f"vars.getObject('ws_messages').opened(Parameters, {str(caller.setting.binary).lower()})",
        parameters=replies_json(caller.scenario.on),
    )


def _delay() -> Element:
    return ScriptTimer(
        name="reconnect delay: jitter ${jitter}, base ${backoff_base} ms, cap ${backoff_cap} ms",
        line="vars.getObject('ws_caller')?.delay(); 0",
    )


def _turn(caller: Caller) -> Element:
    limited = caller.scenario.load.handshake_rate
    rate = "at most ${handshake_rate} per second over all callers" if limited else "not limited"
    return ScriptTimer(name=f"handshake rate: {rate}", line="vars.getObject('ws_caller')?.turn(); 0")


def _headers(target: Target) -> tuple[tuple[str, str], ...]:
    """Return the headers of the upgrade request, among them the id by which a server's log is joined.

    A scenario that names that header itself decides on it; an empty value leaves it out.
    """
    given = {name: verbatim(value) for name, value in target.headers.items()}
    own = next((name for name in given if name.lower() == _CONNECTION_ID.lower()), None)
    if own is None:
        given[_CONNECTION_ID] = f"${{{ID_COLUMN}}}"
    elif not given[own]:
        del given[own]
    if target.subprotocols:
        given["Sec-WebSocket-Protocol"] = ", ".join(target.subprotocols)
    return tuple(given.items())


def _opener(caller: Caller, name: str, *under: Element) -> Open:
    target, knobs = caller.scenario.target, caller.knobs
    under = (*under, _turn(caller))
    headers = _headers(target)
    if headers:
        # Here alone: in the scope of several WebSocket samplers the plugin merges it anew at each sample.
        under = (*under, Headers(name="headers of the upgrade request", headers=headers))
    if target.cookies and not logs_in(caller.scenario):
        under = (*under, _cookies(caller, "cookies"))
    return Open(
        name=name,
        tls=target.address.tls,
        server=knobs["host"],
        port=knobs["port"],
        path=verbatim(target.address.path),
        connect_timeout=knobs["connect_timeout"],
        read_timeout=knobs["read_timeout"],
        children=under,
    )


def logs_in(scenario: Scenario) -> bool:
    """Return whether http steps may receive cookies, which then go with the upgrade."""
    return any(isinstance(step, Http) for step in every(scenario.call))


def _cookies(caller: Caller, name: str) -> Cookies:
    cookies = tuple((key, verbatim(value)) for key, value in caller.scenario.target.cookies.items())
    return Cookies(name=name, cookies=cookies, host=caller.knobs["host"], fresh=logs_in(caller.scenario))


def _call(caller: Caller) -> Element:
    done = Script(
        name="the call is done",
        line="vars.getObject('ws_caller').callDone(); SampleResult.setIgnore()",
        children=(STOP,),
    )
    return SimpleController(name=f"the call: {caller.scenario.name}", children=(*_conversation(caller), done))


def _conversation(caller: Caller) -> tuple[Element, ...]:
    if not caller.continues:
        return build_steps(caller.conversation, caller.setting, caller.waiting)[0]
    elements: list[Element] = []
    waiting = caller.waiting
    for number, step in enumerate(caller.conversation, 1):
        made, waiting = build_steps((step,), caller.setting, waiting, (caller.conversation[number:],))
        here = Script(
            name=f"here is step {number}", line=f"SampleResult.setIgnore(); vars.put('ws_step', '{number}')"
        )
        if made:
            name = f"step {number}, unless it was done before the loss"
            elements.append(_if(f"ws_do_{number}", name, (here, *made)))
    return tuple(elements)


def _close(caller: Caller) -> Element:
    return _if("ws_last", "if it was the connection's last call", (_closer(caller),))


def _closer(caller: Caller) -> Close:
    last = caller.conversation[-1]
    frame = last.step.disconnect if isinstance(last.step, Disconnect) else None
    return Close(
        name=last.label if frame else CLOSE,
        code=str(frame.code) if frame else "1000",
        read_timeout=str(frame.within.ms) if frame else caller.setting.read_timeout,
        # After its close frame a client sends no other, no pong either (RFC 6455, 5.5.1).
        children=skip_all(reply=False, binary=caller.setting.binary),
    )


def _if(variable: str, name: str, children: tuple[Element, ...]) -> IfController:
    return IfController(name=name, condition=f"${{{variable}}}", children=children)


def _binary(step: Step) -> bool:
    """Return whether a step sends or awaits binary frames: then others may come at any time too."""
    match step:
        case Send():
            return step.send.is_binary
        case Request():
            return step.request.send.is_binary or step.request.frame != "text"
        case Expect():
            return step.expect.frame != "text"
        case Stream():
            return step.stream.text is None
        case _:
            return False
