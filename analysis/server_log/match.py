"""Which line of the log is about which connection of the run: by id, else by caller, else by time."""

from __future__ import annotations

import collections
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.server_log import clock
from jmxgen.analysis.server_log.engines import engines
from jmxgen.analysis.server_log.line import REFUSED, SWITCHING
from jmxgen.analysis.server_log.pairing import pair

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
# Of those pairs so many fall into the attempt itself, or nearly: chance fills the slack evenly.
_CLOSE_MS: Final = 5.0
_OTHERS: Final = 0.05  # of a log's lines that may be other clients', and time still joins surely
# So many lines, with the status that JMeter saw in this share, are not chance.
_FEW: Final = 5
_SHARE: Final = 0.6


def match(found: Collected, run: RunSide) -> dict[int, Offset]:
    """Set the row of each line that is about one of the run's connections; return each file's offset."""
    _by_id(found, run)
    offsets = _offsets(found.entries(), run)
    callers = [entry for some in found.by_threads.values() for entry in some]
    numbered = set(offsets)
    sent = np.flatnonzero(run.sent)
    _complete(offsets, callers, sent, run)
    for threads, entries in found.by_threads.items():
        _by_time(entries, run.rows(threads), run, offsets)
    if not (found.numbered or found.by_threads or found.other_runs):
        _complete(offsets, found.loose, sent, run)
        _by_time(found.loose, sent, run, offsets)
        _after_a_step(found.loose, sent, run, offsets)
        _forget_chance(found.loose, run, _offsets(found.loose, run))
    offsets |= _offsets(found.entries(), run)
    _doubt(found, run, offsets)
    _forget_other_runs(found, {file: offsets[file] for file in offsets.keys() - numbered})
    return offsets


def _doubt(found: Collected, run: RunSide, offsets: Mapping[int, Offset]) -> None:
    """Mark what time alone joined as unsure where another line or attempt was near enough to be meant."""
    callers = [entry for some in found.by_threads.values() for entry in some]
    for threads, entries in (((), found.loose), *found.by_threads.items()):
        crowded = _crowded(callers if threads else entries)
        if len(threads) == 1 and not crowded:
            continue  # a caller's connections have an order
        rows = run.rows(threads) if threads else np.arange(run.size)
        _doubt_of(
            [entry for entry in entries if entry.file in offsets], rows[run.sent[rows]], run, offsets, crowded
        )


def _crowded(entries: Sequence[Entry]) -> bool:
    """Say whether so many lines are others' that one may stand for a line of the run's that is missing."""
    return sum(entry.row < 0 for entry in entries) > _OTHERS * len(entries)


def _doubt_of(
    entries: Sequence[Entry], rows: Rows, run: RunSide, offsets: Mapping[int, Offset], crowded: bool
) -> None:
    slack = max((entry.line.resolution_ms for entry in entries), default=1.0) + _SLACK_MS
    low, high = _span(rows, run, slack, ends=_only_ends(entry.line for entry in entries))
    points = np.array([_at(entry, offsets) for entry in entries])
    in_order, begins, ends = np.sort(points), np.sort(low), np.sort(high)
    for entry, point in zip(entries, points, strict=True):
        if entry.row < 0:
            continue
        rows_near = np.searchsorted(begins, point, "right") - np.searchsorted(ends, point, "left")
        (first,), (last,) = _span(np.array([entry.row]), run, slack, ends=math.isnan(entry.line.asked_at))
        lines_near = np.searchsorted(in_order, last, "right") - np.searchsorted(in_order, first, "left")
        entry.sure = bool(not crowded and rows_near == 1 and lines_near == 1)


def _at(entry: Entry, offsets: Mapping[int, Offset]) -> float:
    logged = _point(entry.line.asked_at, entry.line.ended_at)
    return logged - offsets[entry.file].of(logged)


def _forget_other_runs(found: Collected, offsets: Mapping[int, Offset]) -> None:
    """Undo what caller or time alone joined where the clocks would differ by what clocks don't differ by."""
    found.other_run_files = {file for file, offset in offsets.items() if not offset.is_a_zone()}
    for entry in found.entries():
        if entry.file in found.other_run_files:
            entry.row = -1


def _by_id(found: Collected, run: RunSide) -> None:
    sent = engines(found.numbered, run)
    for (tail, number, first), entries in found.numbered.items():
        mine = [thread for thread in run.tails[tail] if sent.get(run.heads[thread]) == first]
        row = run.row(mine[0], number) if mine else None
        for entry in entries:
            entry.row = -1 if row is None else row
    # All of them may be another generator's.
    found.other_runs = found.other_runs or (bool(found.numbered) and not sent)
    _leave_beside(found, run)


