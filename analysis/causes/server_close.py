"""Server close: the server says goodbye with close frames, for reasons of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, pings, shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "server-close"
PHASES: Final = ("data",)
PICTURE: Final = "sessions"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "code": Figure("close code"),
    "count": Figure("count"),
}
NEXT_RUN: Final = NextRun(
    changes=(Change(What.STEPS, "the number of callers and the time then no longer rise together"),),
)


# RFC 6455, 7.4.1, and the IANA registry of WebSocket close codes
MEANINGS: Final = {
    0: "no code",
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no code",
    1007: "invalid payload",
    1008: "policy violation",
    1009: "message too big",
    1010: "extension missing",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
}


def weigh(facts: Facts) -> Finding | None:
    """Weigh the close frames of the most frequent code."""
    closed = facts.data & ~facts.once(pings.named) & facts.where("kind", "server_close")
    if not closed.any():
        return None
    codes, numbers = np.unique(facts.number("code")[closed], return_counts=True)
    code, number = int(codes[numbers.argmax()]), int(numbers.max())
    explained = closed & (facts.number("code") == code)
    fit = number / int(closed.sum())
    reasons = facts.connections["reason"][explained].astype(str).value_counts()
    said = str(reasons.index[0]) if len(reasons) else ""
    quoted = f" ({said!r})" if said not in ("", "null") else ""
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="data",
            finding=(
                f"The server closed {plural(number, 'connection')} with code {code}, "
                f"{MEANINGS.get(code, 'its own code')}{quoted}"
            ),
            evidence={"code": code, "count": number},
            support=f"{number:,} of {int(facts.data.sum()):,} losses came with a close frame of this code",
            advice=(
                Step.for_all(
                    f"Ask the server's side what it means by code {code}: it chose to close, no network did."
                ),
                advice.SERVER_LOG,
                advice.DISCONNECT_TYPE,
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return what the server's close frames say."""
    closed = facts.where("kind", "server_close")
    code = facts.number("code")
    found = {
        "losses with a close frame": shapes.share(closed, facts.data),
        "losses with a close frame of the application (4000 and more)": shapes.share(
            closed & (code >= 4000), facts.data
        ),
    }
    for number in (1000, 1001, 1008, 1011, 1012, 1013):
        found[f"losses with close code {number}"] = shapes.share(closed & (code == number), facts.data)
    return found
