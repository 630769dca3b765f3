"""What the proof measures of a run: by the results' analysis, by the server's log, and where both agree."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from jmxgen.analysis.model import Analysis
from jmxgen.simulator.truth import TruthRow, attempts_per_second


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Counts and peaks of one run. Those of the server's log are marked."""

    attempts: int  # log
    opened: int  # log
    callers_done: int  # log: callers with a connection that they closed
    handshake: Mapping[str, int]  # log: closures before the 101, by status or kind
    data: Mapping[str, int]  # log: closures after it, by code
    orphans: int  # log: clients that vanished without a close frame
    peak_open: int  # log
    peak_attempts: int  # log: in any whole second but the first
    calm: float  # log: the mean of attempts a second, over the seconds with any
    errors: int  # rows that JMeter's dashboard counts as errors
    aftermath: int  # of them, rows that only repeat a closure
    samples: int
    equal: int  # connections with the same end on both sides
    agree: bool  # whether that is all of them
    differences: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """The mass disconnect of a run, by the server's log."""

    connections: int  # that it ended
    back: int  # callers of them that had a connection again
    attempts: int  # after it, until all were back
    refused: int  # of them
    peak_first: int  # first attempts of callers, in any whole second after it
    peak_attempts: int  # all attempts, in any whole second after it
    peak_sliding: int  # all attempts, within any second wherever it begins
    back_seconds: float  # until the last was back


def figures(analysis: Analysis, rows: Sequence[TruthRow]) -> Figures:
    """Measure a run that was joined with the log that `rows` are of."""
    judged = analysis.run.server_log
    assert judged is not None
    seconds = attempts_per_second(rows)
    later = [count for second, count in seconds.items() if second]
    busy = [count for count in seconds.values() if count]
    return Figures(
        attempts=len(rows),
        opened=sum(row.opened_at is not None for row in rows),
        callers_done=len({caller(row) for row in rows if row.end == "closed"}),
        handshake=_by(str(row.status or row.kind) for row in rows if row.end == "handshake"),
        data=_by(str(row.code) for row in rows if row.end == "data"),
        orphans=sum(row.end == "leaked" for row in rows),
        peak_open=_peak_open(rows),
        peak_attempts=max(later, default=0),
        calm=sum(busy) / len(busy) if busy else 0.0,
        errors=analysis.run.errors,
        aftermath=analysis.run.aftermath,
        samples=analysis.run.samples,
        equal=judged.agreements,
        agree=judged.complete,
        differences=tuple(example for each in judged.contradictions for example in each.examples),
    )


def loss(rows: Sequence[TruthRow]) -> Loss | None:
    """Measure the mass disconnect; None where there was none."""
    lost = [row for row in rows if row.cause == "mass-disconnect"]
    if not lost:
        return None
    moment = min(row.ended_at for row in lost)
    again: dict[str, float] = {}
    for row in rows:
        if row.opened_at is not None and row.opened_at > moment:
            who = caller(row)
            again[who] = min(again.get(who, row.opened_at), row.opened_at)
    back = [again[who] for who in {caller(row) for row in lost} if who in again]
    until = max(back, default=moment)
    after = sorted(
        (row for row in rows if moment <= row.attempted_at <= until), key=lambda row: row.attempted_at
    )
    first = {caller(row): row.attempted_at for row in reversed(after)}
    times = [row.attempted_at for row in after]
    return Loss(
        connections=len(lost),
        back=len(back),
        attempts=len(after),
        refused=sum(row.end == "handshake" for row in after),
        peak_first=_most_in_a_second(first.values(), moment),
        peak_attempts=_most_in_a_second(times, moment),
        peak_sliding=_most_within(times, 1000.0),
        back_seconds=(until - moment) / 1000,
    )


def caller(row: TruthRow) -> str:
    """Return who called: the plan's id less the number of the attempt, or the path's query."""
    return row.key.rpartition("-")[0] if row.key else str(row.path)


def _by(values: Iterable[str]) -> Mapping[str, int]:
    return dict(collections.Counter(values).most_common())


def _peak_open(rows: Sequence[TruthRow]) -> int:
    """Return the most connections that were open at once."""
    opened = [row for row in rows if row.opened_at is not None]
    steps = sorted([(row.opened_at or 0.0, 1) for row in opened] + [(row.ended_at, -1) for row in opened])
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def _most_in_a_second(times: Iterable[float], start: float) -> int:
    """Return the most of the times (ms) that fall into one whole second since the start."""
    return max(collections.Counter((time - start) // 1000 for time in times).values(), default=0)


def _most_within(times: Sequence[float], length: float) -> int:
    """Return the most of the sorted times that lie within `length` of each other."""
    most = first = 0
    for last, time in enumerate(times):
        while time - times[first] >= length:
            first += 1
        most = max(most, last - first + 1)
    return most
