"""Socket.IO 5 on Engine.IO 4, WebSocket alone: packets as texts that begin with their type.

(opened)            -> 0{"sid":"…","upgrades":[],"pingInterval":25000,"pingTimeout":20000,…}
40                  -> 40{"sid":"…"}
42["event",…]       -> 42["event",…]; 42N["event",…] -> 43N["event",…]
(each 25 s) 2       <- 3, or the connection is left
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, ClassVar, Final

from jmxgen.simulator.protocols.application_pings import Pinging, Pings

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

_EVENT: Final = re.compile(r"42(\d{0,9})(\[.*)", re.DOTALL)


class SocketIo(Pinging):
    """One connection of one client."""

    name: ClassVar[str] = "socket.io"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.pings = Pings(connection, "2", interval_s=25.0, timeout_s=20.0)

    def opened(self) -> None:
        """Send the open packet and begin the pings."""
        packet = {
            "sid": f"s{self.connection.number}",
            "upgrades": [],
            "pingInterval": round(1000 * self.pings.interval_s),
            "pingTimeout": round(1000 * self.pings.timeout_s),
            "maxPayload": 1_000_000,
        }
        self.connection.say(f"0{json.dumps(packet, separators=(',', ':'))}")
        super().opened()

    def heard(self, message: str | bytes) -> None:
        """Answer by the packet's type."""
        if not isinstance(message, str):
            return
        event = _EVENT.fullmatch(message)
        if message == "3":
            self.pings.wait()
        elif event:
            self.answer(f"4{'3' if event[1] else '2'}{event[1]}{event[2]}")
        elif message.startswith("40"):
            self.answer(f'40{{"sid":"n{self.connection.number}"}}')
