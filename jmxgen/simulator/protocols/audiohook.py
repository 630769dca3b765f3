"""AudioHook, version 2: the server's side of Genesys Cloud's Audio Connector (the load test plays Genesys).

`open` is answered by `opened`, `ping` by `pong`, `close` by `closed`, `dtmf` by an `event` with a `barge_in`.
Audio and the messages that only inform (update, discarded, paused, resumed, error, playback_…) get no answer.
A message that is none, or one before `open`, is answered by `disconnect`.
Source: purecloudlabs/audiohook-reference-implementation, app/audiohook/src/protocol/message.ts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from jmxgen.simulator.protocols.base import Dialogue, as_object

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

INFORMING: Final = frozenset(
    ("update", "discarded", "paused", "resumed", "error", "playback_started", "playback_completed")
)
MOST_CHARACTERS: Final = 65_535  # of a text message


class AudioHook(Dialogue):
    """One session."""

    name: ClassVar[str] = "audiohook"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._seq = 0
        self._heard = 0  # the client's last seq
        self._session: str | None = None

    def heard(self, message: str | bytes) -> None:
        """Answer as a server of the reference implementation does."""
        if isinstance(message, bytes):
            return
        said = as_object(message)
        if said is None or said.get("version") != "2" or len(message) > MOST_CHARACTERS:
            self._disconnect("no message of version 2")
            return
        seq = said.get("seq")
        self._heard = seq if isinstance(seq, int) else self._heard + 1
        kind = said.get("type")
        if self._session is None:
            self._session = str(said.get("id", ""))
            if kind != "open":
                self._disconnect("the first message must be open")
                return
        self._reply(str(kind), said.get("parameters"))

    def _reply(self, kind: str, parameters: Any) -> None:
        match kind:
            case "open":
                offered = parameters.get("media") if isinstance(parameters, dict) else None
                media = offered[:1] if isinstance(offered, list) else []
                self._say("opened", {"startPaused": False, "media": media})
            case "ping":
                self._say("pong", {})
            case "close":
                self._say("closed", {})
            case "dtmf":
                self._say("event", {"entities": [{"type": "barge_in", "data": {}}]})
            case _ if kind not in INFORMING:
                self._disconnect(f"unknown type {kind[:40]}")

    def _disconnect(self, info: str) -> None:
        self._say("disconnect", {"reason": "error", "info": info})

    def _say(self, kind: str, parameters: dict[str, Any]) -> None:
        self._seq += 1
        self.answer(
            {
                "version": "2",
                "type": kind,
                "seq": self._seq,
                "clientseq": self._heard,
                "id": self._session or "",
                "parameters": parameters,
            }
        )
