"""The steps of a call as a plan has them: each with its number and the label of its samples.

A label is made from what the step says, and stands once in a plan.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from typing import TYPE_CHECKING, Final

from jmxgen.scenario.steps import (
    Disconnect,
    Expect,
    Http,
    If,
    Repeat,
    Request,
    Send,
    Set,
    Stream,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jmxgen.scenario.frames import Payload
    from jmxgen.scenario.steps import Step

OPEN: Final = "open"
RECONNECT: Final = "reconnect"
CLOSE: Final = "close"
CLOSE_AFTER_FAILURE: Final = "close after a failed call"

_LONGEST: Final = 40
# What names a JSON message in the protocols at hand, best first.
_NAMING_KEYS: Final = ("type", "message", "event", "action", "op", "method")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Labelled:
    """A step of the scenario with its number in the call, from 1, and its label.

    `then` are the steps within it; `otherwise` those of an `if` that does not hold.
    """

    step: Step
    number: int
    label: str
    then: tuple[Labelled, ...] = ()
    otherwise: tuple[Labelled, ...] = ()


Steps = tuple[Labelled, ...]


def labelled(steps: Sequence[Step]) -> Steps:
    """Return the steps with their labels, nested ones included.

    A step's own label is kept. Of the others, those that would be alike are numbered in their order.
    """
    taken = {step.label for step in every(steps) if step.label}
    return _labelled(steps, taken | {OPEN, RECONNECT, CLOSE, CLOSE_AFTER_FAILURE}, itertools.count(1))


def every(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield each step and those within it, in the order of the scenario."""
    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from every(step.repeat.steps)
        elif isinstance(step, If):
            yield from every(step.condition.then)
            yield from every(step.condition.otherwise)


def _labelled(steps: Sequence[Step], taken: set[str], numbers: Iterator[int]) -> Steps:
    found = []
    for step in steps:
        number = next(numbers)
        label = step.label or (CLOSE if isinstance(step, Disconnect) else _free(_name(step), taken))
        taken.add(label)
        then: Steps = ()
        otherwise: Steps = ()
        if isinstance(step, Repeat):
            then = _labelled(step.repeat.steps, taken, numbers)
        elif isinstance(step, If):
            then = _labelled(step.condition.then, taken, numbers)
            otherwise = _labelled(step.condition.otherwise, taken, numbers)
        found.append(Labelled(step=step, number=number, label=label, then=then, otherwise=otherwise))
    return tuple(found)


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name} ({n})" for n in itertools.count(2))
    return next(candidate for candidate in itertools.chain((name,), numbered) if candidate not in taken)


def _name(step: Step) -> str:
    return f"{step.kind} {_short(_content(step))}".rstrip()


def _content(step: Step) -> str:  # noqa: PLR0911 - a case per kind of step
    """Return what distinguishes the step from others of its kind."""
    match step:
        case Send():
            return _payload(step.send)
        case Request():
            return _payload(step.request.send)
        case Expect():
            return step.expect.contains or step.expect.equals or ""
        case Set():
            return step.set.variable
        case Stream():
            return step.stream.file
        case Http():
            return step.http.method
        case _:
            return ""


def _payload(payload: Payload) -> str:
    if payload.file is not None:
        return payload.file
    try:
        message = json.loads(payload.text or "")
    except (ValueError, RecursionError):
        return ""
    if not isinstance(message, dict):
        return ""
    return next((message[key] for key in _NAMING_KEYS if isinstance(message.get(key), str)), "")


def _short(text: str) -> str:
    """Return the text fit for a label: one line, without variables, not too long."""
    plain = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    if "${" in plain:
        return ""
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
