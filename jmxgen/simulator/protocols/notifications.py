"""Genesys Cloud's notification channel, as a client sees it after it has a `connectUri`.

{"message":"ping"} is answered by a pong in `channel.metadata`; {"message":"subscribe","topics":[…]} by a
result 200, or 400 where the topics are none; anything else by a result 400. A heartbeat comes each 30 s, or
as `?heartbeat=5s` in the path says.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, ClassVar, Final

from jmxgen.simulator import values
from jmxgen.simulator.protocols.base import Dialogue, as_object

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

HEARTBEAT_S: Final = 30.0
MOST_TOPICS: Final = 1000  # a channel, says the official SDK


class Notifications(Dialogue):
    """One channel."""

    name: ClassVar[str] = "notifications"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._topics: set[str] = set()
        self._period = HEARTBEAT_S
        with contextlib.suppress(ValueError):
            self._period = max(0.1, values.duration(connection.query.get("heartbeat", "")))
        self._next: asyncio.TimerHandle | None = None

    def opened(self) -> None:
        """Begin the heartbeats."""
        self._next = asyncio.get_running_loop().call_later(self._period, self._beat)

    def ended(self) -> None:
        """End the heartbeats."""
        if self._next:
            self._next.cancel()

    def heard(self, message: str | bytes) -> None:
        """Answer as the service does."""
        said = as_object(message) or {}
        match said.get("message"):
            case "ping":
                self.answer(_metadata("pong"))
            case "subscribe" | "unsubscribe" as verb:
                self.answer(self._subscribe(verb, said))
            case _:
                self.answer(_result(400, "unknown message", said))

    def _subscribe(self, verb: str, said: dict[str, Any]) -> dict[str, Any]:
        topics = said.get("topics")
        if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
            return _result(400, "topics must be a list of texts", said)
        wanted = self._topics | set(topics) if verb == "subscribe" else self._topics - set(topics)
        if len(wanted) > MOST_TOPICS:
            return _result(400, f"more than {MOST_TOPICS} topics", said)
        self._topics = wanted
        return _result(200, f"{verb}d", said)

    def _beat(self) -> None:
        self.connection.say(_metadata("WebSocket Heartbeat"))
        self.opened()


def _metadata(text: str) -> dict[str, Any]:
    return {"topicName": "channel.metadata", "eventBody": {"message": text}}


def _result(code: int, status: str, said: dict[str, Any]) -> dict[str, Any]:
    """Word a result; `correlationId` comes back where it was sent."""
    return {"result": str(code), "status": status} | {k: said[k] for k in ("correlationId",) if k in said}
