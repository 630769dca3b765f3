"""graphql-transport-ws, the protocol of graphql-ws: JSON texts with a type and an id.

connection_init           -> connection_ack
subscribe, with an id     -> three next and a complete, of that id
ping                      -> pong; and a ping of its own each 12 s, which wants a pong
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from jmxgen.simulator.protocols.application_pings import Pinging, Pings
from jmxgen.simulator.protocols.base import as_object

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection


class GraphQl(Pinging):
    """One connection of one client."""

    name: ClassVar[str] = "graphql"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.pings = Pings(connection, '{"type":"ping"}', interval_s=12.0, timeout_s=5.0)

    def heard(self, message: str | bytes) -> None:
        """Answer by the message's type."""
        said = as_object(message) or {}
        match said.get("type"):
            case "connection_init":
                self.answer({"type": "connection_ack"})
            case "ping":
                self.answer({"type": "pong"})
            case "pong":
                self.pings.wait()
            case "subscribe":
                for number in range(1, 4):
                    payload = {"data": {"greetings": number}}
                    self.answer({"id": said.get("id"), "type": "next", "payload": payload})
                self.answer({"id": said.get("id"), "type": "complete"})
