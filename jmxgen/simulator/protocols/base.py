"""What a protocol is: it hears messages and answers on its connection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from jmxgen.simulator.connection import Connection


class Dialogue:
    """One conversation on one connection."""

    name: ClassVar[str]

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def opened(self) -> None:
        """The 101 has been sent."""

    def heard(self, message: str | bytes) -> None:
        """Answer a message."""

    def ended(self) -> None:
        """The connection is over: end what was started for it."""

    def answer(self, message: str | bytes | dict[str, Any]) -> None:
        """Say something that carries the conversation: from the first answer on it counts as active."""
        self.connection.conversing = True
        self.connection.say(message)


def as_object(message: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object of a text message, or None where it is none."""
    if isinstance(message, bytes):
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
