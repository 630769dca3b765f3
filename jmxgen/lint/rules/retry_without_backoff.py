"""Nothing waits between two attempts at a handshake.

Why: Refusals come back within a millisecond: each caller then tries hundreds of times per second, and a
short refusal becomes an outage.

Fix: wait before each attempt but the first: base 1 s, doubled, capped, with full jitter

Source: RFC 6455, 7.2.3: truncated binary exponential backoff; AWS Architecture Blog, Exponential Backoff
And Jitter; gRPC connection-backoff.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX012", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for retry in subject.retries:
        if retry.wait is None:
            yield Hit(retry.loop.node, f"nothing waits between two attempts of {retry.opener.name!r}")
