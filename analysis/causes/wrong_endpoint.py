"""Wrong endpoint: no attempt ever gets a 101, and the answer says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "wrong-endpoint"
PHASES: Final = ("handshake",)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "answer": Figure("answer"),
}
NEXT_RUN: Final = NextRun(
    changes=(Change(What.ONE_CALLER, "enough to see whether the corrected URL opens"),),
    capacity=Capacity.ANY_LOAD,
    remedy="correct target.url: no WebSocket is served there",
)

NGINX: Final = (
    "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade"'
)

# How the server answers -> what that means, and what to change.
ANSWERS: Final = {
    200: (
        "an ordinary page is there, not a WebSocket",
        "Check the path: the server answers it as plain HTTP.",
    ),
    400: (
        "the server did not take it for an upgrade",
        f"Check the path, and whether a proxy in front passes Upgrade and Connection on ({NGINX}).",
    ),
    404: ("nothing is there", "Check the path and the query of the URL: the server has nothing there."),
    405: (
        "the method is not allowed there",
        "Check the path: what is there does not take an upgrade request.",
    ),
    410: ("it is gone", "Check the path and the version in it: the server says that this address is gone."),
    426: (
        "the Upgrade header does not arrive",
        f"Let the proxy in front pass Upgrade and Connection on ({NGINX}).",
    ),
    501: (
        "the server does not do WebSockets there",
        "Check host and path: this server has no WebSocket there.",
    ),
}
REDIRECT: Final = (
    "it is somewhere else",
    "Use the address that the redirect names: the sampler does not follow redirects.",
)
TLS: Final = (
    "TLS fails",
    (
        "Check wss against ws, the port, and the certificate: a port that speaks plain HTTP fails the TLS "
        "handshake, and a TLS port ends a plain request."
    ),
)
PROTOCOL: Final = (
    "the answer is not that of a WebSocket server",
    ("Check host, port and path: what answers there does not complete the upgrade (RFC 6455, 4.2.2)."),
)


def _telling(facts: Facts) -> NDArray[np.bool_]:
    """Return which attempts failed with an answer that says the address is wrong."""
    status = facts.number("status")
    by_status = np.isin(status, tuple(ANSWERS)) | ((status >= 300) & (status < 400))
    return facts.handshake & (by_status | facts.where("kind", "tls") | facts.where("kind", "protocol"))


def weigh(facts: Facts) -> Finding | None:
    """Weigh that the load never reached a WebSocket."""
    telling = _telling(facts)
    if not telling.any():
        return None
    status = int(np.bincount(np.maximum(facts.number("status")[telling], 0)).argmax())
    kind = "" if status else str(facts.connections["kind"][telling].mode().iloc[0])
    if status:
        answer = f"HTTP {status}"
        meaning, step = ANSWERS.get(status, REDIRECT)
    else:
        answer, (meaning, step) = kind, TLS if kind == "tls" else PROTOCOL
    number = int(telling.sum())
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="handshake",
            finding=(
                f"{'None' if not facts.counts.opened else f'{facts.counts.opened:,}'} of "
                f"{plural(facts.counts.attempted, 'attempt')} opened a connection: {answer}, {meaning}"
            ),
            evidence={"answer": answer},
            support=f"{number:,} attempts were answered with {answer}",
            advice=(
                Step.for_all(step),
                Step.for_all(
                    "Try the URL once by hand (websocat, a browser, curl --include) before the next run."
                ),
            ),
            next_run=NEXT_RUN,
        ),
        explained=facts.handshake if not facts.counts.opened else telling,
        fit=float(not facts.counts.opened),
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return what the answers say of the address."""
    status = facts.number("status")
    telling = shapes.share(_telling(facts), facts.handshake)
    return {
        "answers that say the address is wrong": telling,
        "answers that say the address is wrong, and none is admitted": telling
        * float(not facts.counts.opened),
        "TLS or protocol failures": shapes.share(
            facts.where("kind", "tls") | facts.where("kind", "protocol"), facts.handshake
        ),
        "answers 404, 405, 410, 426 or a redirect": shapes.share(
            np.isin(status, (404, 405, 410, 426)) | ((status >= 200) & (status < 400)), facts.handshake
        ),
    }
