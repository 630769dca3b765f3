"""The steps of a call as samplers. One function a kind of step; a new kind is one more in `_BUILDERS`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from jmxgen.plan import answers
from jmxgen.plan.matching import DATA_TYPES, skip_others
from jmxgen.plan.model import (
    Assertion,
    Data,
    Element,
    Headers,
    HttpRequest,
    IfController,
    LoopController,
    Read,
    RequestResponse,
    Script,
    Write,
)
from jmxgen.plan.texts import verbatim
from jmxgen.plan.waits import Waiting, plain_pause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jmxgen.plan.answers import Answers
    from jmxgen.scenario.frames import Awaited, Payload

Steps = tuple[Any, ...]
Built = tuple[tuple[Element, ...], Waiting]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """What all steps of a plan share."""

    labels: Mapping[int, str]  # by the step's id()
    answers: Answers
    read_timeout: str
    reply_to_pings: bool
    binary: bool  # whether binary frames are to be reckoned with
    file: Callable[[str], str]  # a scenario's file name -> the plan's expression for it
    connected: bool = True  # whether the steps run on an open connection
    comment: str = ""  # of every sampler: the step to continue at

    def label(self, step: Any) -> str:
        """Return the step's label."""
        return self.labels[id(step)]

    def filters(self, awaited: Awaited) -> tuple[Element, ...]:
        """Return what a reading sampler has under it to end at the awaited frame."""
        return skip_others(awaited, reply=self.reply_to_pings, binary=self.binary)


def build_steps(steps: Steps, setting: Setting, waiting: Waiting, after: tuple[Steps, ...] = ((),)) -> Built:
    """Return the elements of some steps in a row, and the state of waiting after them.

    Args:
        steps: the steps.
        setting: what they share.
        waiting: the state before them.
        after: what may follow them in the call, each way on.
    """
    elements: list[Element] = []
    for index, step in enumerate(steps):
        following = tuple((*steps[index + 1 :], *way) for way in after)
        made, waiting = _BUILDERS[step.kind](step, setting, waiting, following)
        elements += made
    return tuple(elements), waiting


def _send(step: Any, setting: Setting, waiting: Waiting, _after: tuple[Steps, ...]) -> Built:
    return (_write(setting.label(step), step.send, setting),), waiting.sent()


def _write(label: str, payload: Payload, setting: Setting) -> Write:
    return Write(name=label, comment=setting.comment, data=_data(payload, setting))


def _data(payload: Payload, setting: Setting) -> Data:
    if payload.file is not None:
        return Data(file=setting.file(payload.file), binary=payload.is_binary)
    if payload.is_binary:
        return Data(content=payload.hex_digits, binary=True)
    return Data(content=verbatim(payload.text or ""))


def _timeout(awaited: Any, setting: Setting) -> str:
    return setting.read_timeout if awaited.within is None else str(awaited.within.ms)


def _read(label: str, awaited: Awaited, step: Any, setting: Setting) -> Read:
    return Read(
        name=label,
        comment=setting.comment,
        data_type=DATA_TYPES[awaited.frame],
        read_timeout=_timeout(awaited, setting),
        children=(*setting.filters(awaited), *setting.answers.extractors(step)),
    )


def _expect(step: Any, setting: Setting, waiting: Waiting, _after: tuple[Steps, ...]) -> Built:
    return (_read(setting.label(step), step.expect, step, setting),), waiting


def _request(step: Any, setting: Setting, waiting: Waiting, _after: tuple[Steps, ...]) -> Built:
    exchange, label = step.request, setting.label(step)
    if exchange.frame != ("binary" if exchange.send.is_binary else "text"):
        # The plugin's sampler reads only frames of the kind that it sends.
        sent = _write(f"{label}: send", exchange.send, setting)
        return (sent, _read(label, exchange, step, setting)), waiting.sent()
    sampler = RequestResponse(
        name=label,
        comment=setting.comment,
        data=_data(exchange.send, setting),
        read_timeout=_timeout(exchange, setting),
        children=(*setting.filters(exchange), *setting.answers.extractors(step)),
    )
    return (sampler,), waiting.sent()


def _listen(step: Any, setting: Setting, waiting: Waiting, _after: tuple[Steps, ...]) -> Built:
    return waiting.listen(step.listen.ms, setting.label(step), setting.comment)


