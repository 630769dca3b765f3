"""The kinds of trouble that a simulated run can have, each drawn by chance so that it fits the plan.

A kind is a function: given the draft of a script and chance, it returns the script with its faults. Its
parameters come from wide priors; the plan is changed only where the trouble could not be seen otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.simulator.runs.kinds import absent, limits, losses, times, work

if TYPE_CHECKING:
    from jmxgen.simulator.runs.kinds.draft import Kind

KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "healthy": (work.healthy,),
    "concurrency-cap": (
        *(limits.cap,) * 3,
        limits.two_caps,
        limits.cap_drops_the_newest,
        limits.cap_drops_the_oldest,
        *(limits.cap_queues,) * 2,
    ),
    "leaked-sessions": (limits.leaks,),
    "handshake-rate-limit": (
        limits.rate_bucket,
        limits.rate_bucket,
        limits.rate_queue,
        limits.rate_queue,
        *(limits.rate_window,) * 3,
    ),
    "outage": (absent.outage, absent.outage, absent.whole_outage),
    "denied": (absent.denied, absent.denied, absent.denied_all, absent.token_expires),
    "wrong-endpoint": (absent.wrong_endpoint,),
    "idle-timeout": (times.idle, times.idle, times.idle_silent),
    "max-session-age": (times.age,),
    "unanswered-pings": (times.pings,),
    "processing-bottleneck": (work.bottleneck, work.bottleneck, work.conversations),
    "stall": (work.stall_for_a_while, work.stall_for_good, work.handshakes_unanswered),
    "mass-disconnect": (losses.mass, losses.mass, losses.rolling, losses.worker_killed),
    "reconnect-storm": (losses.storm,),
    "random-drop": (losses.random_losses, losses.random_losses, losses.random_refusals, losses.random_resets),
    "server-close": (losses.server_close,),
    "client-exhaustion": (*(losses.client_limits,) * 3, losses.client_pauses),
}
