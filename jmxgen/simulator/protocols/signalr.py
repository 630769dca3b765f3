"""SignalR's hub protocol as JSON: each message ends with the record separator, U+001E.

{"protocol":"json","version":1}     -> {}
an invocation (type 1) with an id   -> a completion (type 3) with the first argument as its result
a ping (type 6)                     <- one each 15 s; the client sends its own, at least each 30 s
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Final

from jmxgen.simulator.protocols.application_pings import Pinging, Pings
from jmxgen.simulator.protocols.base import as_object

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection

END: Final = "\x1e"


class SignalR(Pinging):
    """One connection of one client."""

    name: ClassVar[str] = "signalr"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.pings = Pings(connection, f'{{"type":6}}{END}', interval_s=15.0, timeout_s=30.0)

    def heard(self, message: str | bytes) -> None:
        """Answer each message of a text that ends as it must."""
        if not isinstance(message, str) or not message.endswith(END):
            self.connection.drop(1007, "", "no record separator")
            return
        for record in message[:-1].split(END):
            said = as_object(record) or {}
            if said.get("protocol"):
                self._say({})
            elif said.get("type") == 1 and "invocationId" in said:
                argument = next(iter(said.get("arguments") or ()), None)
                self._say({"type": 3, "invocationId": said["invocationId"], "result": argument})
            elif said.get("type") == 6:
                self.pings.wait()

    def _say(self, message: dict[str, Any]) -> None:
        self.answer(json.dumps(message) + END)
