"""The join: a run's connections and a log's lines to what the other side saw."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jmxgen.analysis.server_log import witness
from jmxgen.analysis.server_log.clock import Offset
from jmxgen.analysis.server_log.collect import collect
from jmxgen.analysis.server_log.mapped import ABSENT
from jmxgen.analysis.server_log.match import match
from jmxgen.analysis.server_log.run_side import RunSide
from jmxgen.analysis.server_log.view import SERVER_COLUMNS, FileView, ServerView
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.server_log.collect import Collected, Entry
    from jmxgen.analysis.server_log.line import Line
    from jmxgen.analysis.server_log.reading import LogFile, Reading
    from jmxgen.analysis.server_log.run_side import RunSide


def join(connections: pd.DataFrame, lines: Reading) -> ServerView:
    """Return what a log says of a run's connections.

    Args:
        connections: CONNECTION_COLUMNS of the run.
        lines: the log's lines, streamed: only those that may be the run's are kept.

    Raises:
        ResultError: a file can't be read, or no line is about a connection of this run.
    """
    run = RunSide(connections)
    found = collect(lines, run)
    offsets = match(found, run)
    entries = found.entries()
    said = _joined(entries, offsets, run)
    if not said:
        raise _nothing_in_common(lines, found, run)
    joined = {row: witness.together(some, clean=run.clean[row]) for row, some in said.items()}
    frame = _frame(joined, run)
    by_time = {entry.row for entry in (*found.loose, *found.ambiguous()) if entry.row >= 0}
    doubtful = {entry.row for entry in entries if not entry.sure}
    unsure = max((offset.unsure_ms for offset in offsets.values()), default=0.0)
    sides = _contradicting({row: some for row, some in said.items() if row not in doubtful}, run, unsure)
    inside = [entry for entry in entries if entry.row < 0 and _within(entry, offsets, run)]
    opened, ended = _openings(joined, [_shifted(entry, offsets, run) for entry in inside])
    steps = _steps(opened, ended)
    best = _most_joined(entries)
    return ServerView(
        files=_files(lines, found, offsets),
        lines=sum(file.lines for file in lines.files),
        joined=len(joined),
        by_time=len(by_time),
        never_sent=int((~run.sent).sum()),
        unmatched_connections=int(run.sent.sum()) - sum(bool(run.sent[row]) for row in joined),
        unmatched_lines=len(inside),
        outside=found.outside + found.beside.total() + sum(entry.row < 0 for entry in entries) - len(inside),
        clock_offset_ms=offsets.get(best, Offset()).ms,
        clock_interval_ms=offsets.get(best, Offset()).interval,
        agreements=len(joined) - len(sides),
        contradictions=witness.contradictions(sides, run),
        named=witness.named(frame, _last_frames(connections, doubtful)),
        peak_open=int(steps["open"].max()) if len(steps) else 0,
        open_steps=steps,
        connections=frame,
    )


def _shifted(entry: Entry, offsets: Mapping[int, Offset], run: RunSide) -> Line:
    """Return a line with JMeter's times."""
    line = entry.line
    begun, over = _offsets_of(entry, offsets.get(entry.file, Offset(0.0)), run)
    return dataclasses.replace(
        line, asked_at=line.asked_at - begun, opened_at=line.opened_at - begun, ended_at=line.ended_at - over
    )


def _offsets_of(entry: Entry, offset: Offset, run: RunSide) -> tuple[float, float]:
    """Return the offsets of a line's beginning and end: two where the clock was set in between.

    Some servers count the life of a connection by a clock that nobody sets: so that offset is taken under
    which the time is nearest to what JMeter saw.
    """
    line, row = entry.line, entry.row
    if not offset.steps:
        return offset.ms, offset.ms
    if row < 0:
        found = offset.of(line.ended_at if math.isnan(line.asked_at) else line.asked_at)
        return found, found
    rows = np.array([row])
    begun = offset.nearest(line.asked_at, *run.asked_within(rows))
    return begun, offset.nearest(line.ended_at, *run.ended_within(rows))


def _joined(entries: Sequence[Entry], offsets: Mapping[int, Offset], run: RunSide) -> dict[int, list[Line]]:
    """Return what the logs say of each row that they have."""
    lines: dict[int, list[Line]] = collections.defaultdict(list)
    for entry in entries:
        if entry.row >= 0:
            lines[entry.row].append(_shifted(entry, offsets, run))
    return dict(sorted(lines.items()))


def _frame(joined: Mapping[int, Line], run: RunSide) -> pd.DataFrame:
    """Return SERVER_COLUMNS of all rows."""
    empty = {"float64": math.nan, "int16": 0, "category": ""}
    columns = {name: np.full(run.size, empty[kind], object if kind == "category" else kind)
               for name, kind in SERVER_COLUMNS.items()}  # fmt: skip
    columns["server_ended_by"][:] = "unknown"
    for row, line in joined.items():
        columns["server_opened_at"][row] = line.opened_at
        columns["server_ended_at"][row] = line.ended_at
        columns["server_status"][row] = line.status
        columns["server_code"][row] = line.code
        columns["server_flags"][row] = line.flags[:200]
        columns["server_seconds"][row] = round((line.ended_at - line.asked_at) / 1000, 3)
        columns["server_ended_by"][row] = witness.ended_by(line, run.end[row], run.kind[row])
        # What JMeter closed itself, and the server agreed to, needs no cause.
        columns["named_cause"][row] = "" if run.end[row] == "closed" else line.named_cause
    frame = pd.DataFrame(columns, index=run.frame.index)
    return frame.astype(dict(SERVER_COLUMNS))


