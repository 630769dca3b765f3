"""Outage: for a window, or to the end, every attempt fails at any load, perhaps after a common loss."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.advice import Step
from jmxgen.analysis.causes import advice, shapes
from jmxgen.analysis.causes.base import Figure, Finding, plural
from jmxgen.analysis.model import Hypothesis
from jmxgen.analysis.next_run import Capacity, NextRun
from jmxgen.units import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts

NAME: Final = "outage"
PHASES: Final = ("handshake", "data")
PICTURE: Final = "timeline"
EVIDENCE: Final[Mapping[str, Figure]] = {
    "from": Figure("from"),
    "until": Figure("until"),
    "refused": Figure("refused", "attempts"),
    "lost": Figure("lost as it began", "connections"),
}
NEXT_RUN: Final = NextRun(
    instead="the same load again: an outage comes at another time, a limit at the same load",
    capacity=Capacity.EVENT,
)
LEAST: Final = 5  # attempts in a row that make a window
BEFORE_MS: Final = 3000.0  # a loss so long before the first refusal belongs to it
GATEWAY: Final = (502, 503, 504)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Window:
    """A time in which every attempt failed."""

    begin: float  # ms: the first failing attempt
    end: float  # ms: the next attempt that was admitted; +inf where none was
    rows: NDArray[np.int64]  # the failing attempts, in the run's connections
    lost: NDArray[np.bool_]  # connections lost as it began
    inside: float  # the part of all failures that lies in it
    callers: int
    last_admitted: float  # ms: NaN where none was admitted before


def find_window(facts: Facts) -> Window | None:
    """Find the longest row of failing attempts, in order of time, and what was lost as it began."""
    attempts = facts.attempts
    failed = attempts["failed"].to_numpy()
    begins, ends = shapes.runs(failed)
    if not len(begins) or (ends - begins).max() < LEAST:
        return None
    longest = int((ends - begins).argmax())
    first, after = int(begins[longest]), int(ends[longest])
    at, row = attempts["at"].to_numpy(), attempts["row"].to_numpy()
    begin, end = float(at[first]), float(at[after]) if after < len(at) else float("inf")
    noticed = facts.number("noticed_at")
    lost = facts.data & (noticed >= begin - BEFORE_MS) & (noticed <= min(end, at[after - 1] + BEFORE_MS))
    rows = row[first:after]
    thread = facts.connections["thread"].cat.codes.to_numpy()
    return Window(
        begin=begin,
        end=end,
        rows=rows,
        lost=lost,
        inside=(after - first) / int(failed.sum()),
        callers=len(np.unique(thread[rows])),
        last_admitted=float(at[first - 1]) if first else float("nan"),
    )


def weigh(facts: Facts) -> Finding | None:
    """Weigh that nobody was there for a while."""
    window = facts.once(find_window)
    if window is None:
        return None
    explained = window.lost | facts.marked(window.rows)
    refused, lost = len(window.rows), int(window.lost.sum())
    to_end, whole = np.isinf(window.end), np.isnan(window.last_admitted)
    begin = facts.since_start(window.begin)
    if whole and to_end:
        failed = f"None of {plural(refused, 'attempt')} got in during the whole run"
    elif to_end:
        failed = f"From {begin:,.1f} s to the end of the run all {plural(refused, 'attempt')} failed"
    else:
        until = facts.since_start(window.end)
        failed = f"From {begin:,.1f} s to {until:,.1f} s all {plural(refused, 'attempt')} failed"
    how = facts.how(facts.marked(window.rows))
    loss = f", after {plural(lost, 'connection')} were lost" if lost >= LEAST else ""
    return Finding(
        hypothesis=Hypothesis(
            cause=NAME,
            side="server",
            phase="both" if lost >= LEAST else "handshake",
            finding=f"{failed} ({how}){loss}",
            evidence={
                "from": iso(window.begin),
                "until": None if to_end else iso(window.end),
                "refused": refused,
                "lost": lost,
            },
            support=(
                f"{refused:,} attempts in a row failed, of {plural(window.callers, 'caller')}; "
                f"{window.inside:.0%} of all failed attempts are among them"
            ),
            advice=(
                Step.for_all(
                    "Look at what happened to the server, or the backend behind the proxy, at that time: a "
                    "crash, a restart, a deployment, a failed health check."
                ),
                advice.SERVER_LOG,
            ),
            next_run=NEXT_RUN,
        ),
        explained=explained,
        fit=window.inside,
    )


def statistics(facts: Facts) -> Mapping[str, float]:
    """Return how far failures fill one window whatever the load, and what the refusals say."""
    window, attempts = facts.once(find_window), facts.attempts
    status = facts.number("status")
    failed = facts.handshake
    found = {
        "refusals that a gateway gives (502, 503, 504)": shapes.share(np.isin(status, GATEWAY), failed),
        "refusals that say 502 or 504": shapes.share(np.isin(status, (502, 504)), failed),
        "attempts that were refused at the port": shapes.share(facts.where("kind", "refused"), failed),
        "no attempt was admitted": float(not facts.counts.opened),
    }
    names = (
        "failures in one window without a success",
        "a second window without a success",
        "the window lasts to the end",
        "length of the window in the run",
        "callers that failed in the window",
        "failures with few connections open",
        "connections lost as the window began",
    )
    values = [0.0] * len(names)
    if window is not None:
        was = attempts["failed"].to_numpy()
        begins, ends = shapes.runs(was)
        lengths = np.sort(ends - begins)[::-1]
        until = min(window.end, facts.run.end_ms)
        length = max(facts.run.end_ms - facts.run.start_ms, 1.0)
        level, admitted = attempts["open"].to_numpy(), ~was
        top = float(np.quantile(level[admitted], 0.95)) if admitted.any() else 0.0
        low = float(np.quantile(level[was], 0.2))
        threads = facts.connections["thread"].nunique()
        open_then = int(facts.open_connections.at([window.begin - BEFORE_MS])[0])
        values = [
            window.inside,
            int(lengths[1]) / int(was.sum()) if len(lengths) > 1 else 0.0,
            float(np.isinf(window.end)),
            min(1.0, (until - window.begin) / length),
            window.callers / max(threads, 1),
            float(np.clip(1 - low / top, 0, 1)) if top > 0 else 1.0,
            min(1.0, int(window.lost.sum()) / max(open_then, 5)),
        ]
    return found | dict(zip(names, values, strict=True))
