"""Unanswered pings: losses after a time in which no sampler read, so that no ping was answered."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import peaks, pings, shapes
from jmxgen.analysis.causes.base import Figure, Finding, seconds_text
from jmxgen.analysis.causes.timeouts import LEAST_MS
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, Change, NextRun, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.timeouts import Peak

NAME: Final = "unanswered-pings"
PHASES: Final = ("data",)
PICTURE: Final = "idle"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "seconds": Figure("after", "s without an answer to a ping", limit=True),
    "interval": Figure("interval"),
}
NEXT_RUN: Final = NextRun(
    changes=(
        Change(What.PONGS, "the losses should be gone"),
        Change(What.LISTEN, "pings are then answered, an idle timeout would still strike"),
    ),
    capacity=Capacity.ANY_LOAD,
    remedy="answer the server's pings: keep_alive.reply_to_pings: true, and listen, not pause",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Silence:
    """Losses after a silence of the client."""

    explained: NDArray[np.bool_]
    ms: float  # the silence that was fatal
    low: float  # the longest that was survived
    high: float  # the shortest that was fatal
    fit: float
    support: str
    against: str = ""


def weigh(facts: Facts) -> Finding | None:
    """Weigh that the client was silent for longer than the server's ping interval and timeout."""
    found = [silence for silence in (facts.once(_never_answered), facts.once(_paused)) if silence is not None]
    if not found:
        return None
    best = max(found, key=lambda silence: silence.fit * facts.share(silence.explained))
    fit = best.fit
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="client",
            phase="data",
            finding=(
                f"Connections are lost after {seconds_text(best.ms)} in which the client answered no ping "
                f"({facts.how(best.explained)})"
            ),
            evidence={
                "seconds": round(best.ms / 1000, 3),
                "interval": [round(best.low / 1000, 3), round(best.high / 1000, 3)],
            },
            support=best.support,
            against=_against(facts, best),
            advice=(
                Step(
                    "Set keep_alive.reply_to_pings: true and wait with listen steps instead of pauses: pings "
                    "are answered only while a sampler reads under a Ping Frame Filter.",
                    "Add a Ping Frame Filter that replies to pings, and wait with optional Single Read "
                    "samplers instead of timers: pings are answered only while a sampler reads.",
                ),
                *(() if facts.run.replies else (pings.ANSWER_MESSAGES,)),
                Step.for_all(
                    f"Keep each wait shorter than {seconds_text(best.low or best.ms)}: a caller that pauses "
                    "longer is taken for dead."
                ),
            ),
            next_run=NEXT_RUN,
        ),
        explained=best.explained,
        fit=fit,
    )


def _against(facts: Facts, best: _Silence) -> str:
    """Return what speaks against it: replies to messages are what a server that pings in messages wants."""
    if not facts.run.replies:
        return best.against
    replied = (
        f"the client replied to messages of the server, up to {facts.run.replies:,} times per connection"
    )
    return "; ".join(filter(None, (best.against, replied)))


def _paused(facts: Facts) -> _Silence | None:
    """Part the lost from the survivors by the time without a sampler at work."""
    silence = facts.number("last_silence")
    lost = facts.data & ~facts.early & np.isfinite(silence)
    if lost.sum() < 3:
        return None
    opened = np.isfinite(facts.number("opened_at"))
    survived = np.sort(np.nan_to_num(facts.number("longest_silence")[opened], copy=False))
    low, high, contradicting = _threshold(silence[lost], survived)
    said_so = facts.once(pings.named)
    explained = (lost & (silence >= low) & (silence >= LEAST_MS)) | said_so
    agreeing, named = int(explained.sum()), int(said_so.sum())
    if not agreeing:
        return None
    witnesses = int((survived >= high / 2).sum())
    fit = agreeing / (agreeing + contradicting) * (0.9 if witnesses >= 5 else 0.35)
    fit *= _listened(facts, high)
    support = (
        f"{agreeing:,} of {int(facts.data.sum()):,} losses came after a silence of {seconds_text(low)} or "
        f"more, {contradicting:,} connections survived a longer one"
    )
    return _Silence(
        explained=explained,
        ms=(low + high) / 2,
        low=low,
        high=high,
        fit=0.98 if named > agreeing / 2 else fit,
        support=f"{support}; {named:,} close frames name pings" if named else support,
        against="" if named else "an idle timeout strikes after the same pauses, if nothing is sent in them",
    )