def _leave_beside(found: Collected, run: RunSide) -> None:
    """Leave out, of the lines of one log with one id, what answers other requests than the upgrade.

    A caller logs in, or polls, with the id that it connects with. The upgrade's is the line with the status
    that JMeter saw, if there is one; beside a 101, an ordinary answer never is.
    """
    for entries in found.numbered.values():
        seen: dict[int, set[int]] = collections.defaultdict(set)
        for entry in entries:
            seen[entry.file].add(entry.line.status)
        beside = [entry.row >= 0 and _is_beside(entry, seen[entry.file], run) for entry in entries]
        found.beside.update(entry.file for entry, out in zip(entries, beside, strict=True) if out)
        entries[:] = [entry for entry, out in zip(entries, beside, strict=True) if not out]


def _is_beside(entry: Entry, seen: set[int], run: RunSide) -> bool:
    status, answered = entry.line.status, int(run.status[entry.row])
    if answered in seen and not entry.line.remark:
        return status not in (0, answered)
    return SWITCHING in seen and SWITCHING < status < REFUSED


def _offsets(entries: Iterable[Entry], run: RunSide) -> dict[int, Offset]:
    """Return the offset of each file by its joined openings; by the ends where it has no others."""
    by_file: dict[int, list[Entry]] = collections.defaultdict(list)
    for entry in entries:
        if entry.row >= 0:
            by_file[entry.file].append(entry)
    found = {}
    for file, some in by_file.items():
        lines, rows = [entry.line for entry in some], np.array([entry.row for entry in some])
        resolution = float(np.median([line.resolution_ms for line in lines]))
        found[file] = clock.from_joined(*run.bounds(lines, rows), resolution)
    return {file: offset for file, offset in found.items() if not math.isnan(offset.ms)}


def _complete(offsets: dict[int, Offset], entries: Sequence[Entry], rows: Rows, run: RunSide) -> None:
    """Find the offset of the files of these lines that have none yet, by their times and these rows alone."""
    wanted = {entry.file for entry in entries} - offsets.keys()
    for file in wanted:
        mine = [entry.line for entry in entries if entry.file == file]
        points = np.array([_point(line.asked_at, line.ended_at) for line in mine])
        slack = max(line.resolution_ms for line in mine) + _SLACK_MS
        low, high = _span(rows, run, slack, ends=_only_ends(mine))
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


def _after_a_step(entries: Sequence[Entry], rows: Rows, run: RunSide, offsets: Mapping[int, Offset]) -> None:
    """Pair what is left of lines and rows by another offset, where the clock was set within the run."""
    for file in offsets:
        mine = [entry for entry in entries if entry.file == file]
        left = [entry for entry in mine if entry.row < 0]
        free = np.setdiff1d(rows, [entry.row for entry in entries])
        second: dict[int, Offset] = {}
        _complete(second, left, free, run)
        _by_time(left, free, run, second)
        paired = [entry for entry in left if entry.row >= 0]
        enough = max(_FEW, _SHARE * min(len(left), len(free)))
        if len(paired) < enough or not _offsets(mine, run)[file].steps:
            for entry in paired:
                entry.row = -1


def _forget_chance(entries: Sequence[Entry], run: RunSide, offsets: Mapping[int, Offset]) -> None:
    """Undo pairs by time alone that any two logs would give: few, of different status, or none too close."""
    paired = [entry for entry in entries if entry.row >= 0]
    alike = sum(entry.line.status in (0, run.status[entry.row]) for entry in paired)
    close = sum(_is_close(entry, run, offsets) for entry in paired)
    if alike < max(
        _FEW, _SHARE * len(paired), _SHARE * min(len(entries), int(run.sent.sum())) / 2
    ) or close < _SHARE * len(paired):
        for entry in paired:
            entry.row = -1


def _is_close(entry: Entry, run: RunSide, offsets: Mapping[int, Offset]) -> bool:
    """Say whether a line falls into its attempt itself, or nearly: what chance paired seldom does."""
    slack = max(_CLOSE_MS, entry.line.resolution_ms)
    (first,), (last,) = _span(np.array([entry.row]), run, slack, ends=math.isnan(entry.line.asked_at))
    return bool(first <= _at(entry, offsets) <= last)


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
