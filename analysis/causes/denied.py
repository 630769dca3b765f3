"""Denied: refusals follow credentials or callers (401, 403, 407), not load or time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.causes.callers import by_caller
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "denied"
PHASES: Final = ("handshake",)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "status": Figure("HTTP status"),
    "share": Figure("share of all attempts"),
}
NEXT_RUN: Final = NextRun(
    changes=(Change(What.ONE_CALLER, "enough to see whether the corrected credentials are accepted"),),
    capacity=Capacity.SOME_CALLERS,
    remedy="correct the credentials, or the callers that are refused",
)
GOOD_CREDENTIALS: Final = dataclasses.replace(  # where only some are refused, one caller may be of the others
    NEXT_RUN,
    changes=(),
    instead="the same load with credentials known to be good: the refusals should be gone",
)
STATUSES: Final = (401, 403, 407)
MEANINGS: Final = {
    401: "the credentials are missing, wrong or expired",
    403: "the credentials are known and not allowed to do this",
    407: "a proxy wants credentials of its own",
}


def weigh(facts: Facts) -> Finding | None:
    """Weigh that the server knows whom it refuses."""
    status = facts.number("status")
    explained = facts.handshake & np.isin(status, STATUSES)
    if not explained.any():
        return None
    codes, numbers = np.unique(status[explained], return_counts=True)
    code, number = int(codes[numbers.argmax()]), int(explained.sum())
    callers = facts.once(by_caller)
    hit = np.unique(callers.of[explained])
    shut_out = int(callers.never_admitted[hit].sum())
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="handshake",
            finding=(
                f"{number:,} of {plural(facts.counts.attempted, 'attempt')} were refused with HTTP {code} "
                f"({MEANINGS.get(code, 'access denied')}); {shut_out:,} of "
                f"{plural(len(callers.tried), 'caller')} never got in"
            ),
            evidence={"status": code, "share": round(number / max(facts.counts.attempted, 1), 4)},
            support=(
                f"who calls explains {callers.consistency:.0%} of which attempt is refused; "
                f"{shut_out:,} of the {len(hit):,} callers concerned never got in"
            ),
            advice=(
                Step.for_all(
                    f"Check the credentials of the callers concerned (--connections lists them): HTTP {code} "
                    f"says that {MEANINGS.get(code, 'access is denied')}."
                ),
                Step.for_all(
                    "Where all fail from some time on, a token has expired: fetch it anew in the run."
                ),
            ),
            next_run=GOOD_CREDENTIALS if facts.counts.opened else NEXT_RUN,
        ),
        explained=explained,
        fit=callers.consistency,
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return what statuses say, and how far the outcome follows the caller."""
    callers, status = facts.once(by_caller), facts.number("status")
    number = max(len(callers.tried), 1)
    refused = ~callers.never_refused
    return {
        "refusals that deny access (401, 403, 407)": shapes.share(np.isin(status, STATUSES), facts.handshake),
        "refusals that say 401 or 407": shapes.share(np.isin(status, (401, 407)), facts.handshake),
        "outcomes that follow the caller": callers.consistency,
        "callers that never got in": int(callers.never_admitted.sum()) / number,
        "callers that were never refused": int(callers.never_refused.sum()) / number,
        "refused callers that never got in": shapes.share(callers.never_admitted, refused),
    }
