"""How a plan tries again when a handshake is refused: the loop around the opener, and what waits in it."""

from __future__ import annotations

import dataclasses
import functools
import re
from math import inf
from typing import TYPE_CHECKING

from jmxgen.lint import elements, flow, groups, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jmxgen.jmx.tree import Node, Tree

_COUNTS = re.compile(r"[<>]|\b(?:lt|gt|le|ge)\b|__counter", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_]\w+")
_TOKEN = re.compile(r"\w+")
# Words of a condition that name no variable.
_SYNTAX = frozenset({"vars", "props", "get", "getObject", "put", "remove", "toInteger", "equals", "null"})
_SYNTAX |= {"true", "false", "not", "and", "or", "eq", "ne", "__P", "__groovy", "__jexl2", "__jexl3"}
_STOPS = frozenset({"0", "2", "3", "5"})  # actions that leave a loop


@dataclasses.dataclass(eq=False)
class Loop:
    """A While Controller or a thread group that comes back to openers, summed up once for all of them."""

    node: Node
    steps: list[tuple[int, Node]]  # what runs, with its position: an attempt comes by those up to its own
    values: values.Values
    scripted: frozenset[str]  # the words of all scripts of the plan

    @property
    def restarts(self) -> bool:
        """Whether it is the thread group that starts its next loop after an error."""
        return elements.is_thread_group(self.node)

    @functools.cached_property
    def stop(self) -> float:
        """The position of the first action that leaves the loop, or script in a file, which may."""
        return min(
            (at for at, node in self.steps if _stops(node) or elements.script(node) == ""), default=inf
        )

    @functools.cached_property
    def bounded(self) -> bool:
        """Whether a count, a time, or a script that sets the condition limits its passes."""
        if self.restarts:
            endless = groups.loops(self.node) == "-1" and not self.node.flag("ThreadGroup.scheduler")
            return not endless or any(elements.script(node) is not None for node in _live(self.node))
        condition = self.node.text("WhileController.condition")
        if _COUNTS.search(condition):
            return True
        return not (set(_WORD.findall(condition)) - _SYNTAX).isdisjoint(self.scripted)

    @functools.cached_property
    def waits(self) -> list[tuple[int, Wait]]:
        """What waits in it, in order, with its position."""
        return [(at, wait) for at, node in self.steps if (wait := _wait(node)) is not None]

    @functools.cached_property
    def unsteady(self) -> float:
        """The position of the first wait that is not the same for every attempt of every caller."""
        return min((at for at, wait in self.waits if not wait.steady(self.values)), default=inf)

    @functools.cached_property
    def drawn(self) -> list[tuple[int, Wait]]:
        """The waits that are drawn once for all callers, with their positions."""
        return [(at, wait) for at, wait in self.waits if wait.drawn_once(self.values)]


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """What waits between two attempts, with the wait as written; "?" where only the run decides."""

    node: Node
    text: str

    def steady(self, known: values.Values) -> bool:
        """Whether it is the same for every attempt of every caller."""
        value = known.once_for_all(self.text)
        return value is not None and value != "?"

    def drawn_once(self, known: values.Values) -> bool:
        """Whether it is random, and the same for all."""
        value = known.once_for_all(self.text)
        return value is not None and values.is_random(value)


@dataclasses.dataclass(frozen=True, slots=True)
class Retry:
    """An opener and the loop that comes back to it after a refusal."""

    opener: Node
    loop: Loop
    position: int
    timers: tuple[Wait, ...]  # in the opener's scope

    @property
    def bounded(self) -> bool:
        """Whether something limits the attempts: a count, a stop, a time, a script that may."""
        if self.loop.stop <= self.position or any(node.kind == "RunTime" for node in self.opener.ancestors()):
            return True
        return self.loop.bounded

    @property
    def wait(self) -> Wait | None:
        """What waits first between two attempts."""
        if self.loop.waits and self.loop.waits[0][0] <= self.position:
            return self.loop.waits[0][1]
        return next(iter(self.timers), None)

    @property
    def steady(self) -> bool:
        """Whether all waits are the same for every attempt of every caller."""
        known = self.loop.values
        return self.loop.unsteady > self.position and all(wait.steady(known) for wait in self.timers)

    def drawn_once(self, after: int = 0) -> Iterator[Wait]:
        """Yield the waits that are drawn once for all callers, without the first `after` of the loop."""
        for number in range(after, len(self.loop.drawn)):
            at, wait = self.loop.drawn[number]
            if at > self.position:
                break
            yield wait
        yield from (wait for wait in self.timers if wait.drawn_once(self.loop.values))


def retries(tree: Tree, flows: Iterable[flow.Flow], known: values.Values) -> Iterator[Retry]:
    """Yield the loop of every opener that has one."""
    scripted = _scripted(tree)
    for walk in flows:
        loops: dict[Node, Loop] = {}
        for opener in walk.openers:
            node = find(walk, opener)
            if node is None:
                continue
            if node not in loops:
                loops[node] = Loop(node, _steps(walk, node), known, scripted)
            scope = [timer for timer in tree.in_scope(opener) if elements.is_timer(timer)]
            timers = (Wait(timer, text) for timer in scope if (text := _timer_wait(timer)) not in {"", "0"})
            yield Retry(opener, loops[node], walk.position[opener], tuple(timers))


def _scripted(tree: Tree) -> frozenset[str]:
    """Return the words of all scripts: a condition that has one of them may be a script's doing."""
    found: set[str] = set()
    for node in tree.live():
        if text := elements.script(node):
            found.update(_TOKEN.findall(text), _TOKEN.findall(node.text("parameters")))
    return frozenset(found)


def find(walk: flow.Flow, opener: Node) -> Node | None:
    """Return the While Controller or thread group that tries the opener again, or None."""
    own = walk.users(opener)
    for node in opener.ancestors():
        if node.kind != "WhileController" or node.text("WhileController.condition") in {"", "LAST"}:
            continue  # those two go on after a success, not after a failure
        if walk.users(node) == own:
            return node
    return walk.group if walk.on_error == "startnextloop" and walk.loops else None


def _steps(walk: flow.Flow, loop: Node) -> list[tuple[int, Node]]:
    if not elements.is_thread_group(loop):
        return [(0, node) for node in _live(loop)]
    # A failed open jumps to the top: what runs before the next attempt is what stands before the opener.
    return [
        (at, below)
        for at, node in enumerate(walk.visited)
        for below in (_live(node) if elements.is_sampler(node) else (node,))
    ]


def _live(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in reversed(node.children) if child.enabled)


def scripted(walk: flow.Flow, opener: Node) -> bool:
    """Whether a script sampler before the opener looks after the connection: it decides on retries."""
    return walk.first_script < walk.position[opener]


def _stops(node: Node) -> bool:
    return node.kind == "TestAction" and node.text("ActionProcessor.action") in _STOPS


def _wait(node: Node) -> Wait | None:
    pause = elements.pause(node)
    if pause is None and "sleep" in (elements.script(node) or ("sleep" if node.text("filename") else "")):
        pause = "?"
    return None if pause in {None, "", "0"} else Wait(node, pause or "")


def _timer_wait(timer: Node) -> str:
    if timer.kind == "SyncTimer":
        return ""  # it gathers callers: no wait of its own
    if timer.kind == "ConstantTimer":
        return timer.text("ConstantTimer.delay")
    return "?"
