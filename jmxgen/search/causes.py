"""What the causes of a verdict mean for a search: which are not a matter of capacity, and what to change."""

from __future__ import annotations

from typing import Final

SURE: Final = 0.5  # a verdict as sure as this may end a search,
LEAST: Final = 5  # with so many failures,
UNLIKELY: Final = 0.01  # where fewer callers don't show that the load matters (Fisher's exact test)
OF_SOME_CALLERS: Final = ("leaked-sessions", "denied")  # may begin with the callers that come last
RATE_LIMIT: Final = "handshake-rate-limit"
LIMITS: Final = ("concurrency-cap", RATE_LIMIT)
CLIENT: Final = "client-exhaustion"
CHANGES: Final = {
    "leaked-sessions": (
        "the plan must close its connections first: a disconnect on every path (`jmxgen harden` adds it to a "
        "plan of your own)"
    ),
    "idle-timeout": "send something more often: keep_alive.ping_every, or shorter pauses",
    "max-session-age": "shorter calls, or a planned reconnect before the age limit; or raise that limit",
    "unanswered-pings": "answer the server's pings: keep_alive.reply_to_pings: true, and listen, not pause",
    "random-drop": "look for an unreliable network or server; the same share fails at any load",
    "denied": "correct the credentials, or the callers that are refused",
    "wrong-endpoint": "correct target.url: no WebSocket is served there",
}
ENGINES: Final = (
    "a limit of the load generator is not the server's: share the callers between engines (--remote), or "
    "raise the limit that it ran into"
)
