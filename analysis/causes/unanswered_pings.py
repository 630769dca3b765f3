"""Unanswered pings: losses after a time in which no sampler read, so that no ping was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.causes.base import Finding, seconds_text
from jmxgen.analysis.causes.timeouts import LEAST_MS
from jmxgen.analysis.model import Hypothesis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts


def weigh(facts: Facts) -> Finding | None:
    """Weigh that the client was silent for longer than the server's ping interval and timeout."""
    silence = facts.number("last_silence")
    lost = facts.data & ~facts.early & np.isfinite(silence)
    if lost.sum() < 3:
        return None
    opened = np.isfinite(facts.number("opened_at"))
    survived = np.nan_to_num(facts.number("longest_silence")[opened])
    low, high, contradicting = _threshold(silence[lost], survived)
    explained = lost & (silence >= low) & (silence >= LEAST_MS)
    said_so = facts.pinged
    explained |= said_so
    agreeing = int(explained.sum())
    if not agreeing:
        return None
    witnesses = int((survived >= high / 2).sum())
    fit = agreeing / (agreeing + contradicting) * (0.9 if witnesses >= 5 else 0.35)
    fit *= _listened(facts, high)
    if said_so.sum() > agreeing / 2:
        fit = 0.98
    score = facts.score(explained, fit=fit)
    if score < 0.02:
        return None
    middle = (low + high) / 2
    return Finding(
        hypothesis=Hypothesis(
            cause="unanswered-pings",
            score=score,
            side="client",
            phase="data",
            finding=(
                f"Connections are lost after {seconds_text(middle)} in which the client answered no ping "
                f"({facts.how(explained)})"
            ),
            evidence={"seconds": round(middle / 1000, 3)},
            support=(
                (
                    f"{agreeing:,} of {int(facts.data.sum()):,} losses came after a silence of "
                    f"{seconds_text(low)} or more, {contradicting:,} connections survived a longer one"
                )
                + (f"; {int(said_so.sum()):,} close frames name pings" if said_so.any() else "")
            ),
            against=""
            if said_so.any()
            else "an idle timeout strikes after the same pauses, if nothing is sent in them",
            advice=(
                (
                    "Set keep_alive.reply_to_pings: true and wait with listen steps instead of pauses: "
                    "pings are answered only while a sampler reads under a PingFrameFilter."
                ),
                (
                    f"Cut waits into pieces shorter than {seconds_text(low or middle)}: a caller that pauses "
                    "longer is taken for dead."
                ),
            ),
            next_run=(
                "the same run with listen in place of pause: pings are then answered, an idle timeout would "
                "still strike"
            ),
        ),
        explained=explained,
    )


def _threshold(fatal: NDArray[np.float64], survived: NDArray[np.float64]) -> tuple[float, float, int]:
    """Return between which silences fatal and survived ones part best, and how many survived longer ones."""
    at = np.unique(np.concatenate([fatal, survived]))
    at = np.concatenate([[0.0], at])
    short = np.searchsorted(np.sort(fatal), at, "right")
    longer = len(survived) - np.searchsorted(np.sort(survived), at, "right")
    best = int((short + longer).argmin())
    low = float(at[best])
    above = fatal[fatal > low]
    return low, float(above.min()) if len(above) else low, int(longer[best])


def _listened(facts: Facts, silence: float) -> float:
    """Return 1 where connections idled longer while a sampler read, as no idle timeout allows, else 0.8."""
    idle = np.nan_to_num(facts.number("longest_idle"))
    quiet = np.nan_to_num(facts.number("longest_silence"))
    return 1.0 if int(((idle > 1.1 * silence) & (quiet < silence)).sum()) >= 3 else 0.8
