"""The steps of a call as samplers: one function per kind of step; `build_steps` names them all."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, assert_never

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
from jmxgen.plan.replies import answering, attentive_pause, stream_json
from jmxgen.plan.texts import verbatim
from jmxgen.plan.waits import Waiting, drawn, plain_pause
from jmxgen.scenario.steps import (
    Disconnect,
    Expect,
    Http,
    If,
    Listen,
    Pause,
    Ping,
    Repeat,
    Request,
    Send,
    Set,
    Stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jmxgen.plan.answers import Answers
    from jmxgen.plan.labels import Labelled, Steps
    from jmxgen.plan.think import Wait
    from jmxgen.scenario.frames import Awaited, Exchange, Payload, Reply
    from jmxgen.scenario.steps import Step

Built = tuple[tuple[Element, ...], Waiting]
Ways = tuple["Steps", ...]  # what may follow in the call, each way on


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """What all steps of a plan share."""

    answers: Answers
    read_timeout: str
    reply_to_pings: bool
    binary: bool  # whether binary frames are to be expected
    file: Callable[[str], str]  # a scenario's file name -> the plan's expression for it
    waits: Mapping[int, Wait]  # those that are settings, by the step's number
    on: tuple[Reply, ...] = ()  # replies while any step waits
    connected: bool = True  # whether the steps run on an open connection

    def filters(self, awaited: Awaited) -> tuple[Element, ...]:
        """Return what a reading sampler has under it to end at the awaited frame."""
        return skip_others(awaited, reply=self.reply_to_pings, binary=self.binary)


def build_steps(steps: Steps, setting: Setting, waiting: Waiting, after: Ways = ((),)) -> Built:
    """Return the elements of some steps, one after the other, and the state of waiting after them.

    Args:
        steps: the steps.
        setting: what they share.
        waiting: the state before them.
        after: what may follow them in the call, each way on.
    """
    elements: list[Element] = []
    for index, step in enumerate(steps):
        following = tuple((*steps[index + 1 :], *way) for way in after)
        made, waiting = _build(step, setting, waiting, following)
        elements += made
    return tuple(elements), waiting


def _build(  # noqa: C901, PLR0911, PLR0912 - a case per kind of step
    here: Labelled, setting: Setting, waiting: Waiting, after: Ways
) -> Built:
    step: Step = here.step
    match step:
        case Send():
            return (_write(here.label, step.send, setting),), waiting.sent()
        case Expect():
            return (_read(here.label, step.expect, here, setting),), waiting
        case Request():
            return _request(here, step.request, setting, waiting)
        case Stream():
            return _stream(here, step.stream, setting, waiting, after)
        case Listen():
            reads, after_it = waiting.listen(step.listen.ms, here.label, setting.waits.get(here.number))
            return answering(here.label, reads, step.on, setting.on), after_it
        case Pause():
            return _pause(here, step, setting, waiting, after)
        case Ping():
            timeout = setting.read_timeout if step.ping.within is None else str(step.ping.within.ms)
            return (waiting.ping(here.label, timeout),), waiting.sent()
        case Set():
            return _set(here, step.set), waiting
        case Http():
            return (_http(here, step.http, setting),), waiting
        case Repeat():
            return _repeat(here, step.repeat.times, setting, waiting, after)
        case If():
            return _if(here, setting, waiting, after)
        case Disconnect():  # how the connection is closed is the closer's: every path ends there
            return (), waiting
        case _:
            assert_never(step)


def _write(label: str, payload: Payload, setting: Setting) -> Write:
    return Write(name=label, data=_data(payload, setting))


def _data(payload: Payload, setting: Setting) -> Data:
    if payload.file is not None:
        return Data(file=setting.file(payload.file), binary=payload.is_binary)
    if payload.is_binary:
        return Data(content=payload.hex_digits, binary=True)
    return Data(content=verbatim(payload.text or ""))


def _timeout(awaited: Awaited, setting: Setting) -> str:
    return setting.read_timeout if awaited.within is None else str(awaited.within.ms)


def _read(label: str, awaited: Awaited, here: Labelled, setting: Setting) -> Read:
    return Read(
        name=label,
        data_type=DATA_TYPES[awaited.frame],
        read_timeout=_timeout(awaited, setting),
        children=(*setting.filters(awaited), *setting.answers.extractors(here)),
    )


def _request(here: Labelled, exchange: Exchange, setting: Setting, waiting: Waiting) -> Built:
    if exchange.frame != ("binary" if exchange.send.is_binary else "text"):
        # The plugin's sampler reads only frames of the kind that it sends.
        sent = _write(f"{here.label}: send", exchange.send, setting)
        return (sent, _read(here.label, exchange, here, setting)), waiting.sent()
    sampler = RequestResponse(
        name=here.label,
        data=_data(exchange.send, setting),
        read_timeout=_timeout(exchange, setting),
        children=(*setting.filters(exchange), *setting.answers.extractors(here)),
    )
    return (sampler,), waiting.sent()


def _stream(here: Labelled, source: Stream.Source, setting: Setting, waiting: Waiting, after: Ways) -> Built:
    wanted = any(_awaits(way) for way in after)
    parameters = stream_json(source, setting.file(source.file), keep=wanted, pong=setting.reply_to_pings)
    sampler = Script(
        name=here.label, file="stream", parameters=parameters, children=setting.answers.extractors(here)
    )
    return (sampler,), waiting.sent()


def _pause(here: Labelled, step: Pause, setting: Setting, waiting: Waiting, after: Ways) -> Built:
    wait = setting.waits.get(here.number)
    if not setting.connected:
        return (plain_pause(step.pause, here.label, wait),), waiting
    # Reading takes the frames that come meanwhile. Where a later step waits for one of them, they are left.
    wanted = any(_awaits(way) for way in after)
    if setting.on and (wanted or not setting.reply_to_pings):
        made = attentive_pause(drawn(step.pause, wait), here.label, keep=wanted, pong=setting.reply_to_pings)
        return (made,), dataclasses.replace(waiting, quiet_ms=waiting.quiet_ms + step.pause.high.ms)
    reading = setting.reply_to_pings and not wanted
    return waiting.pause(step.pause, here.label, wait, reading=reading)


def _awaits(steps: Steps) -> bool:
    """Return whether the first of these steps that deals with frames waits for one."""
    for index, here in enumerate(steps):
        following = steps[index + 1 :]
        match here.step:
            case Expect():
                return True
            case Stream():
                return here.step.stream.until is not None
            case Send() | Request() | Listen() | Ping() | Disconnect():
                return False
            case Repeat():
                return _awaits((*here.then, *following))
            case If():
                return any(_awaits((*branch, *following)) for branch in (here.then, here.otherwise))
    return False


def _set(here: Labelled, source: Set.Source) -> tuple[Element, ...]:
    if source.value is None:  # taken where the answer comes
        return ()
    line = f"SampleResult.setIgnore(); vars.put('{source.variable}', Parameters)"
    return (Script(name=here.label, line=line, parameters=verbatim(source.value)),)


def _http(here: Labelled, call: Http.Call, setting: Setting) -> HttpRequest:
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
    return HttpRequest(
        name=here.label,
        method=call.method,
        url=verbatim(call.url),
        body=None if call.body is None else verbatim(call.body),
        connect_timeout=str(call.connect_timeout.ms),
        response_timeout=str(call.within.ms),
        children=(*headers, *setting.answers.extractors(here), accepted),
    )


def _repeat(here: Labelled, times: int, setting: Setting, waiting: Waiting, after: Ways) -> Built:
    ways = (*after, *((*here.then, *way) for way in after)) if times > 1 else after
    _, once = build_steps(here.then, setting, waiting, ways)
    # A later round begins as quiet as the one before it ended.
    longest = dataclasses.replace(waiting, quiet_ms=max(waiting.quiet_ms, once.quiet_ms))
    made, left = build_steps(here.then, setting, longest, ways)
    return (LoopController(name=here.label, loops=str(times), children=made),), left


def _if(here: Labelled, setting: Setting, waiting: Waiting, after: Ways) -> Built:
    then, waiting_then = build_steps(here.then, setting, waiting, after)
    made = [IfController(name=here.label, condition=answers.when(here.number), children=then)]
    quiet = waiting_then.quiet_ms
    if here.otherwise:
        otherwise, waiting_else = build_steps(here.otherwise, setting, waiting, after)
        made.append(
            IfController(
                name=f"{here.label}: else", condition=answers.when_not(here.number), children=otherwise
            )
        )
        quiet = max(quiet, waiting_else.quiet_ms)
    else:
        quiet = max(quiet, waiting.quiet_ms)
    return tuple(made), dataclasses.replace(waiting, quiet_ms=quiet)
