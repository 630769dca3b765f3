"""What is recorded for each cause: a server that fails in one way, a plan, and what the verdict must say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.cause_plans import DIGIT, OPENED, Generated, Hand, digits
from jmxgen.simulator.truth import TruthRow

Rows = Sequence[TruthRow]
# What must be found. A value, and how far off it may be: {"value": 50, "within": 0.05} (a share of the value)
# or {"value": ms, "seconds": 1} (a moment); {"holds": 3}: an interval around it; {"is": "…"}: exactly it.
Expected = dict[str, Any]
LIMIT, RATE = 0.05, 0.15  # the promise


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recording:
    """One run of a real JMeter against a faulty server."""

    name: str
    cause: str
    side: str
    phase: str
    plan: Hand | Generated
    faults: tuple[str, ...] = ()
    timeline: str = ""
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # Expected
    logged: Callable[[Rows], Expected] | None = None  # more of it, that only the server's log tells
    form: str = "csv"
    engines: int = 1
    metrics: bool = False  # whether the server's series goes with it
    files: int | None = None  # the limit on open files that JMeter gets
    query: str = ""
    seed: int = 1  # of the server's random choices


def limit(value: int) -> Expected:
    """A number of connections."""
    return {"limit": {"value": value, "within": LIMIT}}


def rate(value: float) -> Expected:
    """A rate of handshakes."""
    return {"rate_per_s": {"value": value, "within": RATE}}


def seconds(value: float) -> Expected:
    """A duration."""
    return {"seconds": {"value": value, "within": LIMIT}}


def mass(rows: Rows) -> Expected:
    """The moment and the number of connections, from the log."""
    hit = [row.ended_at for row in rows if row.cause == "mass-disconnect"]
    return {"at": {"value": min(hit), "seconds": 1}, "connections": {"value": len(hit), "within": LIMIT}}


def storm(rows: Rows) -> Expected:
    """The most attempts within a second after the loss, and the moment of the loss, from the log."""
    began = min(row.ended_at for row in rows if row.cause == "mass-disconnect")
    times = [row.attempted_at for row in rows if row.attempted_at >= began]
    peak = max(sum(at <= other < at + 1000 for other in times) for at in times)
    return {"attempts_per_s": {"value": peak, "within": RATE}, "after": {"value": began, "seconds": 1}}


def goodbyes(code: int) -> Callable[[Rows], Expected]:
    """The close code, and how many got it, from the log."""

    def count(rows: Rows) -> Expected:
        number = sum(row.cause == "server-close" for row in rows)
        return {"code": {"is": code}, "count": {"value": number, "within": LIMIT}}

    return count


def hazard(rows: Rows) -> Expected:
    """The part of the opened connections that was lost to chance, from the log."""
    opened = sum(row.opened_at is not None for row in rows)
    lost = sum(row.cause == "random-drop" for row in rows)
    return {"rate": {"value": lost / opened, "within": RATE}}


CAP: dict[str, Any] = {"cause": "concurrency-cap", "side": "server"}
RATE_LIMIT: dict[str, Any] = {"cause": "handshake-rate-limit", "side": "server", "phase": "handshake"}
BOTTLENECK: dict[str, Any] = {"cause": "processing-bottleneck", "side": "server", "phase": "data"}
LEAK: dict[str, Any] = {"cause": "leaked-sessions", "side": "client", "phase": "handshake"}
IDLE: dict[str, Any] = {"cause": "idle-timeout", "side": "server", "phase": "data"}
AGE: dict[str, Any] = {"cause": "max-session-age", "side": "server", "phase": "data"}
PINGS: dict[str, Any] = {"cause": "unanswered-pings", "side": "client", "phase": "data"}
MASS: dict[str, Any] = {"cause": "mass-disconnect", "side": "server", "phase": "data"}
STORM: dict[str, Any] = {"cause": "reconnect-storm", "side": "client", "phase": "both", "logged": storm}
CLIENT: dict[str, Any] = {
    "cause": "client-exhaustion",
    "side": "client",
    "phase": "handshake",
    "evidence": {"resource": {"is": "descriptors"}},
}
CLOSE: dict[str, Any] = {"cause": "server-close", "side": "server", "phase": "data"}
STALL: dict[str, Any] = {"cause": "stall", "side": "server"}
DROP: dict[str, Any] = {"cause": "random-drop", "side": "unknown", "phase": "data", "logged": hazard}
HEALTHY: dict[str, Any] = {"cause": "healthy", "side": "none", "phase": "none"}

_CAUSES = (
    # concurrency-cap, in all its forms
    Recording(
        **CAP,
        name="cap-503-generated",
        phase="handshake",
        plan=Generated(callers=70, ramp="8s", hold="12s", call=digits("1s..3s")),
        faults=("cap:limit=40,form=503", "random:hazard=0.15/m"),
        evidence=limit(40),
    ),
    Recording(
        **CAP,
        name="cap-429-two-engines",
        phase="handshake",
        engines=2,
        plan=Generated(callers=40, ramp="10s", hold="10s", call=digits("1s..3s")),
        faults=("cap:limit=50,form=429",),
        evidence=limit(50),
    ),
    Recording(
        **CAP,
        name="cap-503-explicit",
        phase="handshake",
        faults=("cap:limit=60,form=503",),
        plan=Hand(style="explicit", callers=100, ramp=10, loops=1, exchanges=10, wait=2000),
        evidence=limit(60),
    ),
    Recording(
        **CAP,
        name="cap-reset-implicit",
        phase="handshake",
        faults=("cap:limit=35,form=reset",),
        plan=Hand(style="implicit", callers=60, ramp=10, between=800, on_error="startnextloop"),
        evidence=limit(35),
    ),
    Recording(
        **CAP,
        name="cap-eof-transaction-xml",
        phase="handshake",
        form="xml",
        faults=("cap:limit=30,form=eof",),
        plan=Hand(style="talk", callers=45, ramp=12, between=500, on_error="startnextloop"),
        evidence=limit(30),
    ),
    Recording(
        **CAP,
        name="cap-reset-after-explicit",
        phase="data",
        faults=("cap:limit=40,form=reset-after",),
        plan=Hand(style="explicit", callers=60, ramp=10, between=800),
        evidence=limit(40),
    ),
    Recording(
        **CAP,
        name="cap-reset-after-generated",
        phase="data",
        faults=("cap:limit=40,form=reset-after",),
        plan=Generated(callers=60, ramp="8s", hold="12s", call=digits("1s..3s")),
        evidence=limit(40),
    ),
    Recording(
        **CAP,
        name="channels-listener",
        phase="data",
        faults=("channels:limit=20,form=eof",),
        query="&token=team",
        plan=Hand(style="listener", callers=30, ramp=15, seconds=22, exchanges=20, on_error="startnextloop"),
        evidence=limit(20),
    ),
    # handshake-rate-limit
    Recording(
        **RATE_LIMIT,
        name="rate-429-generated",
        faults=("rate:limit=6/s,form=429",),
        plan=Generated(callers=60, ramp="2s", hold="18s", call=digits("1s..3s")),
        evidence=rate(6),
    ),
    Recording(
        **RATE_LIMIT,
        name="rate-503-explicit",
        faults=("rate:limit=8/s,burst=4,form=503",),
        plan=Hand(style="explicit", callers=40, exchanges=3, between=1000, on_error="startnextloop"),
        evidence=rate(8),
    ),
    Recording(
        **RATE_LIMIT,
        name="rate-reset-one-label-xml",
        form="xml",
        faults=("rate:limit=5/s,form=reset",),
        plan=Hand(style="one_label", callers=30, exchanges=3, between="${__Random(500,2500)}"),
        evidence=rate(5),
    ),
    # processing-bottleneck
    Recording(
        **BOTTLENECK,
        name="workers-generated-metrics",
        metrics=True,
        faults=("processing:workers=2,service=50ms,queue=40,form=reset",),
        plan=Generated(callers=110, ramp="15s", hold="8s", call=digits("500ms..1500ms", 6)),
    ),
    Recording(
        **BOTTLENECK,
        name="workers-explicit",
        faults=("processing:workers=2,service=60ms,queue=40,form=eof",),
        plan=Hand(style="explicit", callers=100, ramp=15, seconds=24, exchanges=8, wait=700),
    ),
    Recording(
        **BOTTLENECK,
        name="conversations-implicit-metrics",
        metrics=True,
        faults=("processing:workers=50,service=10ms,queue=12,conversations=25,form=reset",),
        plan=Hand(style="implicit", callers=60, ramp=15, seconds=24, exchanges=8, wait=900),
        evidence={"plateau": {"value": 25, "within": LIMIT}},
    ),
    # leaked-sessions
    Recording(
        **LEAK,
        name="leaks-implicit",
        faults=("slots:limit=40,hold=10s,form=503",),
        evidence=limit(40),
        plan=Hand(style="implicit_leaver", callers=20, exchanges=3, wait=500, between=1000),
    ),
    Recording(
        **LEAK,
        name="leaks-explicit-xml",
        form="xml",
        faults=("slots:limit=50,hold=8s,form=reset",),
        evidence=limit(50),
        plan=Hand(style="leaver", callers=25, exchanges=3, between=600),
    ),
    # idle-timeout
    Recording(
        **IDLE,
        name="idle-eof-generated",
        faults=("idle:limit=2500ms,form=eof",),
        evidence=seconds(2.5),
        plan=Generated(callers=40, ramp="5s", hold="18s", call=digits("1s..3s", 4)),
    ),
    Recording(
        **IDLE,
        name="idle-reset-explicit-xml",
        form="xml",
        faults=("idle:limit=2s,form=reset",),
        evidence=seconds(2),
        plan=Hand(style="explicit", callers=50, wait="${__Random(500,3000)}", seconds=24),
    ),
    Recording(
        **IDLE,
        name="idle-close-transaction",
        faults=("idle:limit=3s,form=1001",),
        evidence=seconds(3),
        plan=Hand(style="talk", callers=50, wait="${__Random(1500,4500)}", exchanges=6, seconds=28),
    ),
    Recording(
        **IDLE,
        name="idle-fixed-pause-implicit",
        faults=("idle:limit=2500ms,form=eof",),
        evidence={"interval": {"holds": 2.5}},
        plan=Hand(style="implicit", callers=40, wait=3500, exchanges=3, between=100, seconds=24),
    ),
    # max-session-age
    Recording(
        **AGE,
        name="age-reset-generated",
        faults=("max-age:limit=6s,form=reset",),
        evidence=seconds(6),
        plan=Generated(callers=40, ramp="8s", hold="14s", call=digits("200ms..2s", 7)),
    ),
    Recording(
        **AGE,
        name="age-eof-explicit",
        faults=("max-age:limit=5s,form=eof",),
        evidence=seconds(5),
        plan=Hand(style="explicit", callers=50, exchanges=6, wait="${__Random(100,1500)}", seconds=24),
    ),
    Recording(
        **AGE,
        name="age-close-implicit-xml",
        form="xml",
        faults=("max-age:limit=4s,form=1001",),
        evidence=seconds(4),
        plan=Hand(style="implicit", callers=40, exchanges=6, wait="${__Random(100,1200)}"),
    ),
    # unanswered-pings
    Recording(
        **PINGS,
        name="pings-1011-explicit",
        faults=("pings:interval=1s,timeout=1s,form=1011",),
        plan=Hand(style="explicit", callers=40, wait="${__Random(200,2500)}"),
        evidence=seconds(2),
    ),
    Recording(
        **PINGS,
        name="pings-eof-transaction",
        faults=("pings:interval=1s,timeout=1s,form=eof",),
        plan=Hand(style="talk", callers=40, wait="${__Random(200,2500)}"),
        evidence=seconds(2),
    ),
    Recording(
        **PINGS,
        name="pings-1011-generated-deaf",
        faults=("pings:interval=2s,timeout=2s,form=1011",),
        plan=Generated(
            callers=40,
            ramp="6s",
            hold="16s",
            call=digits("500ms..3s", 4),
            rest="keep_alive: {reply_to_pings: false}\n",
        ),
        evidence=seconds(4),
    ),
    # mass-disconnect
    Recording(
        **MASS,
        name="mass-reset-generated",
        faults=("mass:at=12s,form=reset",),
        logged=mass,
        plan=Generated(
            callers=80, ramp="6s", hold="16s", call=digits("1s..2s", 4), load="handshake_rate: 25/s"
        ),
    ),
    Recording(
        **MASS,
        name="mass-1012-explicit-xml",
        form="xml",
        faults=("mass:at=12s,form=1012,share=70%",),
        logged=mass,
        plan=Hand(style="explicit", callers=60, exchanges=12, wait="${__Random(500,1500)}"),
    ),
    Recording(
        **MASS,
        name="mass-eof-implicit",
        faults=("mass:at=11s,form=eof",),
        logged=mass,
        plan=Hand(style="implicit", callers=60, exchanges=12, on_error="startnextloop", between=2000),
    ),
    # reconnect-storm
    Recording(
        **STORM,
        name="storm-explicit",
        faults=("mass:at=11s,form=reset", "rate:limit=12/s,burst=12,form=503"),
        plan=Hand(
            style="listener",
            callers=70,
            ramp=8,
            seconds=22,
            exchanges=30,
            on_error="startnextloop",
            between=700,
        ),
    ),
    Recording(
        **STORM,
        name="storm-generated-no-jitter",
        faults=("mass:at=12s,form=eof", "rate:limit=12/s,burst=12,form=429"),
        plan=Generated(
            callers=80,
            ramp="8s",
            hold="16s",
            call=OPENED + ("  - listen: 1s\n" + DIGIT) * 20,
            reconnect="{max_attempts: 12, base: 1s, cap: 2s, jitter: none, first_wait: 0s}",
        ),
    ),
    Recording(
        **STORM,
        name="storm-implicit-xml",
        form="xml",
        faults=("mass:at=11s,form=eof", "rate:limit=10/s,burst=10,form=reset"),
        plan=Hand(
            style="implicit",
            callers=50,
            ramp=8,
            seconds=20,
            exchanges=30,
            wait=600,
            on_error="startnextloop",
            between=500,
        ),
    ),
    # client-exhaustion
    Recording(
        **CLIENT,
        name="files-explicit",
        files=230,
        plan=Hand(style="explicit", callers=150, ramp=10, exchanges=12),
    ),
    Recording(
        **CLIENT,
        name="files-generated",
        files=230,
        plan=Generated(callers=150, ramp="8s", hold="8s", call=digits("1s..3s", 4)),
    ),
    # server-close
    Recording(
        **CLOSE,
        name="close-1013-generated",
        faults=("close:code=1013,after=0s,share=30%",),
        logged=goodbyes(1013),
        plan=Generated(callers=50, ramp="6s", hold="14s", call=digits("500ms..1500ms")),
    ),
    Recording(
        **CLOSE,
        name="close-1011-explicit-xml",
        form="xml",
        logged=goodbyes(1011),
        timeline="".join(
            f'- {{at: {at}s, set: "close:code=1011,after={after}ms,share=40%"}}\n'
            for at, after in ((0, 300), (3, 2500), (6, 900), (9, 4000), (12, 1500), (15, 600))
        ),
        plan=Hand(style="explicit", callers=40, exchanges=5),
    ),
    Recording(
        **CLOSE,
        name="close-4000-transaction",
        logged=goodbyes(4000),
        timeline="".join(
            f'- {{at: {at}s, set: "close:code=4000,after={after}ms,share=30%"}}\n'
            for at, after in ((0, 2200), (4, 400), (8, 3500), (12, 1200), (16, 100))
        ),
        plan=Hand(style="talk", callers=40, exchanges=5),
    ),
    # stall
    Recording(
        **STALL,
        name="silence-generated",
        phase="data",
        faults=("silence:after=1,share=25%",),
        plan=Generated(
            callers=40,
            ramp="6s",
            hold="14s",
            call=digits("500ms..1500ms").replace("within: 5s", "within: 2s"),
        ),
    ),
    Recording(
        **STALL,
        name="silence-transaction",
        phase="data",
        faults=("silence:after=1,share=20%",),
        plan=Hand(style="talk", callers=40, exchanges=5),
    ),
    Recording(
        **STALL,
        name="no-101-implicit-xml",
        form="xml",
        phase="handshake",
        faults=("stall:share=25%",),
        plan=Hand(style="implicit", callers=40, on_error="startnextloop", seconds=24),
    ),
    # random-drop
    Recording(
        **DROP,
        name="random-hazard-generated",
        faults=("random:hazard=3/m,form=reset",),
        plan=Generated(callers=60, ramp="6s", hold="18s", call=digits("500ms..2500ms", 4)),
    ),
    Recording(
        **DROP,
        name="random-answers-explicit",
        faults=("random:probability=5%,form=eof",),
        plan=Hand(style="explicit", callers=50, exchanges=5),
    ),
    Recording(
        **DROP,
        name="random-hazard-one-label-xml",
        form="xml",
        faults=("random:hazard=3/m,form=reset",),
        plan=Hand(style="one_label", callers=50, exchanges=5),
    ),
)


def _healthy(number: int) -> Recording:
    """A short run with a little noise, or none."""
    noise = (
        (),
        ("random:hazard=0.4/m",),
        ("random:probability=0.4%,form=eof",),
        ("silence:after=1,share=0.2%",),
    )
    styles: tuple[Hand | Generated, ...] = (
        Generated(callers=25, ramp="3s", hold="6s", call=digits("200ms..900ms")),
        Hand(style="explicit", callers=25, ramp=3, seconds=9, wait="${__Random(200,900)}"),
        Hand(style="implicit", callers=25, ramp=3, seconds=9, wait="${__Random(200,900)}"),
        Hand(style="talk", callers=20, ramp=3, seconds=9, wait="${__Random(200,900)}"),
        Hand(style="listener", callers=20, ramp=3, seconds=9, exchanges=2),
    )
    return Recording(
        **HEALTHY,
        name=f"healthy-{number:02}",
        plan=styles[number % 5],
        faults=noise[number % 4],
        form="xml" if number % 7 == 6 else "csv",
        seed=number,
    )


RECORDINGS: tuple[Recording, ...] = (*_CAUSES, *(_healthy(number) for number in range(20)))
