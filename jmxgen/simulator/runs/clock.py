"""Simulated time: what is due is done in its order, at once, and the clock jumps."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Due(list[Any]):
    """An action that is due: its time, its number, the action and its arguments. A list sorts fast."""

    __slots__ = ()

    def cancel(self) -> None:
        """Forget the action."""
        self[2] = None


class Clock:
    """The time of a simulated run, in seconds since its start, and what is due."""

    def __init__(self) -> None:
        self.time = 0.0
        self._due: list[Due] = []
        self._number = 0

    def at(self, time: float, action: Callable[..., None], *args: Any) -> Due:
        """Do something at a time; a time that is past counts as now."""
        self._number += 1
        due = Due((time if time > self.time else self.time, self._number, action, args))
        heapq.heappush(self._due, due)
        return due

    def run(self, until: float) -> None:
        """Do all that is due up to a time."""
        heap, pop = self._due, heapq.heappop
        while heap and heap[0][0] <= until:
            self.time, _, action, args = pop(heap)
            if action is not None:
                action(*args)
