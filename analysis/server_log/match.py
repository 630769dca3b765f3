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
    from jmxgen.analysis.server_log.line import Line
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
    callers = [entry for some in found.by_threads.values() for entry in some]
    numbered = set(offsets)
    _complete(offsets, callers, run)
    for threads, entries in found.by_threads.items():
        _by_time(entries, run.rows(threads), run, offsets)
    if not (found.numbered or found.by_threads or found.other_runs):
        _complete(offsets, found.loose, run)
        _by_time(found.loose, np.flatnonzero(run.sent), run, offsets)
        _forget_chance(found.loose, run)
    offsets |= _offsets(found.entries(), run)
    _forget_other_runs(found, {file: offsets[file] for file in offsets.keys() - numbered})
    return offsets


def _forget_other_runs(found: Collected, offsets: Mapping[int, Offset]) -> None:
    """Undo what caller or time alone joined where the clocks would differ by what clocks don't differ by."""
    found.other_run_files = {file for file, offset in offsets.items() if not offset.is_a_zone()}
    for entry in found.entries():
        if entry.file in found.other_run_files:
            entry.row = -1


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
                gap = float(entry.line.asked_at - run.attempted[row])
                if not math.isnan(gap):
                    gaps[run.heads[thread], _run_of(entry)].append(gap)
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
    """Return the offset of each file by its joined openings; by the ends where it has no others."""
    asked: dict[int, list[Entry]] = collections.defaultdict(list)
    ended: dict[int, list[Entry]] = collections.defaultdict(list)
    for entry in entries:
        if entry.row >= 0:
            (ended if math.isnan(entry.line.asked_at) else asked)[entry.file].append(entry)
    found = {}
    for file, some in (ended | asked).items():
        rows = np.array([entry.row for entry in some])
        low, high = run.asked_within(rows) if file in asked else run.ended_within(rows)
        times = [_point(entry.line.asked_at, entry.line.ended_at) for entry in some]
        resolution = float(np.median([entry.line.resolution_ms for entry in some]))
        found[file] = clock.from_joined(times, low, high, resolution)
    return {file: offset for file, offset in found.items() if not math.isnan(offset.ms)}


def _complete(offsets: dict[int, Offset], entries: Sequence[Entry], run: RunSide) -> None:
    """Find the offset of the files of these lines that have none yet, by their times alone."""
    wanted = {entry.file for entry in entries} - offsets.keys()
    for file in wanted:
        mine = [entry.line for entry in entries if entry.file == file]
        points = np.array([_point(line.asked_at, line.ended_at) for line in mine])
        slack = max(line.resolution_ms for line in mine) + _SLACK_MS
        low, high = _span(np.flatnonzero(run.sent), run, slack, ends=_only_ends(mine))
        # Of those that pair as many, the simplest.
        offered = clock.candidates(points, high - slack if _only_ends(mine) else low + slack)
        best = max(offered, key=lambda ms: len(pair(low, high, points - ms)), default=math.nan)
        if not math.isnan(best):
            offsets[file] = clock.Offset(best, (best, best))


def _span(rows: Rows, run: RunSide, slack: float, *, ends: bool) -> tuple[Floats, Floats]:
    """Return between which times the requests of these rows reached the server, or the rows ended."""
    low, high = run.ended_within(rows) if ends else run.asked_within(rows)
    return low - slack, high + slack


def _only_ends(lines: Iterable[Line]) -> bool:
    return all(math.isnan(line.asked_at) for line in lines)


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
    for ends in (False, True):
        mine = [entry for entry in entries if math.isnan(entry.line.asked_at) is ends and entry.row < 0]
        taken = {entry.row for entry in entries}
        free = np.array([row for row in rows.tolist() if row not in taken], np.int64)
        slack = max((entry.line.resolution_ms for entry in mine), default=1.0) + _SLACK_MS
        points = [_point(entry.line.asked_at, entry.line.ended_at) - offsets[entry.file].ms for entry in mine]
        for span, point in pair(*_span(free, run, slack, ends=ends), points):
            mine[point].row = int(free[span])
