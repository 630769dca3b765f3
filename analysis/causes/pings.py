"""Pings that the client leaves unanswered: by the server's own word, by the rows, by the scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

ANSWER_MESSAGES: Final = Step(
    "Where the server pings in messages of its own (Socket.IO, SignalR, graphql-ws), answer them with on: no "
    "reply was sent in this run.",
    "Where the server pings in messages of its own (Socket.IO, SignalR, graphql-ws), read and answer them: "
    "a Ping Frame Filter does not.",
)
WORDS: Final = ("ping", "pong", "keepalive", "keep-alive", "heartbeat")


def named(facts: Facts) -> NDArray[np.bool_]:
    """Return which losses came with a close frame that names pings as the reason: the server's own word."""
    return np.asarray(facts.reasons(WORDS))


def were_read(facts: Facts) -> bool:
    """Return whether samplers read pings in place of data on most of the connections that were lost."""
    lost = facts.data & ~facts.early
    return bool(lost.any()) and float((facts.number("pings")[lost] > 0).mean()) > 0.5


def go_unanswered(facts: Facts) -> bool:
    """Return whether the client leaves pings unanswered: by its rows, or by its scenario's keep_alive."""
    said = (facts.run.scenario or {}).get("keep_alive")
    deaf = isinstance(said, Mapping) and said.get("reply_to_pings") is False
    return deaf or facts.once(were_read)
