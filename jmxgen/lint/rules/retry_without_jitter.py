"""Every caller waits the same time between two attempts.

Why: Callers that lost their connections together come back together, again and again: a reconnect storm.

Fix: draw the wait at random: a Uniform Random Timer, or full jitter in a script

Source: RFC 6455, 7.2.3: the first delay is to be random; AWS Architecture Blog, Exponential Backoff And
Jitter; gRPC connection-backoff.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.lint.model import Hit, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.lint.subject import Subject


@rule("JX013", Severity.WARNING)
def check(subject: Subject) -> Iterator[Hit]:
    for retry in subject.retries:
        wait = retry.wait
        if wait is not None and retry.steady and next(retry.drawn_once(), None) is None:
            what = f"all callers wait {wait.text} ms before they try {retry.opener.name!r} again"
            yield Hit(wait.node, what)
