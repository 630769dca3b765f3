"""A limit on the rate of handshakes in its other forms: a queue served at one pace, and a fixed window."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.causes import shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

WAITING_MS: Final = 250.0  # a handshake that took longer, and ten times the quick ones, waited
PERIODS: Final = (2.0, 5.0, 10.0, 15.0, 30.0, 60.0)  # seconds that gateways count in
LEAST: Final = 3  # refusals that make a row
BOUNDARIES: Final = 8  # moments tried as the beginning of a window
MOST: Final = 8000  # attempts looked at, evenly chosen


@dataclasses.dataclass(frozen=True, kw_only=True)
class Queue:
    """How handshakes waited, and how evenly they were let in."""

    evenness: float  # 0 to 1: how even the gaps between two admissions are while attempts wait
    waiting: float  # the part of admitted handshakes that waited
    rate: float  # admissions a second while attempts waited; NaN where none did
    low: float = float("nan")  # 95% interval of the rate
    high: float = float("nan")


def find_queue(facts: Facts) -> Queue:
    """Look for a queue: admitted ones that waited, and 101s at one pace meanwhile."""
    took, at = facts.number("handshake_ms"), facts.number("opened_at")
    admitted = np.isfinite(took) & ~np.isnan(at)
    took, at = took[admitted], at[admitted]
    if len(took) < 8:
        return Queue(evenness=0.0, waiting=0.0, rate=float("nan"))
    waited = took >= max(WAITING_MS, 10 * float(np.quantile(took, 0.1)))
    waiting = float(waited.mean())
    gaps = np.diff(np.sort(at[waited]))
    gaps = gaps[gaps <= 5 * max(float(np.median(gaps)), 1.0)] if len(gaps) else gaps
    mean = float(gaps.mean()) if len(gaps) else 0.0
    if waited.sum() < 8 or not mean:
        return Queue(evenness=0.0, waiting=waiting, rate=float("nan"))
    half = 1.96 * max(float(gaps.std()) / len(gaps) ** 0.5, 0.01 * mean)
    # Who gave up may have been served all the same, unseen: the pace is that of the admitted ones at least,
    # that of all who waited at most.
    gave_up = int(facts.unanswered.sum()) / max(int(waited.sum()), 1)
    return Queue(
        evenness=max(0.0, 1 - float(gaps.std()) / mean),
        waiting=waiting,
        rate=1000 / mean,
        low=1000 / (mean + half),
        high=1000 / max(mean - half, 1.0) * (1 + gave_up),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Window:
    """A counter that starts anew at each boundary: it admits in a burst, and refuses until the next one."""

    order: float  # 0 to 1: how far admissions come first in a window and refusals after them
    rate: float = float("nan")  # admissions a second, over windows that refused somebody
    low: float = float("nan")  # the least and the most that any of them admitted, a second
    high: float = float("nan")


def fixed_window(at: NDArray[np.float64], failed: NDArray[np.bool_]) -> Window:
    """Find the windows of one length in which admissions come first and refusals after them.

    For each length, with a boundary where somebody was admitted again after a row of refusals: the mean over
    windows that hold both of `shapes.parts`, times the part of the failures that those windows hold; the best
    of all, where at least two windows are alike.
    """
    nothing = Window(order=0.0)
    if not failed.any() or failed.all() or len(at) < 20:
        return nothing
    if len(at) > MOST:
        chosen = np.linspace(0, len(at) - 1, MOST).astype(np.int64)
        at, failed = at[chosen], failed[chosen]
    since, best, found = (at - at[0]) / 1000, 0.0, nothing
    begins, ends = shapes.runs(failed)
    again = ends[(ends - begins >= LEAST) & (ends < len(at))]  # admitted once more after a row of refusals
    longest = again[np.argsort(since[again] - since[again - 1])][-BOUNDARIES:]
    for period in PERIODS:
        if float(since[-1]) < 1.2 * period:
            break
        for boundary in since[longest]:
            window = np.floor((since - boundary) / period).astype(np.int64)
            order = _ordered(window, failed)
            if order > best:
                best, found = order, _counted(window, failed, period, order)
    return found


def _counted(window: NDArray[np.int64], failed: NDArray[np.bool_], period: float, order: float) -> Window:
    """Count what windows admitted that refused somebody; the first and the last may be cut."""
    number = window - window.min()
    refused = np.bincount(number, weights=failed) > 0
    refused[[0, -1]] = False
    admitted = np.bincount(number, weights=~failed)[refused] / period
    if not len(admitted):
        return Window(order=order)
    return Window(
        order=order,
        rate=float(np.median(admitted)),
        low=float(admitted.min()),
        high=float(admitted.max()),
    )


def _ordered(window: NDArray[np.int64], failed: NDArray[np.bool_]) -> float:
    edges = np.flatnonzero(np.diff(window)) + 1
    pieces = [piece for piece in np.split(failed, edges) if piece.any() and not piece.all()]
    if len(pieces) < 2:
        return 0.0
    held = sum(int(piece.sum()) for piece in pieces) / int(failed.sum())
    scores = [shapes.parts(np.arange(len(piece)), piece) for piece in pieces]
    return float(np.mean(scores)) * held
