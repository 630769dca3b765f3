"""The names of a call's samples: what the step says, made from the step, each once in a plan."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPEN: Final = "open"
CLOSE: Final = "close"

_LONGEST: Final = 40
# What names a JSON message in the protocols at hand, best first.
_NAMING_KEYS: Final = ("type", "message", "event", "action", "op", "method")


def labels(steps: Sequence[Any]) -> dict[int, str]:
    """Return the label of every step under `steps`, nested ones included, by the step's `id()`.

    A step's own label is kept. Of the others, those that would be alike are numbered in their order.
    """
    found = list(every(steps))
    taken = {step.label for step in found if step.label} | {OPEN, CLOSE}
    named: dict[int, str] = {}
    for step in found:
        name = step.label or (CLOSE if step.kind == "disconnect" else _free(_name(step), taken))
        taken.add(name)
        named[id(step)] = name
    return named


def every(steps: Sequence[Any]) -> Iterator[Any]:
    """Yield each step and those within it, in the order of the scenario."""
    for step in steps:
        yield step
        if step.kind == "repeat":
            yield from every(step.repeat.steps)
        elif step.kind == "if":
            yield from every(step.condition.then)
            yield from every(step.condition.otherwise)


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name} ({n})" for n in itertools.count(2))
    return next(candidate for candidate in itertools.chain((name,), numbered) if candidate not in taken)


def _name(step: Any) -> str:
    what: str = step.kind
    return f"{what} {_short(_said(step))}".rstrip()


def _said(step: Any) -> str:
    """Return what tells the step from others of its kind."""
    match step.kind:
        case "send":
            return _payload(step.send)
        case "request":
            return _payload(step.request.send)
        case "expect":
            return step.expect.contains or step.expect.equals or ""
        case "set":
            return str(step.set.variable)
        case "http":
            return str(step.http.method)
    return ""


def _payload(payload: Any) -> str:
    if payload.file is not None:
        return str(payload.file)
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
