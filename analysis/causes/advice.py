"""Next steps that more than one cause gives. Limits are named only by where they can be read."""

from __future__ import annotations

from typing import Final

LIMITS: Final = (
    "Read the limit instead of guessing it: GET /api/v2/organizations/limits/namespaces/{namespaceName} "
    "(namespaces notifications, audiohook, platform.api, …) says what the Genesys Cloud organization may "
    "use, and POST /api/v2/analytics/ratelimits/aggregates/query (metric oRateLimitRecorded) whether a "
    "limit was hit. Where neither shows it, look at what stands between: load balancer, proxy, your own bot "
    "server."
)
CHANNELS: Final = (
    "On notification channels, give each caller its own channel: there are 20 per user and application, and "
    "a 21st removes the oldest, so callers that share one OAuth client evict each other."
)
DISCONNECT: Final = (
    "Close every connection with a disconnect step on every path (jmxgen's plans do; `jmxgen harden` adds "
    "it to others): a connection abandoned without a close frame may hold its slot until the server's own "
    "timeout."
)
PACE: Final = (
    "Set load.handshake_rate, and keep reconnect.jitter: full: callers then open one after the other "
    "instead of all at once, retries included."
)
KEEP_ALIVE: Final = "Set keep_alive.reply_to_pings: true and keep_alive.ping_every to well under {limit}."
CONVERSATIONS: Final = (
    "Watch Active Conversations during the run and give the series to --metrics: POST "
    "/api/v2/analytics/flows/observations/query or /api/v2/analytics/conversations/activity/query. A "
    "plateau there while connections still open is a bottleneck in the processing of sessions, not in the "
    "network."
)
DISCONNECT_TYPE: Final = (
    "Ask the platform who ended the sessions: POST /api/v2/analytics/conversations/details/query gives each "
    "segment's disconnectType (client, peer, system, timeout, transportFailure, …) and errorCode."
)
SERVER_LOG: Final = (
    "Join the server's or load balancer's log with --connections: each row says between which times its "
    "connection ended."
)
