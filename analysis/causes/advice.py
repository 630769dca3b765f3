"""Next steps that more than one cause gives. Limits are named only by where they can be read."""

from __future__ import annotations

from typing import Final

from jmxgen.analysis.advice import Step

LIMITS: Final = Step.for_all(
    "Read the limit instead of guessing it: GET /api/v2/organizations/limits/namespaces/{namespaceName} "
    "(namespaces notifications, audiohook, platform.api, …) says what the organization may use, and POST "
    "/api/v2/analytics/ratelimits/aggregates/query (metric oRateLimitRecorded) whether a limit was hit.",
    genesys=True,
)
FIND_LIMIT: Final = Step.for_all(
    "Look for a limit of that size in everything between: load balancer, proxy, gateway, the server's own "
    "settings for connections, workers and open files."
)
CHANNELS: Final = Step.for_all(
    "On notification channels, give each caller its own channel: there are 20 per user and application, and "
    "a 21st removes the oldest, so callers that share one OAuth client evict each other.",
    genesys=True,
)
DISCONNECT: Final = Step(
    "Close every connection with a disconnect step on every path (jmxgen's plans do): a connection abandoned "
    "without a close frame may hold its slot until the server's own timeout.",
    "Add a WebSocket Close sampler on every path (`jmxgen harden` does): a connection abandoned without a "
    "close frame may hold its slot until the server's own timeout.",
)
PACE: Final = Step(
    "Set load.handshake_rate and keep reconnect.jitter: full: callers then open one after the other instead "
    "of all at once, retries included.",
    "Lengthen the Thread Group's ramp-up and wait a random time before each new Open (`jmxgen harden` adds "
    "it): callers then open one after the other instead of all at once.",
)
CONVERSATIONS: Final = Step.for_all(
    "Watch Active Conversations during the run and give the series to --metrics: POST "
    "/api/v2/analytics/flows/observations/query. A plateau there while connections still open is a "
    "bottleneck in the processing of sessions, not in the network.",
    genesys=True,
)
DISCONNECT_TYPE: Final = Step.for_all(
    "Ask the platform who ended the sessions: POST /api/v2/analytics/conversations/details/query gives each "
    "segment's disconnectType (client, peer, system, timeout, transportFailure, …) and errorCode.",
    genesys=True,
)
SERVER_LOG: Final = Step.for_all(
    "Give the log of the server or proxy to --server-log: it says for each connection who ended it.",
    asks_for_server_log=True,
)


def keep_alive(limit: str) -> Step:
    """Return how to keep frames passing more often than a limit, a duration in words."""
    return Step(
        f"Set keep_alive.reply_to_pings: true and keep_alive.ping_every to well under {limit}.",
        f"Add a Ping/Pong sampler well within {limit}, and a Ping Frame Filter that replies to pings.",
    )
