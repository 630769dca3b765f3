"""The lines of a log that may be the run's: found while the log streams by, and no others are kept."""

from __future__ import annotations

import collections
import dataclasses
import math
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.server_log.clock import FURTHEST_MS
from jmxgen.analysis.server_log.run_side import split

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jmxgen.analysis.server_log.line import Line
    from jmxgen.analysis.server_log.run_side import RunSide

_QUARTER_MS: Final = 900_000.0  # zones differ by multiples of it
_SAME_MS: Final = 2000.0  # a remark is written with its line, in whole seconds


@dataclasses.dataclass(slots=True)
class Entry:
    """A line that may be the run's, and the file that it is from."""

    file: int
    line: Line
    row: int = -1  # the connection of the run that it is about, -1 where none


@dataclasses.dataclass(slots=True)
class Collected:
    """Lines by what is known of them."""

    # The connection is known, but for the engine where several have a caller of that number.
    numbered: dict[tuple[str, int], list[Entry]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    by_thread: dict[int, list[Entry]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )
    loose: list[Entry] = dataclasses.field(default_factory=list)  # nothing is known but times and status
    remarks: list[Entry] = dataclasses.field(default_factory=list)
    merged: list[tuple[int, Entry]] = dataclasses.field(default_factory=list)  # (a remark's file, its line)
    outside: int = 0
    serials: bool = False  # some line that isn't a remark has the log's own number
    other_runs: bool = False  # plans of jmxgen sent ids, but of other runs

    def entries(self) -> list[Entry]:
        """Return all lines that aren't remarks."""
        known = (entry for some in (*self.numbered.values(), *self.by_thread.values()) for entry in some)
        return [*known, *self.loose]


def collect(lines: Iterable[tuple[int, Line]], run: RunSide) -> Collected:
    """Sort lines by how they can be joined with the run; those that can't be are only counted."""
    found = Collected()
    for file, line in lines:
        found.serials = found.serials or bool(line.serial and not line.remark)
        if not _place(Entry(file, line), found, run):
            found.outside += 1
    _merge_remarks(found)
    return found


def _place(entry: Entry, found: Collected, run: RunSide) -> bool:
    line = entry.line
    parts = split(line.id)
    if parts and parts["caller"] in run.tails:
        if run.is_of_this_run(parts["run"]):
            found.numbered[parts["caller"], int(parts["number"])].append(entry)
            return True
        found.other_runs = True
        return False
    thread = next(
        (run.callers[name] for name in (line.caller, line.id) if run.callers.get(name) is not None), None
    )
    if not _near(line, run):
        return False
    if line.remark:
        found.remarks.append(entry)
    elif thread is not None:
        found.by_thread[thread].append(entry)
    elif line.id or line.caller or not (line.status == 101 or line.status >= 400):
        return False  # another client's, or no WebSocket
    else:
        found.loose.append(entry)
    return True


def _near(line: Line, run: RunSide) -> bool:
    """Say whether a line may fall into the run, by a clock that may be off."""
    first = line.ended_at if math.isnan(line.asked_at) else line.asked_at
    last = line.asked_at if math.isnan(line.ended_at) else line.ended_at
    return bool(last >= run.start - FURTHEST_MS and first <= run.stop + FURTHEST_MS)


def _merge_remarks(found: Collected) -> None:
    """Add to each line what an error log remarks on its connection; remarks on others' lines go."""
    if not found.serials:
        # No line has a number: the remarks are all that there is of their connections.
        found.loose += found.remarks
        found.remarks = []
        return
    by_serial: dict[str, list[Entry]] = collections.defaultdict(list)
    for entry in found.entries():
        if entry.line.serial:
            by_serial[entry.line.serial].append(entry)
    for remark in found.remarks:
        candidates = by_serial.get(remark.line.serial, [])
        near = min(candidates, key=lambda entry: _apart(entry.line, remark.line), default=None)
        if near is None or _apart(near.line, remark.line) > _SAME_MS:
            found.outside += 1
            continue
        found.merged.append((remark.file, near))
        said, line = remark.line, near.line
        line.flags = " ".join(filter(None, (line.flags, said.flags)))
        line.ended_by = said.ended_by if said.ended_by != "unknown" else line.ended_by
        line.named_cause = said.named_cause or line.named_cause


def _apart(line: Line, remark: Line) -> float:
    """Return the ms between a line and a remark on it, whatever zones they are written in."""
    if math.isnan(line.ended_at):
        return math.inf
    gap = (line.ended_at - remark.ended_at) % _QUARTER_MS
    return min(gap, _QUARTER_MS - gap)
