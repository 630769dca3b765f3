"""How a plan tries again when a handshake is refused: the loop around the opener, and what waits in it."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from jmxgen.lint import elements, flow, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.jmx.tree import Node
    from jmxgen.lint.model import Subject

_COUNTS = re.compile(r"[<>]|\b(?:lt|gt|le|ge)\b|__counter", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_]\w+")
# Words of a condition that name no variable.
_SYNTAX = frozenset({"vars", "props", "get", "getObject", "put", "remove", "toInteger", "equals", "null"})
_SYNTAX |= {"true", "false", "not", "and", "or", "eq", "ne", "__P", "__groovy", "__jexl2", "__jexl3"}
_STOPS = frozenset({"0", "2", "3", "5"})  # actions that leave a loop


@dataclasses.dataclass(frozen=True, slots=True)
class Retry:
    """A loop that comes back to an opener after a refusal: a While Controller, or the thread group's own."""

    opener: Node
    loop: Node
    body: tuple[Node, ...]  # the elements that run between two attempts

    @property
    def restarts(self) -> bool:
        """Whether it is the thread group that starts its next loop after an error."""
        return elements.is_thread_group(self.loop)


def retries(subject: Subject) -> Iterator[Retry]:
    """Yield the loop of every opener that has one."""
    for one in subject.flows:
        for opener in one.openers:
            found = find(one, opener)
            if found is not None:
                yield found


def find(one: flow.Flow, opener: Node) -> Retry | None:
    """Return the loop that tries the opener again, or None."""
    for node in opener.ancestors():
        if node.kind != "WhileController" or node.text("WhileController.condition") in {"", "LAST"}:
            continue  # those two go on after a success, not after a failure
        body = tuple(child for child in node.walk() if child.live)
        own = set(opener.walk())
        others = (child for child in body if child not in own and elements.is_websocket(child))
        if not any(child.kind in elements.USERS for child in others):
            return Retry(opener, node, body)
    if one.on_error == "startnextloop" and one.loops:
        # A failed open jumps to the top: what runs before the next attempt is what stands before the opener.
        before = one.visited[: one.visited.index(opener) + 1]
        below = (child for node in before if elements.is_sampler(node) for child in node.walk())
        return Retry(opener, one.group, tuple(dict.fromkeys((*before, *below))))
    return None


def scripted(one: flow.Flow, opener: Node) -> bool:
    """Whether a script sampler before the opener looks after the connection: it decides on retries."""
    before = one.visited[: one.visited.index(opener)]
    return any(elements.is_sampler(node) and elements.tends_connection(node) for node in before)


def bounded(retry: Retry) -> bool:
    """Whether something limits the attempts: a count, a stop, a script that sets the condition, or a time."""
    scripts = [
        text and f"{text} {node.text('parameters')}"
        for node in retry.body
        if (text := elements.script(node)) is not None
    ]
    stops = any(
        node.kind == "TestAction" and node.text("ActionProcessor.action") in _STOPS for node in retry.body
    )
    if stops or "" in scripts or any(node.kind == "RunTime" for node in retry.opener.ancestors()):
        return True
    if retry.restarts:
        endless = flow.loop_count(retry.loop) == "-1" and not retry.loop.flag("ThreadGroup.scheduler")
        group_scripts = (elements.script(node) for node in retry.loop.walk() if node.live)
        return not endless or any(text is not None for text in group_scripts)
    condition = retry.loop.text("WhileController.condition")
    words = set(_WORD.findall(condition)) - _SYNTAX
    return bool(_COUNTS.search(condition)) or any(
        re.search(rf"\b{word}\b", text) for word in words for text in scripts
    )


def waits(subject: Subject, retry: Retry) -> list[tuple[Node, str]]:
    """Return what waits between two attempts, with the wait as written; "?" where only the run tells."""
    found: list[tuple[Node, str]] = []
    for node in retry.body:
        pause = elements.pause(node)
        if pause is not None:
            found.append((node, pause))
        elif "sleep" in (elements.script(node) or ("sleep" if node.text("filename") else "")):
            found.append((node, "?"))
    scope = subject.tree.in_scope(retry.opener)
    found.extend((timer, _timer_wait(timer)) for timer in scope if elements.is_timer(timer))
    return [(node, wait) for node, wait in found if wait not in {"", "0"}]


def _timer_wait(timer: Node) -> str:
    if timer.kind == "SyncTimer":
        return ""  # it gathers callers: no wait of its own
    if timer.kind == "ConstantTimer":
        return timer.text("ConstantTimer.delay")
    return "?"


def steady(subject: Subject, wait: str) -> bool:
    """Whether a wait is the same for every attempt of every caller."""
    value = values.once_for_all(subject, wait)
    return value is not None and value != "?"