def _never_answered(facts: Facts) -> _Silence | None:
    """Take a common age at the loss for ping interval and timeout, where the client answers none at all.

    A server that never gets a pong ends each connection at the same age. So an age that nearly all losses
    that name pings agree with, and that nearly no connection outlives, says that none was ever answered:
    then the age is exact, where the silence before the loss is only the last pause of many.
    """
    said_so = facts.once(pings.named)
    named = said_so.sum() >= 3
    if not (named or facts.once(pings.go_unanswered)):
        return None
    losses = said_so if named else facts.once(peaks.timed_losses)
    peak = peaks.age_peak_of(facts, losses)
    if peak is None or (named and not _one_age(peak)):
        return None
    explained = losses & said_so
    explained[peak.rows] = True
    return _Silence(
        explained=explained,
        ms=peak.ms,
        low=peak.low,
        high=peak.high,
        fit=0.98 if named else 0.95 * peak.fit,
        support=(
            f"{len(peak.rows):,} losses came at one age, {peak.contradicting:,} connections lived longer, "
            f"and {_unanswered(facts)}"
        ),
        against="" if named else "a limit on the age of connections looks the same while no ping is answered",
    )


def _one_age(peak: Peak) -> bool:
    """Return whether nearly all losses agree with the peak, and nearly no connection contradicts it."""
    agreeing = len(peak.rows)
    return agreeing >= 0.9 * len(peak.explained) and peak.contradicting <= 0.05 * agreeing


def _unanswered(facts: Facts) -> str:
    """Say how the pings, and that nobody answered them, are known."""
    said_so = int(facts.once(pings.named).sum())
    if said_so >= 3:
        return f"{said_so:,} close frames name pings"
    if facts.once(pings.were_read):
        left = int((facts.data & (facts.number("pings") > 0)).sum())
        return f"on {left:,} of them a sampler without a PingFrameFilter read a ping"
    return "the scenario sets keep_alive.reply_to_pings: false"


def _threshold(fatal: NDArray[np.float64], survived: NDArray[np.float64]) -> tuple[float, float, int]:
    """Return between which silences fatal and survived ones part best, and how many survived longer ones.

    Those that were survived are in order.
    """
    first = np.append(True, survived[1:] != survived[:-1])[: len(survived)]
    at = np.concatenate([[0.0], np.unique(np.concatenate([fatal, survived[first]]))])
    short = np.searchsorted(np.sort(fatal), at, "right")
    longer = len(survived) - np.searchsorted(survived, at, "right")
    best = int((short + longer).argmin())
    low = float(at[best])
    above = fatal[fatal > low]
    return low, float(above.min()) if len(above) else low, int(longer[best])


def _listened(facts: Facts, silence: float) -> float:
    """Return 1 where connections idled longer while a sampler read, as no idle timeout allows, else 0.8."""
    idle, quiet = facts.number("longest_idle"), facts.number("longest_silence")
    return 1.0 if int(((idle > 1.1 * silence) & ~(quiet >= silence)).sum()) >= 3 else 0.8


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return what speaks of pings, and how far the client's own silence parts the lost from the others."""
    paused, never = facts.once(_paused), facts.once(_never_answered)
    lost = facts.data & ~facts.early
    silence = facts.number("last_silence")
    fatal = silence[lost & np.isfinite(silence)]
    return {
        "losses whose close frame names pings": shapes.share(facts.once(pings.named), facts.data),
        "losses on connections that left pings unread": shapes.share(facts.number("pings") > 0, lost),
        "losses that the client's silence explains": paused.fit if paused else 0.0,
        "one age of losses without any answer to pings": never.fit if never else 0.0,
        "the client answers no pings": float(facts.once(pings.go_unanswered)),
        "losses after a silence of the client": shapes.share(silence > LEAST_MS, lost),
        "connections that idled longer while a sampler read": (
            float(_listened(facts, float(np.median(fatal))) == 1.0) if len(fatal) else 0.0
        ),
    }
