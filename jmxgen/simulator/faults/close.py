"""A server that says goodbye."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


def _code(text: str) -> int:
    found = values.ending(text) if text.isdigit() else None
    if not isinstance(found, int):
        raise ValueError("a close code from 1000 to 4999")  # noqa: TRY004 (a text's value, not its type)
    return found


def _reason(text: str) -> str:
    if not 0 < len(text.encode()) <= 123:  # RFC 6455, 5.5: what a control frame holds, less the code
        raise ValueError("a text of 1 to 123 bytes")
    return text


@dataclasses.dataclass(eq=False, kw_only=True)
class Close(Fault):
    """Send a close frame with `code`, even one that must not be sent, `after` a time to a share."""

    name = "close"
    cause = "server-close"

    code: int = parameter(_code, "1011")
    reason: str | None = parameter(_reason, "")
    after: float = parameter(values.duration, "0s")
    share: float = parameter(values.share, "100%")

    def opened(self, connection: Line) -> None:
        """Choose the connection, or not."""
        if self.world.random.random() < self.share:
            self.arm(connection, self.after, self._end)

    def _end(self, connection: Line) -> None:
        connection.drop(self.code, self.cause, self.reason or "")
