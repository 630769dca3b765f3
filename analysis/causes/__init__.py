"""Why connections end: one module a cause, each with a `weigh(facts) -> Finding | None`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.causes import (
    client_exhaustion,
    concurrency_cap,
    handshake_rate_limit,
    healthy,
    idle_timeout,
    leaked_sessions,
    mass_disconnect,
    max_session_age,
    processing_bottleneck,
    random_drop,
    reconnect_storm,
    server_close,
    stall,
    unanswered_pings,
)

if TYPE_CHECKING:
    from jmxgen.analysis.causes.base import Cause

CAUSES: Final[tuple[Cause, ...]] = (
    healthy,
    concurrency_cap,
    handshake_rate_limit,
    processing_bottleneck,
    leaked_sessions,
    idle_timeout,
    max_session_age,
    unanswered_pings,
    mass_disconnect,
    reconnect_storm,
    client_exhaustion,
    server_close,
    stall,
    random_drop,
)
