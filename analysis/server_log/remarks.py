"""What an error log remarks on requests, added to their lines by the number of the connection."""

from __future__ import annotations

import collections
import math
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.server_log.clock import QUARTER_MS
from jmxgen.analysis.server_log.line import REFUSED, SECOND_MS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jmxgen.analysis.server_log.collect import Collected, Entry
    from jmxgen.analysis.server_log.line import Line

    Lines = dict[str, list[Entry]]

_SAME_MS: Final = 2000.0  # a remark is written with its line, in whole seconds
_FEW_SHARED: Final = 0.1  # of the numbers of two access logs: those of one node
_ALIKE: Final = 0.9  # of the remarks that fit the best access log: it may as well be the other


def merge(found: Collected, folders: Sequence[Path]) -> None:
    """Add each remark to the line of its request; remarks on others' requests are only counted.

    Args:
        found: what the files have.
        folders: where each file is.
    """
    accesses = _by_file(found)
    remarks: dict[int, list[Entry]] = collections.defaultdict(list)
    for remark in sorted(found.remarks, key=lambda remark: remark.line.ended_at):
        remarks[remark.file].append(remark)
    for file, some in remarks.items():
        beside = {other: lines for other, lines in accesses.items() if folders[other] == folders[file]}
        nodes = _of_one_node(some, beside or accesses)
        if nodes is None:
            found.ambiguous_remarks.add(file)
        _merge(some, nodes or {}, found)


def _by_file(found: Collected) -> dict[int, Lines]:
    """Return each access log's lines by the number of their connection."""
    by_file: dict[int, Lines] = {}
    for entry in found.entries():
        if entry.line.serial:
            lines = by_file.setdefault(entry.file, {})
            lines.setdefault(entry.line.serial, []).append(entry)
    return by_file


def _of_one_node(remarks: Sequence[Entry], accesses: Mapping[int, Lines]) -> Lines | None:
    """Return the lines that an error log may be about, None where it fits the logs of two nodes alike.

    They are of the access log that it fits best, and of others that have no number in common with that: nodes
    number their connections alike, the logs of one node share none.
    """
    fits = {file: _fit(remarks, lines) for file, lines in accesses.items()}
    ranked = sorted(fits, key=lambda file: -fits[file])
    chosen: Lines = {}
    for file in ranked:
        shared = chosen.keys() & accesses[file].keys()
        if len(shared) <= _FEW_SHARED * len(accesses[file]):
            for serial, entries in accesses[file].items():
                chosen.setdefault(serial, []).extend(entries)
        elif fits[file] >= _ALIKE * fits[ranked[0]] > 0:
            return None
    return chosen


def _fit(remarks: Sequence[Entry], lines: Lines) -> int:
    """Return how many remarks are of the very second of a line of their number."""
    return sum(
        any(_apart(entry.line, remark.line) == 0 for entry in lines.get(remark.line.serial, ()))
        for remark in remarks
    )


def _merge(remarks: Sequence[Entry], lines: Lines, found: Collected) -> None:
    for remark in remarks:
        entry = _of(remark.line, lines.get(remark.line.serial, ()))
        if entry is None:
            found.outside += 1
            continue
        found.merged.append((remark.file, entry))
        _add(remark.line, entry.line)


def _of(remark: Line, candidates: Sequence[Entry]) -> Entry | None:
    """Return the request that a remark is about, None where there is none.

    A load balancer sends many requests over one connection: each gets its own remark, in the order of time.
    """
    near = [entry for entry in candidates if _apart(entry.line, remark) <= _SAME_MS]
    return min(
        near,
        key=lambda entry: (
            _refuses(remark) != (entry.line.status >= REFUSED),
            remark.flags in entry.line.remarks,
            _apart(entry.line, remark),
            entry.line.ended_at,
        ),
        default=None,
    )


def _refuses(remark: Line) -> bool:
    return remark.asked_at == remark.ended_at


def _apart(line: Line, remark: Line) -> float:
    """Return the ms between a line and the second of a remark on it, whatever zones they are written in."""
    if math.isnan(line.ended_at):
        return math.inf
    gap = (line.ended_at - remark.ended_at) % QUARTER_MS
    return 0.0 if gap < SECOND_MS else min(gap - SECOND_MS, QUARTER_MS - gap)


def _add(remark: Line, line: Line) -> None:
    if remark.flags not in line.remarks:
        line.remarks = (*line.remarks, remark.flags)
        line.flags = " ".join(filter(None, (line.flags, remark.flags)))
    line.ended_by = remark.ended_by if remark.ended_by != "unknown" else line.ended_by
    line.named_cause = remark.named_cause or line.named_cause
