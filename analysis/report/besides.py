"""What is wrong in a run besides its connections: answers that fail, and connections that nobody closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis import measures, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jmxgen.analysis.model import Analysis

MANY: Final = 0.01  # of samples, of connections: what a healthy run may have of either


def wrong(analysis: Analysis) -> Iterator[str]:
    """Yield what a reader must know before a run is called healthy."""
    other, leaked = _other(analysis), _leaked(analysis)
    if other:
        samples = words.count(analysis.run.samples, "sample")
        yield (
            f"{other:,} of {samples} failed for other reasons than their connections (assertions, scripts, "
            "HTTP): look at them first."
        )
    if other and (fragments := analysis.run.fragments):
        yield (
            f"{words.count(fragments, 'row')} {'shows' if fragments == 1 else 'show'} a part of a message: "
            "the client doesn't join fragments."
        )
    if leaked:
        opened = words.count(analysis.counts.opened, "connection")
        yield f"{leaked:,} of {opened} {'was' if leaked == 1 else 'were'} never closed by the callers."


def advice(analysis: Analysis) -> tuple[str, ...]:
    """Return the next steps, those that no verdict on connections speaks of among them.

    More load is not a step while answers fail or connections pile up.
    """
    steps = []
    if other := _other(analysis):
        steps.append(
            f"Look at the failed rows first: {words.count(other, 'row')} failed although their connections "
            "worked. Their failureMessage says why: an assertion, a script, an HTTP request."
        )
    if leaked := _leaked(analysis):
        steps.append(
            f"Close connections on every path: {words.count(leaked, 'connection')} ended without a close "
            "sampler. A server may hold each until a timeout."
        )
    if analysis.verdict.cause == "healthy":
        return tuple(steps) or analysis.verdict.advice
    return (*analysis.verdict.advice, *steps)


def _other(analysis: Analysis) -> int:
    """Return how many samples failed for other reasons, 0 where they are few."""
    other = measures.other_errors(analysis.run, analysis.counts)
    return other if other > MANY * analysis.run.samples else 0


def _leaked(analysis: Analysis) -> int:
    leaked = analysis.counts.leaked
    return leaked if leaked > MANY * analysis.counts.opened else 0
