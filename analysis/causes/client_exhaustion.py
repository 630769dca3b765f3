"""Client exhaustion: the load generator ran out of ports, descriptors, threads or memory, or stood still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, NextRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "client-exhaustion"
PHASES: Final = (
    "handshake",
    "data",
)
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "resource": Figure("ran out of"),
}
NEXT_RUN: Final = NextRun(
    instead=(
        "the same callers from two engines (--remote): a limit of the load generator doubles, one of the "
        "server's stays"
    ),
    capacity=Capacity.GENERATOR,
    remedy=(
        "a limit of the load generator is not the server's: share the callers between engines (--remote), or "
        "raise the limit that it ran into"
    ),
)


# resource -> texts of the operating system and the Java runtime, in lower case
TEXTS: Final = {
    "ports": ("assign requested address", "address not available", "address already in use"),
    "descriptors": ("too many open files",),
    "threads": ("native thread",),
    "memory": ("outofmemory", "heap space", "gc overhead", "buffer space"),
}
ADVICE: Final = {
    "ports": (
        "Widen net.ipv4.ip_local_port_range, or spread the load over more engines (run --remote) or "
        "addresses: one address has at most 28,232 ports to one destination by default, and each stays "
        "taken for 60 s after its connection."
    ),
    "descriptors": (
        "Raise the limit on open files (ulimit -n) over callers + leaked connections + 200; the default of "
        "1024 leaves about 870 connections."
    ),
    "threads": "Raise ulimit -u and the cgroup's pids.max, or lower the thread stack (-Xss256k).",
    "memory": (
        "Raise JMeter's heap (HEAP=-Xmx…), and remove listeners that keep samples (jmxgen lint finds them)."
    ),
}
AFTER_GAP_MS = 2000.0
MISSING_SAMPLES = 20


def weigh(facts: Facts) -> Finding | None:
    """Weigh the client's own limits by their texts, and its standstills by gaps over all threads."""
    stuck = _around_gaps(facts)
    explained = facts.client | stuck
    if not explained.any():
        return None
    resource, by_text = _resource(facts)
    fit = 0.98 if facts.client.sum() >= stuck.sum() else 0.7
    total = sum(end - start for start, end in facts.run.gaps) / 1000
    standstill = (
        f"{plural(len(facts.run.gaps), 'time')} nothing of any thread went on, {total:.1f} s together"
    )
    if by_text:
        finding = (
            f"The load generator ran out of {resource}: {plural(int(facts.client.sum()), 'attempt')} never "
            "left it"
        )
    else:
        finding = f"The load generator stood still: {plural(int(stuck.sum()), 'failure')} came with it"
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="client",
            phase="handshake" if (explained & facts.data).sum() == 0 else "both",
            finding=finding,
            evidence={"resource": resource},
            support=by_text or standstill,
            advice=(
                Step.for_all(ADVICE[resource]),
                Step.for_all(
                    "Run the same load from several machines (run --remote): client-side limits disappear."
                ),
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=fit,
    )


def _resource(facts: Facts) -> tuple[str, str]:
    """Return what ran out, and the most frequent text that says so; memory where only standstills do."""
    reasons = facts.connections["reason"][facts.client].astype(str).value_counts()
    for reason in reasons.index:
        for resource, texts in TEXTS.items():
            if any(text in str(reason).lower() for text in texts):
                return resource, f"{int(reasons[reason]):,} times: {reason}"
    return ("ports", "attempts failed in the client") if facts.client.any() else ("memory", "")


def _standstills(facts: Facts) -> list[tuple[float, float]]:
    """Return the gaps that many samples are missing from: of few callers, nothing comes at times."""
    run = facts.run
    per_ms = run.samples / max(run.end_ms - run.start_ms, 1.0)
    return [(start, end) for start, end in run.gaps if (end - start) * per_ms >= MISSING_SAMPLES]


def _around_gaps(facts: Facts) -> NDArray[np.bool_]:
    """Return which closures and stalls were noticed in, or at once after, a standstill of all threads."""
    noticed = facts.number("noticed_at")
    within = np.zeros(len(noticed), bool)
    for start, end in _standstills(facts):
        within |= (noticed >= start) & (noticed <= end + AFTER_GAP_MS)
    stuck: NDArray[np.bool_] = (facts.data | facts.unanswered) & within
    return stuck


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return what the client says of its own limits, and how long it stood still."""
    gaps = sum(end - start for start, end in _standstills(facts))
    length = max(facts.run.end_ms - facts.run.start_ms, 1.0)
    return {
        "attempts that failed by the client's own limits": shapes.share(
            facts.client, facts.client | facts.handshake
        ),
        "trouble in or just after a standstill of all threads": shapes.share(
            _around_gaps(facts), facts.troubled
        ),
        "time in which no thread did anything": min(1.0, gaps / length),
    }
