"""The lines of a log that may be the run's: found while the log streams by, and no others are kept."""

from __future__ import annotations

import collections
import dataclasses
import math
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.server_log.clock import FURTHEST_MS
from jmxgen.analysis.server_log.line import REFUSED, SECOND_MS, SWITCHING
from jmxgen.analysis.server_log.remarks import merge
from jmxgen.analysis.server_log.run_side import split

if TYPE_CHECKING:
    import re

    from jmxgen.analysis.server_log.line import Line
    from jmxgen.analysis.server_log.reading import Reading
    from jmxgen.analysis.server_log.run_side import RunSide

# So many lines without an id are kept, and four for each of the run's connections: a log with more of them is
# so busy that their times join nothing.
_MOST_LOOSE: Final = 20_000
_FEW: Final = 10  # times that are all of whole seconds by chance
_MOST_OF_ONE: Final = 16  # logs that may mention the same connection


@dataclasses.dataclass(slots=True)
class Entry:
    """A line that may be the run's, and the file that it is from."""

    file: int
    line: Line
    row: int = -1  # the connection of the run that it is about, -1 where none
    sure: bool = True  # that row and no other: not where time alone joined it, and others were near


@dataclasses.dataclass(slots=True)
class Collected:
    """Lines by what is known of them."""

    # Caller, number of the connection, and what the id says of its engine.
    numbered: dict[tuple[str, int, str], list[Entry]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    # The caller is known, one of several where engines have callers of one name.
    by_threads: dict[tuple[int, ...], list[Entry]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    loose: list[Entry] = dataclasses.field(default_factory=list)  # nothing is known but times and status
    remarks: list[Entry] = dataclasses.field(default_factory=list)
    merged: list[tuple[int, Entry]] = dataclasses.field(default_factory=list)  # (a remark's file, its line)
    outside: int = 0
    numbered_lines: int = 0
    # Lines of each file about other requests that carry a connection's id: a login's, a poll's.
    beside: collections.Counter[int] = dataclasses.field(default_factory=collections.Counter)
    ambiguous_remarks: set[int] = dataclasses.field(default_factory=set)  # error logs of no certain node
    serials: bool = False  # some line that isn't a remark has the log's own number
    other_run_files: set[int] = dataclasses.field(default_factory=set)  # joined by what another run has, too
    other_runs: bool = False  # plans of jmxgen sent ids, but of other runs

    def ambiguous(self) -> list[Entry]:
        """Return the lines whose caller is one of several."""
        return [entry for threads, some in self.by_threads.items() if len(threads) > 1 for entry in some]

    def entries(self) -> list[Entry]:
        """Return all lines that aren't remarks."""
        known = [entry for some in (*self.numbered.values(), *self.by_threads.values()) for entry in some]
        return [*known, *self.loose]


def collect(lines: Reading, run: RunSide) -> Collected:
    """Sort lines by how they can be joined with the run; those that can't be are only counted."""
    found = Collected()
    for file, line in lines:
        found.serials = found.serials or bool(line.serial and not line.remark)
        if not _place(Entry(file, line), found, run):
            found.outside += 1
    _one_group_for_unique(found)
    _round(found)
    _note_endless(found)
    if found.serials:
        merge(found, [path.parent for path in lines.paths])
    else:
        # No line has a number: the remarks are all that there is of their connections.
        found.loose += found.remarks
        found.remarks = []
    return found


def _place(entry: Entry, found: Collected, run: RunSide) -> bool:
    parts = split(entry.line.id)
    if parts and parts["caller"] in run.tails:
        return _place_numbered(entry, parts, found, run)
    if not _near(entry.line, run):
        return False
    line, most = entry.line, _MOST_LOOSE + 4 * run.size
    threads = run.threads(line.caller, line.id)
    if line.remark:
        return _keep(entry, found.remarks, most)
    if threads:
        return _keep(entry, found.by_threads[threads], _MOST_OF_ONE * len(run.rows(threads)))
    others = line.id or line.caller  # another client's
    websocket = line.status == SWITCHING or line.status >= REFUSED
    return websocket and not others and _keep(entry, found.loose, most)


def _place_numbered(entry: Entry, parts: re.Match[str], found: Collected, run: RunSide) -> bool:
    """Place a line whose id has a caller's number that the run has, too."""
    caller, number, first = parts["caller"], int(parts["number"]), parts["run"] or ""
    if not run.is_of_this_run(first):
        found.other_runs = True
        return False
    if found.numbered_lines > _MOST_LOOSE + _MOST_OF_ONE * run.size or not run.has(caller, number):
        return False
    kept = _keep(entry, found.numbered[caller, number, first], _MOST_OF_ONE)
    found.numbered_lines += kept
    return kept


def _one_group_for_unique(found: Collected) -> None:
    """Take first parts that differ from line to line, as in TIME-GROUP-THREAD-CONNECTION, for no engine's."""
    firsts = {first for _, _, first in found.numbered}
    if len(firsts) <= max(_FEW, found.numbered_lines / 2):
        return
    numbered = found.numbered.copy()
    found.numbered.clear()
    for (caller, number, _), entries in numbered.items():
        found.numbered[caller, number, ""] += entries


def _note_endless(found: Collected) -> None:
    """Note which files have no end at all, whatever their format could."""
    entries = found.entries()
    ends = {entry.file for entry in entries if math.isfinite(entry.line.ended_at)}
    for entry in entries:
        entry.line.end_unknown = entry.line.end_unknown or entry.file not in ends


def _round(found: Collected) -> None:
    """Note which files write whole seconds, whatever their format could."""
    entries = found.entries()
    for name in ("asked_at", "ended_at"):
        times: dict[int, list[float]] = collections.defaultdict(list)
        for entry in entries:
            at = getattr(entry.line, name)
            if math.isfinite(at):
                times[entry.file].append(at % SECOND_MS)
        for entry in entries:
            if len(times[entry.file]) >= _FEW and not any(times[entry.file]):
                entry.line.resolution_ms = SECOND_MS


def _keep(entry: Entry, some: list[Entry], most: int) -> bool:
    """Keep a line, but no more than so many of its kind: memory is the run's to decide, not the log's."""
    if len(some) < most:
        some.append(entry)
        return True
    return False


def _near(line: Line, run: RunSide) -> bool:
    """Say whether a line may fall into the run, by a clock that may be off."""
    first = line.ended_at if math.isnan(line.asked_at) else line.asked_at
    last = line.asked_at if math.isnan(line.ended_at) else line.ended_at
    return bool(last >= run.start - FURTHEST_MS and first <= run.stop + FURTHEST_MS)
