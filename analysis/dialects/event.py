"""What a row can mean for a connection."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Event(enum.IntEnum):
    """What happened, as far as the row alone shows."""

    IGNORED = 0  # not a row of a WebSocket sampler
    USED = 1  # frames passed
    IDLE = 2  # a read that may stay empty stayed empty
    TIMEOUT = 3  # no answer in time: to the handshake, or on an open connection
    REFUSED = 4  # the handshake failed, for certain
    LOST = 5  # the connection is gone without a close frame, for certain after the handshake
    RESET = 6  # an I/O error that occurs in both phases
    SERVER_CLOSE = 7  # the server's close frame
    CLOSED = 8  # the client's close was answered
    CLOSE_UNANSWERED = 9  # the client's close was sent, and what came was not a close frame
    NO_CONNECTION = 10  # there is no connection to use or to close
    MISCONFIGURED = 11  # the sampler refused its own settings
    UNKNOWN = 12  # a failing row of a WebSocket sampler that no rule knows
    FAILED = 14  # by no known rule: the handshake where the label opens connections, else not ours
    PINGED = 13  # a ping came in place of what the sampler read for: the client left it unanswered


def is_any(events: NDArray[np.signedinteger[Any]], first: Event, *others: Event) -> NDArray[np.bool_]:
    """Return which events are one of these: `np.isin`, twenty times as fast for a few small numbers."""
    found: NDArray[np.bool_] = events == int(first)
    for other in others:
        found |= events == int(other)
    return found


class Opens(enum.IntEnum):
    """Whether the row itself opened the connection that it is about."""

    NO = 0
    YES = 1
    BY_SIZE = 2  # it did when it counts a handshake's bytes or milliseconds


@dataclasses.dataclass(frozen=True, slots=True)
class Classification:
    """What a row with one code, message and success means."""

    event: Event
    opens: Opens = Opens.NO
    kind: str = ""  # of the handshake closure where it is one
    lost_kind: str = ""  # of the data closure where it is one
    status: int = 0  # the HTTP status that refused the handshake
    code: int = 0  # the close code
    reason: str = ""  # the close frame's reason, or the error's text
    dialect: str = ""  # empty where the row could be of any sampler
    closer: bool = False  # only a sampler that closes writes this
    vague: bool = False  # the text is unknown: maybe no loss at all
    echo: bool = False  # the close frame that came is what a server answers, not one of its own
    lingers: bool = False  # the sampler keeps what the server closed, and goes on to use it
    fragment: bool = False  # a part of a message, which the client takes for a message


IGNORED: Final = Classification(Event.IGNORED)
