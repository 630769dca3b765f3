"""What a rewrite takes and gives."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.errors import PlanError
from jmxgen.jmx.tree import MAX_BYTES

if TYPE_CHECKING:
    from jmxgen.errors import Place
    from jmxgen.harden.edits import Edit
    from jmxgen.jmx.tree import Node


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the retries that `harden` adds behave. Times in ms."""

    attempts: int = 6
    base: int = 1000
    cap: int = 60_000
    give_up_on: tuple[int, ...] = (401, 403, 404)


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed, or (`done` false) left alone and why. The place is in the plan as read."""

    rewrite: str
    what: str
    place: Place
    path: str
    offset: int  # the element's first byte in the text that the rewrite saw
    done: bool = True


@dataclasses.dataclass(slots=True)
class Rewriting:
    """The edits of one rewrite, and what they change."""

    name: str
    edits: list[Edit] = dataclasses.field(default_factory=list)
    changes: list[Change] = dataclasses.field(default_factory=list)
    _size: int = 0

    def did(self, node: Node, what: str, *edits: Edit) -> None:
        """Note a change and its edits."""
        self.edit(node, *edits)
        self.changes.append(Change(self.name, what, node.place, node.path, node.span.start))

    def edit(self, node: Node, *edits: Edit) -> None:
        """Add edits of a change that is noted elsewhere.

        Raises:
            PlanError: the plan would grow beyond what a plan may be.
        """
        self._size += sum(len(edit.text) for edit in edits)
        if self._size > MAX_BYTES:
            what = f"would grow by more than {MAX_BYTES // 2**20} MB"
            raise PlanError(what, place=node.place, hint="split the plan")
        self.edits.extend(edits)

    def left(self, node: Node, why: str) -> None:
        """Note what was left alone, and why."""
        self.changes.append(Change(self.name, why, node.place, node.path, node.span.start, done=False))
