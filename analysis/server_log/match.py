"""Which line of the log is about which connection of the run: by id, else by caller, else by time."""

from __future__ import annotations

import collections
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.server_log import clock
from jmxgen.analysis.server_log.pairing import pair
from jmxgen.analysis.server_log.run_side import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.server_log.clock import Offset
    from jmxgen.analysis.server_log.collect import Collected, Entry
    from jmxgen.analysis.server_log.run_side import RunSide

    Rows = NDArray[np.int64]
    Floats = NDArray[np.float64]

# Without an id a line is taken for a connection's where its request came within the client's attempt, give or
# take what the offset of the clocks is unsure by.
_SLACK_MS: Final = 50.0
# So many lines, with the status that JMeter saw in this share, are not chance.
_FEW: Final = 5
_SHARE: Final = 0.8


def match(found: Collected, run: RunSide) -> dict[int, Offset]:
    """Set the row of each line that is about one of the run's connections; return each file's offset."""
    _by_id(found, run)
    offsets = _offsets(found.entries(), run)
    callers = [entry for some in found.by_thread.values() for entry in some]
    _complete(offsets, callers, run)
    for thread, entries in found.by_thread.items():
        _by_time(entries, run.rows(thread), run, offsets)
    if not (found.numbered or found.by_thread or found.other_runs):
        _complete(offsets, found.loose, run)
        _by_time(found.loose, np.flatnonzero(run.sent), run, offsets)
        _forget_chance(found.loose, run)
    return offsets | _offsets(found.entries(), run)


def _by_id(found: Collected, run: RunSide) -> None:
    engines = _engines(found, run)
    for (tail, number), entries in found.numbered.items():
        threads = run.tails[tail]
        for entry in entries:
            if len(threads) == 1:
                row = run.row(threads[0], number)
            else:
                heads = engines.get(_run_of(entry), frozenset())
                mine = [thread for thread in threads if run.heads[thread] in heads]
                row = run.row(mine[0], number) if mine else None
            entry.row = -1 if row is None else row


def _run_of(entry: Entry) -> str:
    parts = split(entry.line.id)
    return (parts and parts["run"]) or ""


def _engines(found: Collected, run: RunSide) -> Mapping[str, frozenset[tuple[str, str]]]:
    """Return which engines' callers each first part of an id means, where engines have callers of one number.

    The results don't name it. Two engines' callers of one number never start at quite the same moments: the
    pairing under which the log's times differ least from JMeter's is the right one.
    """
    gaps: dict[tuple[tuple[str, str], str], list[float]] = collections.defaultdict(list)
    for (tail, number), entries in found.numbered.items():
        threads = run.tails[tail]
        for thread in threads if len(threads) > 1 else ():
            row = run.row(thread, number)
            for entry in entries if row is not None else ():
                gaps[run.heads[thread], _run_of(entry)].append(
                    float(entry.line.asked_at - run.attempted[row])
                )
    spread = {
        key: (float(np.median(np.abs(values - np.median(values)))), -len(values))
        for key, values in ((key, np.array(some)) for key, some in gaps.items())
    }
    engines: dict[str, set[tuple[str, str]]] = collections.defaultdict(set)
    for head in {head for head, _ in spread}:
        closest = min((scored, of_run) for (other, of_run), scored in spread.items() if other == head)
        engines[closest[1]].add(head)
    return {of_run: frozenset(heads) for of_run, heads in engines.items()}


def _offsets(entries: Iterable[Entry], run: RunSide) -> dict[int, Offset]:
    """Return the offset of each file with joined openings."""
    asked: dict[int, list[tuple[float, int, float]]] = collections.defaultdict(list)
    for entry in entries:
        if entry.row >= 0 and not math.isnan(entry.line.asked_at):
            asked[entry.file].append((entry.line.asked_at, entry.row, entry.line.resolution_ms))
    found = {}
    for file, some in asked.items():
        times, rows, resolutions = zip(*some, strict=True)
        places = np.array(rows)
        found[file] = clock.from_joined(
            times, run.attempted[places], run.answered[places], float(np.median(resolutions))
        )
    return {file: offset for file, offset in found.items() if not math.isnan(offset.ms)}


def _complete(offsets: dict[int, Offset], entries: Sequence[Entry], run: RunSide) -> None:
    """Find the offset of the files of these lines that have none yet, by their times alone."""
    wanted = {entry.file for entry in entries} - offsets.keys()
    for file in wanted:
        mine = [entry.line for entry in entries if entry.file == file]
        points = np.array([_point(line.asked_at, line.ended_at) for line in mine])
        slack = max(line.resolution_ms for line in mine) + _SLACK_MS
        low, high = _span(np.flatnonzero(run.sent), run, slack)
        # Of those that pair as many, the simplest.
        offered = clock.candidates(points, run.attempted[run.sent])
        best = max(offered, key=lambda ms: len(pair(low, high, points - ms)), default=math.nan)
        if not math.isnan(best):
            offsets[file] = clock.Offset(best, (best, best))


def _span(rows: Rows, run: RunSide, slack: float) -> tuple[Floats, Floats]:
    """Return between which times the requests of these rows reached the server."""
    answered = np.where(np.isnan(run.answered[rows]), run.attempted[rows], run.answered[rows])
    return run.attempted[rows] - slack, answered + slack


def _point(asked: float, ended: float) -> float:
    return ended if math.isnan(asked) else asked


def _by_time(
    entries: Sequence[Entry], rows: Rows, run: RunSide,
    offsets: Mapping[int, Offset],
) -> None:  # fmt: skip
    """Pair lines and rows in the order of time: first those of one status, then what is left of either."""
    places = np.asarray(rows, np.int64)
    places = places[run.sent[places]]
    for same_status in (True, False):
        lines = [entry for entry in entries if entry.row < 0 and entry.file in offsets]
        taken = {entry.row for entry in entries}
        free = np.array([row for row in places.tolist() if row not in taken], np.int64)
        classes = {entry.line.status for entry in lines} if same_status else {None}
        for status in classes:
            chosen = [entry for entry in lines if status in (None, entry.line.status)]
            those = free if status is None else free[run.status[free] == status]
            _pair(chosen, those, run, offsets)


def _forget_chance(entries: Sequence[Entry], run: RunSide) -> None:
    """Undo pairs by time alone that any two logs would give: few, or of different status."""
    paired = [entry for entry in entries if entry.row >= 0]
    alike = sum(entry.line.status in (0, run.status[entry.row]) for entry in paired)
    if alike < max(_FEW, _SHARE * len(paired), _SHARE * min(len(entries), int(run.sent.sum())) / 2):
        for entry in paired:
            entry.row = -1


def _pair(
    entries: Sequence[Entry], rows: Rows, run: RunSide,
    offsets: Mapping[int, Offset],
) -> None:  # fmt: skip
    slack = max((entry.line.resolution_ms for entry in entries), default=1.0) + _SLACK_MS
    points = [_point(entry.line.asked_at, entry.line.ended_at) - offsets[entry.file].ms for entry in entries]
    for span, point in pair(*_span(rows, run, slack), points):
        entries[point].row = int(rows[span])
