"""Nothing limits how often a handshake is tried.

Why: Against a server that refuses for good (401, a limit reached) the plan becomes a flood of handshakes.

Fix: count the attempts and give up after a handful

Source: RFC 6455, 7.2.3; AWS Architecture Blog, Exponential Backoff And Jitter; gRPC connection-backoff.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX011", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for retry in subject.retries:
        if not retry.bounded:
            yield Hit(retry.loop.node, f"tries {retry.opener.name!r} again without a limit")
