"""How callers go through a thread group, and where their connection stands at each sampler.

The plugin keeps one connection per thread. `follow` walks a group as JMeter would, but with sets: before each
sampler, which opener's connection may be the thread's (None: there is none; UNKNOWN: a script or an included
file decides). Once without failing samplers and once with them: an action after an error skips what follows.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
from math import inf
from typing import TYPE_CHECKING, Any, Literal

from jmxgen.jmx.tree import Node
from jmxgen.lint import elements, groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jmxgen.jmx.tree import Tree


class _Unknown(enum.Enum):
    UNKNOWN = enum.auto()


UNKNOWN: Literal[_Unknown.UNKNOWN] = _Unknown.UNKNOWN
State = frozenset["Node | Literal[_Unknown.UNKNOWN] | None"]
NOWHERE: State = frozenset()  # the state at a place that no caller reaches
NO_CONNECTION: State = frozenset({None})
ANYTHING: State = frozenset({UNKNOWN})

_PASSES = (
    12  # a loop's state grows by an opener at most a pass; more passes add nothing that a person would read
)
MOST_OPEN = 100  # openers whose connection may be there at one place; more are not distinguished
_MAYBE = frozenset({"IfController", "ThroughputController"})
_ONE_OF = frozenset({"SwitchController", "RandomController", "InterleaveControl"})  # a child per pass
_LOOPS = frozenset({"LoopController", "RunTime"})
_MAYBE_LOOPS = frozenset({"WhileController", "ForeachController"})
_STOP, _STOP_NOW, _NEXT_THREAD_LOOP, _NEXT_ITERATION, _BREAK = "0", "2", "3", "4", "5"


@dataclasses.dataclass(eq=False)
class Flow:
    """One thread group. States are of the walk without failures, but `failed` and `replaced_on_error`."""

    group: Node
    loops: bool  # whether a caller goes through more than once, or may
    on_error: str
    visited: list[Node] = dataclasses.field(default_factory=list)
    before: dict[Node, State] = dataclasses.field(default_factory=dict)
    first: dict[Node, State] = dataclasses.field(default_factory=dict)
    later: dict[Node, State] = dataclasses.field(default_factory=dict)  # in later passes of the nearest loop
    certain: set[Node] = dataclasses.field(default_factory=set)  # no controller can skip them
    ended: set[Any] = dataclasses.field(default_factory=set)  # when the thread ends without failures
    failed: set[Any] = dataclasses.field(default_factory=set)  # when the action after an error ends it
    replaced: dict[Node, State] = dataclasses.field(default_factory=dict)  # opener -> what it may drop
    replaced_on_error: dict[Node, State] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def position(self) -> dict[Node, int]:
        """Which element callers come by first, second and so on."""
        return {node: number for number, node in enumerate(self.visited)}

    @functools.cached_property
    def openers(self) -> list[Node]:
        """The samplers that open connections, in order."""
        return [node for node in self.visited if elements.opens(node)]

    @functools.cached_property
    def connecting(self) -> list[Node]:
        """The samplers of either plugin that open connections, or may, in order."""
        return [node for node in self.visited if elements.connects(node)]

    def may_be_open(self, node: Node) -> bool:
        """Whether a connection that the plan opened may be there before `node`."""
        return any(entry is not None and entry is not UNKNOWN for entry in self.before[node])

    @functools.cached_property
    def first_script(self) -> float:
        """The position of the first script sampler that looks after the connection."""
        return next((at for node, at in self.position.items() if _tends(node)), inf)

    @functools.cached_property
    def _users(self) -> dict[Node, int]:
        return {}

    def users(self, node: Node) -> int:
        """Return how many samplers that use a connection are at `node` and below, without disabled ones."""
        if node not in self._users:
            below = sum(self.users(child) for child in node.children if child.enabled)
            self._users[node] = below + (elements.is_websocket(node) and node.kind in elements.USERS)
        return self._users[node]

    @functools.cached_property
    def dropped_by(self) -> dict[Node, Node]:
        """The first opener that drops each opener's connection, without failures."""
        found: dict[Node, Node] = {}
        for entry, dropped in self.replaced.items():
            found.update(
                dict.fromkeys((old for old in dropped if isinstance(old, Node) and old not in found), entry)
            )
        return found

    @functools.cached_property
    def branched(self) -> dict[Node, Node]:
        """The first Close of each opener's connection that a controller may skip."""
        found: dict[Node, Node] = {}
        for entry in self.visited:
            if entry.kind == elements.CLOSE and entry not in self.certain:
                for old in self.before[entry]:
                    if isinstance(old, Node):
                        found.setdefault(old, entry)
        return found

    def joined(self, *states: State) -> State:
        """Return the states as one, with the first `MOST_OPEN` openers: memory would go with their square."""
        most = max(states, key=len)
        if len(most) <= MOST_OPEN and all(entry <= most for entry in states):
            return most  # shared, not copied
        found = frozenset[Any]().union(*states)
        openers = [entry for entry in found if isinstance(entry, Node)]
        if len(openers) <= MOST_OPEN:
            return found
        openers.sort(key=lambda entry: entry.span.start)
        return found.difference(openers[MOST_OPEN:])


