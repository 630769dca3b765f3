"""Unknown: no cause fits. What was seen is said all the same, and where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, shapes, unseen
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.model import Phase

NAME: Final = "unknown"
PHASES: Final = (
    "handshake",
    "data",
)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {}
NEXT_RUN: Final = NextRun(
    changes=(Change(What.STEPS, "the number of callers and the time then no longer rise together"),),
)


# how the client saw most closures -> what to look at
HINTS: Final = {
    "HTTP 400": Step.for_all(
        "Compare the upgrade request's path, query and headers with what the server expects."
    ),
    "HTTP 401": Step(
        "Give valid credentials: the server refuses these (target.headers, secrets as -J properties).",
        "Give valid credentials: the server refuses these (HTTP Header Manager).",
    ),
    "HTTP 403": Step.for_all(
        "Check what these credentials may do, and whether an address or origin is blocked."
    ),
    "HTTP 404": Step(
        "Check the path of target.url: the server has nothing there.",
        "Check the Path of the Open sampler: the server has nothing there.",
    ),
    "refused": Step(
        "Check host and port of target.url: nothing listens there, or a firewall refuses.",
        "Check the server and port of the Open sampler: nothing listens there, or a firewall refuses.",
    ),
    "tls": Step.for_all("Check wss against ws, the port, and the certificate (javax.net.ssl.trustStore)."),
    "protocol": Step(
        "Check that target.url is a WebSocket server: it did not answer the upgrade request as one.",
        "Check that the address is that of a WebSocket server: it did not answer the upgrade request as one.",
    ),
    "timeout": Step(
        "Check that the server can be reached: nothing came back before target.connect_timeout or "
        "read_timeout.",
        "Check that the server can be reached: nothing came back before the Open sampler's timeouts.",
    ),
}
LOOK: Final = Step.for_all(
    "Look at the first closures one by one with --connections, and at the server's log of that time."
)
UNTANGLE: Final = Step.for_all(
    "Give the files of several load generators one by one (--engines), each in the order in which JMeter "
    "wrote it."
)


def weigh(facts: Facts) -> Finding:
    """Say what was seen, for a run that no cause explains."""
    counts = facts.counts
    seen = facts.how(facts.closures) if facts.closures.any() else ""
    hint = HINTS.get(seen.split(", ")[0])
    steps: tuple[Step, ...] = (hint, LOOK) if hint else (LOOK, advice.SERVER_LOG)
    closures = counts.handshake + counts.data
    if not counts.attempted:
        finding = "No WebSocket connection was found in these results"
        steps = (
            Step.for_all(
                "Check that the plan uses WebSocket samplers, and that successful samples are recorded."
            ),
        )
    elif blind := unseen.blind(facts.run):
        finding = f"{plural(closures, 'closure')} of {plural(counts.attempted, 'connection')}: {blind}"
        steps = (UNTANGLE, *steps) if facts.run.tangled else steps
    elif not closures and (hidden := unseen.why(facts.run)):
        finding = f"No connection was lost or refused in what can be judged, but {hidden}"
    elif not counts.opened:
        finding = f"None of {plural(counts.attempted, 'attempt')} opened a connection ({seen})"
    elif facts.denied.sum() > closures / 2:
        finding = (
            f"The server denied {int(facts.denied.sum()):,} of {plural(counts.attempted, 'attempt')} ({seen})"
        )
    else:
        how = f" ({seen})" if seen else ""
        finding = f"{plural(closures, 'closure')} of {plural(counts.attempted, 'connection')}{how}"
        finding += ", in no known pattern"
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="unknown",
            phase=_phase(counts.handshake, counts.data),
            finding=finding,
            evidence={},
            advice=steps,
        ),
        explained=facts.troubled,
        fit=0.0,
    )


def _phase(handshake: int, data: int) -> Phase:
    if handshake and data:
        return "both"
    return "handshake" if handshake else "data" if data else "none"


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return the size of what is to be explained: little evidence supports any answer less."""
    return {
        "closures, in number": shapes.many(int(facts.closures.sum())),
        "both phases have trouble": float(facts.trouble("handshake").any() and facts.trouble("data").any()),
    }
