"""A key without which nobody gets in."""

from __future__ import annotations

import dataclasses
import os
import secrets
from typing import TYPE_CHECKING

from jmxgen.simulator import values
from jmxgen.simulator.faults.base import Fault, parameter

if TYPE_CHECKING:
    from jmxgen.simulator.world import Line


def _from_environment(name: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise ValueError("the name of an environment variable that is set")
    return found


@dataclasses.dataclass(eq=False, kw_only=True)
class Auth(Fault):
    """Answer 401 to a request whose X-API-KEY is not `key`, or the environment variable `env`."""

    name = "auth"
    cause = ""

    key: str | None = parameter(values.word, "")
    env: str | None = parameter(_from_environment, "")

    def __post_init__(self) -> None:
        if not (self.key or self.env):
            raise ValueError("give it a key or an env")

    def on_handshake(self, connection: Line) -> int | None:
        """Compare the keys."""
        given = connection.header("X-API-KEY") or ""
        right = self.key or self.env or ""
        return None if secrets.compare_digest(given.encode(), right.encode()) else 401
