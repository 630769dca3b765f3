r"""STOMP 1.2: text frames of a command, headers, an empty line and a body, ended by NUL.

CONNECT                     -> CONNECTED
SUBSCRIBE, with an id       -> (kept)
SEND, with a destination    -> MESSAGE to its subscription, with an ack id
any with a receipt          -> RECEIPT
a text without NUL at its end -> ERROR
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from jmxgen.simulator.protocols.base import Dialogue

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection


class Stomp(Dialogue):
    """One connection of one client."""

    name: ClassVar[str] = "stomp"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._subscriptions: dict[str, str] = {}  # destination -> id
        self._messages = 0

    def heard(self, message: str | bytes) -> None:
        """Answer by the frame's command."""
        if not isinstance(message, str) or not message.endswith("\0"):
            self._say("ERROR", {"message": "a frame ends with NUL"})
            return
        head, _, body = message[:-1].lstrip("\n").partition("\n\n")
        command, *lines = head.split("\n")
        headers = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
        match command:
            case "CONNECT" | "STOMP":
                self._say("CONNECTED", {"version": "1.2", "heart-beat": "0,0"})
            case "SUBSCRIBE":
                self._subscriptions[headers.get("destination", "")] = headers.get("id", "")
            case "SEND":
                self._publish(headers.get("destination", ""), body)
        if "receipt" in headers:
            self._say("RECEIPT", {"receipt-id": headers["receipt"]})

    def _publish(self, destination: str, body: str) -> None:
        subscription = self._subscriptions.get(destination)
        if subscription is None:
            return
        self._messages += 1
        number = f"{self.connection.number}-{self._messages}"
        said = {"subscription": subscription, "message-id": number, "ack": number, "destination": destination}
        self._say("MESSAGE", said, body)

    def _say(self, command: str, headers: dict[str, str], body: str = "") -> None:
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        self.answer(f"{command}\n{lines}\n{body}\0")