def _tends(node: Node) -> bool:
    return elements.is_sampler(node) and elements.tends_connection(node)


def follow(tree: Tree) -> Iterator[Flow]:
    """Yield how callers go through each live thread group."""
    tending = _tending(tree)
    for node in tree.live():
        if elements.is_thread_group(node):
            plain = _Walk(tree, node, tending, failing=False)
            plain.run()
            flow = plain.flow
            if flow.on_error != "continue":
                failing = _Walk(tree, node, tending, failing=True)
                failing.run()
                flow.failed = failing.flow.failed
                flow.replaced_on_error = failing.flow.replaced
            yield flow


def _tending(tree: Tree) -> frozenset[str]:
    """Return the references to objects of scripts that look after the connection: naming one does so too."""
    scripts = (node for node in tree.live() if elements.tends_connection(node))
    return frozenset(f"${{{name}}}" for script in scripts for name in elements.objects(script))


def _never_runs(node: Node) -> bool:
    """Whether a loop of no passes or of no time keeps callers out."""
    if node.kind == "LoopController":
        return node.text("LoopController.loops") == "0"
    return node.kind == "RunTime" and node.text("RunTime.seconds") == "0"


class _Walk:
    """One walk through one group; `failing` lets every sampler fail as well as succeed."""

    def __init__(self, tree: Tree, group: Node, tending: frozenset[str], *, failing: bool) -> None:
        self.tree = tree
        self.tending = tending
        on_error = group.text("ThreadGroup.on_sample_error", "continue")
        self.flow = Flow(group, groups.loops(group) != "1", on_error)
        self.failing = failing and on_error != "continue"
        self.sure = True
        self.first = True  # whether this is the first pass of the nearest loop around
        self.jumped: set[Any] = set()  # to the thread's next loop
        self.broke: State = NOWHERE  # to the end or next pass of the inner loop
        self.modules: list[Node] = []
        self._known: dict[tuple[Node, State, bool, bool], tuple[State, State]] = {}
        self._helpers: dict[Node, list[Node]] = {}
        self._tends: dict[Node, bool] = {}

    def run(self) -> None:
        flow = self.flow
        after = self.children(flow.group, NO_CONNECTION)
        state = flow.joined(after, frozenset(self.jumped))
        self.first = False
        for _ in range(_PASSES if flow.loops else 0):
            after = flow.joined(after, self.children(flow.group, state))
            grown = flow.joined(state, after, frozenset(self.jumped))
            if grown == state:
                break
            state = grown
        flow.ended |= after
        (flow.failed if self.failing else flow.ended).update(self.jumped)

    def children(self, node: Node, state: State) -> State:
        for child in node.children:
            if child.enabled:
                state = self.element(child, state)
        return state

    def element(self, node: Node, state: State) -> State:
        if elements.is_sampler(node):
            return self.sampler(node, state)
        if node.kind == "ModuleController":
            return self.module(node, state)
        if node.kind == "IncludeController":
            self.visit(node, state)
            return ANYTHING if state else state
        if node.role != "controller" or node.kind == "TestFragmentController" or _never_runs(node):
            return state
        self.visit(node, state)
        return self.controller(node, state)

    def controller(self, node: Node, state: State) -> State:
        if self.tending.intersection(elements.references(node.text("IfController.condition"))):
            state = ANYTHING
        if node.kind in _ONE_OF:
            return self.one_of(node, state)
        if node.kind in _MAYBE:
            return self.flow.joined(self.unsure(node, state), state)
        if node.kind in _LOOPS:
            return self.loop(node, state)
        if node.kind in _MAYBE_LOOPS:
            sure, self.sure = self.sure, self.sure and self.enters(node)
            after = self.loop(node, state)
            entered, self.sure = self.sure, sure
            return after if entered else self.flow.joined(after, state)
        if node.kind == "OnceOnlyController":
            return self.children(node, state) if self.first else state
        return self.children(node, state)

    @staticmethod
    def enters(node: Node) -> bool:
        """Whether a While Controller's body runs at least once."""
        return node.kind == "WhileController" and node.text("WhileController.condition") in {"", "true"}

    def unsure(self, node: Node, state: State) -> State:
        sure, self.sure = self.sure, False
        after = self.children(node, state)
        self.sure = sure
        return after

    def one_of(self, node: Node, state: State) -> State:
        """Follow a controller that runs one child in each pass, after any others in earlier passes."""
        sure, self.sure = self.sure, False
        for child in node.children:
            if child.enabled:
                state = self.flow.joined(state, self.element(child, state))
        self.sure = sure
        return state

    def loop(self, node: Node, state: State) -> State:
        after, broke = self.once(node, state, lambda: self.passes(node, state))
        return self.flow.joined(after, broke)

    def once(self, node: Node, state: State, walk: Callable[[], State]) -> tuple[State, State]:
        """Return where `walk` leads, and what broke out of it; walk once for each state to come with.

        Loops in loops, and modules in modules, would else be walked a number of times that doubles with each.
        """
        key = (node, state, self.sure, self.first)
        if key not in self._known:
            broke, self.broke = self.broke, NOWHERE
            after = walk()
            self._known[key] = (after, self.broke)
            self.broke = broke
        return self._known[key]

    def passes(self, node: Node, state: State) -> State:
        """Go through a loop's body until no pass brings another state."""
        outer, self.first = self.first, True
        after = self.children(node, state)
        state = self.flow.joined(after, self.broke)
        self.first = False
        for _ in range(0 if node.text("LoopController.loops") == "1" else _PASSES):
            after = self.flow.joined(after, self.children(node, state))
            grown = self.flow.joined(state, after, self.broke)
            if grown == state:
                break
            state = grown
        self.first = outer
        return after

    def module(self, node: Node, state: State) -> State:
        self.visit(node, state)
        target = self.tree.module_target(node)
        if target is None or target in self.modules:
            return ANYTHING if state else state
        self.modules.append(target)
        fragment = target.kind == "TestFragmentController"
        walk = self.children if fragment else self.element
        after, broke = self.once(node, state, lambda: walk(target, state))
        self.broke = self.flow.joined(self.broke, broke)
        self.modules.pop()
        return after

    def visit(self, node: Node, state: State) -> None:
        flow = self.flow
        if node not in flow.first:
            flow.visited.append(node)
            flow.first[node] = state
            if self.sure:
                flow.certain.add(node)
        flow.before[node] = flow.joined(flow.before.get(node, NOWHERE), state)
        if not self.first:
            flow.later[node] = flow.joined(flow.later.get(node, NOWHERE), state)

    def sampler(self, node: Node, state: State) -> State:
        if not state:
            return state
        helpers = self.helpers(node)
        if any("PreProcessor" in entry.kind or elements.is_timer(entry) for entry in helpers):
            state = ANYTHING
        if elements.has_id(node):
            self.visit(node, ANYTHING)  # it uses a connection of its own, which is not followed
            return state
        self.visit(node, state)
        if node.kind == "TestAction":
            return self.action(node, state)
        after, failed = self.outcome(node, state)
        if any("PostProcessor" in entry.kind or "Listener" in entry.kind for entry in helpers):
            after, failed = ANYTHING, ANYTHING
        if self.failing:
            if self.flow.on_error == "startnextloop":
                self.jumped |= failed
            else:
                self.flow.failed |= failed
        return after

    def helpers(self, sampler: Node) -> list[Node]:
        """Return the scripts around a sampler that look after its connection."""
        found = self._helpers.get(sampler)
        if found is None:
            found = [entry for entry in self.tree.in_scope(sampler) if self.tends(entry)]
            self._helpers[sampler] = found
        return found

    def tends(self, node: Node) -> bool:
        """Whether its script looks after the connection; a long one in many scopes is read once."""
        if node not in self._tends:
            text = elements.script(node) or ""
            calls = any(reference[2:-1] in text for reference in self.tending)  # its object's methods
            self._tends[node] = calls or elements.tends_connection(node)
        return self._tends[node]

    def outcome(self, node: Node, state: State) -> tuple[State, State]:
        """Return where the connection stands after the sampler succeeded, and after it failed."""
        if self.tends(node):
            return ANYTHING, ANYTHING
        if node.kind == elements.CLOSE and elements.is_websocket(node):
            return NO_CONNECTION, NO_CONNECTION
        opened = elements.opens(node)
        if opened is None:
            return ANYTHING, ANYTHING
        if not opened:
            return state, state
        dropped = frozenset(entry for entry in state if entry is not None and entry is not UNKNOWN)
        if dropped:
            self.flow.replaced[node] = self.flow.joined(self.flow.replaced.get(node, NOWHERE), dropped)
        return frozenset({node}), NO_CONNECTION | (NOWHERE if node.kind == elements.OPEN else {node})

    def action(self, node: Node, state: State) -> State:
        """Follow a Flow Control Action: what comes after it is reached only where it lets callers go on."""
        what = node.text("ActionProcessor.action")
        if self.tending.intersection(elements.references(elements.pause(node) or "")):
            return ANYTHING
        if what in {_STOP, _STOP_NOW}:
            self.flow.ended |= state
        elif what == _NEXT_THREAD_LOOP:
            self.jumped |= state
        elif what in {_NEXT_ITERATION, _BREAK}:
            self.broke = self.flow.joined(self.broke, state)
        else:
            return state
        return NOWHERE