def _pause(step: Any, setting: Setting, waiting: Waiting, after: tuple[Steps, ...]) -> Built:
    if not setting.connected:
        return (plain_pause(step.pause, setting.label(step)),), waiting
    # Reading takes the frames that come meanwhile. Where a later step waits for one of them, they are left.
    reading = setting.reply_to_pings and not any(_awaits(way) for way in after)
    return waiting.pause(step.pause, setting.label(step), setting.comment, reading=reading)


def _awaits(steps: Steps) -> bool:
    """Return whether the first of these steps that deals with frames waits for one."""
    for index, step in enumerate(steps):
        if step.kind == "expect":
            return True
        if step.kind in ("send", "request", "listen", "ping", "disconnect"):
            return False
        following = steps[index + 1 :]
        if step.kind == "repeat":
            return _awaits((*step.repeat.steps, *following))
        if step.kind == "if":
            branches = (step.condition.then, step.condition.otherwise)
            return any(_awaits((*branch, *following)) for branch in branches)
    return False


def _ping(step: Any, setting: Setting, waiting: Waiting, _after: tuple[Steps, ...]) -> Built:
    timeout = _timeout(step.ping, setting)
    made = waiting.ping(setting.label(step), timeout, setting.comment)
    return (made,), waiting.sent()


def _set(step: Any, setting: Setting, waiting: Waiting, _after: tuple[Steps, ...]) -> Built:
    if step.set.value is None:  # taken where the answer comes
        return (), waiting
    parameters = f"{step.set.variable}={verbatim(step.set.value)}"
    return (Script(name=setting.label(step), script="set", parameters=parameters),), waiting


def _http(step: Any, setting: Setting, waiting: Waiting, _after: tuple[Steps, ...]) -> Built:
    call = step.http
    accepted = Assertion(
        name="the status is accepted", subject="code", texts=tuple(str(status) for status in call.status)
    )
    headers = (
        (
            Headers(
                name="headers", headers=tuple((key, verbatim(value)) for key, value in call.headers.items())
            ),
        )
        if call.headers
        else ()
    )
    sampler = HttpRequest(
        name=setting.label(step),
        comment=setting.comment,
        method=call.method,
        url=verbatim(call.url),
        body=None if call.body is None else verbatim(call.body),
        connect_timeout=str(call.connect_timeout.ms),
        response_timeout=str(call.within.ms),
        children=(*headers, *setting.answers.extractors(step), accepted),
    )
    return (sampler,), waiting


def _repeat(step: Any, setting: Setting, waiting: Waiting, after: tuple[Steps, ...]) -> Built:
    body = step.repeat.steps
    ways = (*after, *((*body, *way) for way in after)) if step.repeat.times > 1 else after
    _, once = build_steps(body, setting, waiting, ways)
    # A later round begins as quiet as the one before it ended.
    longest = dataclasses.replace(waiting, quiet_ms=max(waiting.quiet_ms, once.quiet_ms))
    made, left = build_steps(body, setting, longest, ways)
    loop = LoopController(name=setting.label(step), loops=str(step.repeat.times), children=made)
    return (loop,), left


def _if(step: Any, setting: Setting, waiting: Waiting, after: tuple[Steps, ...]) -> Built:
    choice, label = step.condition, setting.label(step)
    number = setting.answers.number(step)
    then, waiting_then = build_steps(choice.then, setting, waiting, after)
    made = [IfController(name=label, condition=answers.when(number), children=then)]
    quiet = waiting_then.quiet_ms
    if choice.otherwise:
        otherwise, waiting_else = build_steps(choice.otherwise, setting, waiting, after)
        made.append(
            IfController(name=f"{label}: else", condition=answers.when_not(number), children=otherwise)
        )
        quiet = max(quiet, waiting_else.quiet_ms)
    else:
        quiet = max(quiet, waiting.quiet_ms)
    return tuple(made), dataclasses.replace(waiting, quiet_ms=quiet)


_BUILDERS: Final[dict[str, Callable[[Any, Setting, Waiting, tuple[Steps, ...]], Built]]] = {
    "send": _send,
    "expect": _expect,
    "request": _request,
    "listen": _listen,
    "pause": _pause,
    "ping": _ping,
    "set": _set,
    "http": _http,
    "repeat": _repeat,
    "if": _if,
    # How the connection is closed is told to the closer: every path ends there, written or not.
    "disconnect": lambda _step, _setting, waiting, _after: ((), waiting),
}
