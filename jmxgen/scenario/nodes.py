"""Plain data with the places that it came from."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jmxgen.errors import Place

Way = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands, with its parts by key or index, and the places of a mapping's keys."""

    data: Any
    place: Place
    parts: Mapping[str | int, Node] = dataclasses.field(default_factory=dict)
    keys: Mapping[str | int, Place] = dataclasses.field(default_factory=dict)
    size: int = 1  # nodes, aliases unfolded

    def find(self, way: Way) -> tuple[Node, Place]:
        """Return the node furthest along `way`, and the place of the key that leads to it."""
        node, key = self, self.place
        for step in way:
            part = node.parts.get(step)
            if part is None:
                break
            key = node.keys.get(step, part.place)
            node = part
        return node, key


def mapping(parts: Mapping[str | int, Node], keys: Mapping[str | int, Place], place: Place) -> Node:
    """Return the node of a mapping."""
    size = 1 + len(parts) + sum(part.size for part in parts.values())
    return Node({key: part.data for key, part in parts.items()}, place, parts, keys, size)


def sequence(parts: Sequence[Node], place: Place) -> Node:
    """Return the node of a list."""
    size = 1 + sum(part.size for part in parts)
    return Node([part.data for part in parts], place, dict(enumerate(parts)), {}, size)