def _contradicting(
    said: Mapping[int, Sequence[Line]], run: RunSide, unsure_ms: float
) -> list[tuple[str, int, Line]]:
    """Return (kind, row, line) of each connection of which two witnesses can't both be right."""
    codes = run.frame["code"].to_numpy()
    found = []
    for row, some in said.items():
        line = witness.together(some, clean=run.clean[row])
        kind = "logs disagree" if witness.disagree(some, clean=run.clean[row]) else ""
        kind = kind or witness.contradiction(line, row, run, int(codes[row]), unsure_ms)
        if kind:
            found.append((kind, row, line))
    return found


def _last_frames(connections: pd.DataFrame, doubtful: set[int]) -> NDArray[np.float64]:
    """Return when JMeter saw the last frame, unknown where the line may be another connection's."""
    last = connections["last_frame_at"].to_numpy(np.float64).copy()
    last[sorted(row for row in doubtful if row >= 0)] = math.nan
    return last


def _within(entry: Entry, offsets: Mapping[int, Offset], run: RunSide) -> bool:
    """Say whether a line that is not the run's falls into the run."""
    line = _shifted(entry, offsets, run)
    first = line.ended_at if math.isnan(line.asked_at) else line.asked_at
    return bool(run.start <= first <= run.stop) and entry.file in offsets


def _openings(joined: Mapping[int, Line], others: Sequence[Line]) -> tuple[np.ndarray, np.ndarray]:
    """Return when connections opened and ended by the log; no end is +inf."""
    both = (*joined.values(), *others)
    lines = [line for line in both if not math.isnan(line.opened_at) and not line.end_unknown]
    ended = (math.inf if math.isnan(line.ended_at) else line.ended_at for line in lines)
    return np.array([line.opened_at for line in lines], np.float64), np.array(list(ended), np.float64)


def _steps(opened: np.ndarray, ended: np.ndarray) -> pd.DataFrame:
    """Return the number of open connections as a step function: columns at_ms and open."""
    at = np.unique(np.concatenate([opened, ended[np.isfinite(ended)]]))
    level = np.searchsorted(np.sort(opened), at, "right") - np.searchsorted(np.sort(ended), at, "right")
    return pd.DataFrame({"at_ms": at, "open": level.astype(np.int64)})


def _most_joined(entries: Sequence[Entry]) -> int:
    counted = collections.Counter(entry.file for entry in entries if entry.row >= 0)
    return counted.most_common(1)[0][0]


def _files(lines: Reading, found: Collected, offsets: Mapping[int, Offset]) -> tuple[FileView, ...]:
    own = [(entry.file, entry) for entry in found.entries()]
    counted = collections.Counter(file for file, entry in (*own, *found.merged) if entry.row >= 0)
    clocks = {file: offsets[file] for file, entry in own if entry.row >= 0 and file in offsets}
    by_id = {entry.file for some in found.numbered.values() for entry in some if entry.row >= 0}
    return tuple(
        FileView(
            name=file.name,
            formats=dict(file.formats),
            lines=file.lines,
            unreadable=file.unreadable,
            cut=file.cut,
            joined=counted[number],
            packed=file.packed,
            other_run=number in found.other_run_files,
            by_id=number in by_id,
            notes=(
                *_notes(file, [entry.line for entry_file, entry in own if entry_file == number]),
                *_left_out(found, number),
            ),
            clock_offset_ms=clocks.get(number, Offset()).ms,
            clock_interval_ms=clocks.get(number, Offset()).interval,
            clock_steps=clocks.get(number, Offset()).steps,
        )
        for number, file in enumerate(lines.files)
    )


def _notes(file: LogFile, lines: Sequence[Line]) -> tuple[str, ...]:
    """Return what a reader must know of a file's lines."""
    found = [f"{what} ({many:,} lines, the first is {first:,})" for what, (many, first) in file.odd.items()
             if not what.endswith(ABSENT)]  # fmt: skip
    if any(line.end_unknown for line in lines):
        found.append(
            "it doesn't say when connections ended (HAProxy's option logasap, or a field that is missing)"
        )
    if lines and all(math.isnan(line.asked_at) for line in lines):
        found.append("it has only the ends of connections: log $msec and $request_time for the openings")
    return tuple(found)


def _left_out(found: Collected, file: int) -> tuple[str, ...]:
    """Return what a reader must know of lines that were not joined."""
    left = []
    if found.beside[file]:
        said = "answers to other requests with a connection's id, such as a login, are left out"
        left.append(f"{said} ({found.beside[file]:,} lines)")
    if file in found.ambiguous_remarks:
        left.append(
            "it fits the access logs of several nodes alike and is left out: put each node's logs into a "
            "folder of its own"
        )
    if any(entry.file == file for entry in found.ambiguous()):
        left.append("several engines have callers of the names in it: their times tell which is which")
    return tuple(left)


def _nothing_in_common(lines: Reading, found: Collected, run: RunSide) -> ResultError:
    near = [entry.line.ended_at for entry in found.entries() if not math.isnan(entry.line.ended_at)]
    read = sum(file.lines for file in lines.files)
    hint = f"the run was from {_clock(run.start)} to {_clock(run.stop)}"
    if near:
        hint += f"; connections in the log ended from {_clock(min(near))} to {_clock(max(near))}"
    doubt = ""
    if found.other_run_files:
        doubt = "its times fit only with clocks further apart than any time zone explains: another run's? "
    what = f"none of its {read:,} lines is about a connection of this run" if read else "is empty"
    if not read and any(file.cut for file in lines.files):
        what = "is cut before its first line ends"
    place = Place(", ".join(str(path) for path in lines.paths))
    return ResultError(what, place=place, hint=f"{doubt}{hint}")


def _clock(at: float) -> str:
    try:
        return dt.datetime.fromtimestamp(at / 1000, tz=dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return "an unknown time"
