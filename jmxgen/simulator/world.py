"""What a fault knows of the world: lines, a clock and a die; in real time or in simulated time alike.

The simulator (sockets, asyncio) and simulated runs (jmxgen.simulator.runs) both play this part, so that each
fault exists once.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from jmxgen.simulator.truth import End
    from jmxgen.simulator.values import Ending, Refusal


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """How a connection ended, fixed the moment it is known."""

    at: float
    end: End
    kind: str = ""
    status: int | None = None
    code: int | None = None
    by: str = "client"
    cause: str = ""


class Line(Protocol):
    """A connection, or the attempt to get one, as the faults see it. Times are ms since the epoch."""

    token: str | None  # whose channel it is
    attempted_at: float
    opened_at: float | None
    last_frame_at: float | None
    last_pong_at: float | None
    messages: int  # heard by the faults, this one included
    conversing: bool
    waiting_since: float | None  # when the message came that has no answer yet
    held_by: str  # the cause of the fault that keeps it waiting

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None: it has not."""

    def header(self, name: str) -> str | None:
        """Return a header of the upgrade request."""

    def drop(self, how: Ending, cause: str, reason: str = "") -> None:
        """End an open connection from the server's side."""

    def refuse(self, how: Refusal, cause: str) -> None:
        """End the attempt before its 101."""

    def send_ping(self) -> None:
        """Send a ping."""

    def hold(self) -> None:
        """Read nothing from the client, not even its request, until `release`."""

    def release(self) -> None:
        """Read on."""

    def go_on(self, refusal: Refusal | None) -> None:
        """Go on with the handshake or the message that a fault made wait."""


class Timer(Protocol):
    """An action that is due later."""

    def cancel(self) -> None:
        """Forget it."""


class World(Protocol):
    """Who is connected, what time it is, and what chance says."""

    random: random.Random

    def now(self) -> float:
        """Return the milliseconds since the epoch."""

    def call_later(self, seconds: float, action: Callable[..., None], *args: object) -> Timer:
        """Call `action` in so many seconds."""

    def open_connections(self) -> Sequence[Line]:
        """Return the connections after their 101 and before their end, the oldest first."""
