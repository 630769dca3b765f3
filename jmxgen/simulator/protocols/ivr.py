"""A plain IVR in JSON texts, with one Gather Input.

    {"type":"open"}                      -> {"type":"opened","conversation":7}
    {"type":"gather","timeout":5}        -> {"type":"prompt","text":"…"}; without a digit {"type":"no-input"}
    {"type":"dtmf","digit":"1"}          -> {"type":"ok","digit":"1"}
    {"type":"ping"}                      -> {"type":"pong"}
    {"type":"close"}                     -> {"type":"closed"}
    any other message, text or binary    -> the same message

With `?gather=5s` in the path the Gather Input begins by itself after `opened`.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, ClassVar, Final

from jmxgen.simulator import values
from jmxgen.simulator.protocols.base import Dialogue, as_object

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

PROMPT: Final = "Please enter your account number."
# Architect's Collect Input: 5 s by default, 1 s to 99 s.
NO_ENTRY_S: Final = 5.0


class Ivr(Dialogue):
    """The plain IVR."""

    name: ClassVar[str] = "ivr"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._gathering: asyncio.TimerHandle | None = None

    def heard(self, message: str | bytes) -> None:
        """Answer by the message's type; echo what has none."""
        said = as_object(message) or {}
        match said.get("type"):
            case "open":
                self.answer({"type": "opened", "conversation": self.connection.number})
                with contextlib.suppress(ValueError):
                    self._gather(PROMPT, values.duration(self.connection.query.get("gather", "")))
            case "gather":
                self._gather(str(said.get("prompt", PROMPT)), _seconds(said.get("timeout")))
            case "dtmf":
                self.ended()
                self.answer({"type": "ok", "digit": str(said.get("digit", ""))})
            case "ping":
                self.answer({"type": "pong"})
            case "close":
                self.answer({"type": "closed"})
            case _:
                self.answer(message)

    def _gather(self, prompt: str, seconds: float) -> None:
        self.ended()
        self.answer({"type": "prompt", "text": prompt})
        self._gathering = asyncio.get_running_loop().call_later(seconds, self.answer, {"type": "no-input"})

    def ended(self) -> None:
        """Stop waiting for a digit."""
        if self._gathering:
            self._gathering.cancel()
            self._gathering = None


def _seconds(timeout: Any) -> float:
    return min(float(timeout), 99.0) if isinstance(timeout, int | float) and timeout > 0 else NO_ENTRY_S
