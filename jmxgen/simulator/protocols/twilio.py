"""Twilio Media Streams, the side of the server that Twilio calls: JSON texts with an event.

connected, start, media, dtmf, mark, stop; sequenceNumber counts from 1
after each 50 media        -> a media of the same payload, and a mark that the client sends back
a media out of its order   -> the connection is closed with 1008
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from jmxgen.simulator.protocols.base import Dialogue, as_object

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

SPEAKS_AFTER: Final = 50  # chunks of 20 ms: a second


class Twilio(Dialogue):
    """One call."""

    name: ClassVar[str] = "twilio-media"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._chunks = 0

    def heard(self, message: str | bytes) -> None:
        """Take the caller's audio, and speak now and then."""
        said = as_object(message) or {}
        if said.get("event") != "media":
            return
        self._chunks += 1
        media = said.get("media")
        if not isinstance(media, dict) or media.get("chunk") != str(self._chunks):
            self.connection.drop(1008, "", "media out of order")
        elif self._chunks % SPEAKS_AFTER == 0:
            sid = said.get("streamSid")
            self.answer({"event": "media", "streamSid": sid, "media": {"payload": media.get("payload")}})
            name = f"spoken {self._chunks // SPEAKS_AFTER}"
            self.answer({"event": "mark", "streamSid": sid, "mark": {"name": name}})
