"""What a rewrite takes and gives."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

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

    def did(self, node: Node, what: str, *edits: Edit) -> None:
        """Note a change and its edits."""
        self.edits.extend(edits)
        self.changes.append(Change(self.name, what, node.place, node.path, node.span.start))

    def left(self, node: Node, why: str) -> None:
        """Note what was left alone, and why."""
        self.changes.append(Change(self.name, why, node.place, node.path, node.span.start, done=False))
