"""What an error log remarks on requests, added to their lines by the number of the connection."""

from __future__ import annotations

import collections
import math
from typing import TYPE_CHECKING, Final

from jmxgen.analysis.server_log.clock import QUARTER_MS
from jmxgen.analysis.server_log.line import REFUSED, SECOND_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.analysis.server_log.collect import Collected, Entry
    from jmxgen.analysis.server_log.line import Line

_SAME_MS: Final = 2000.0  # a remark is written with its line, in whole seconds


def merge(found: Collected) -> None:
    """Add each remark to the line of its request; remarks on others' requests are only counted."""
    by_serial: dict[str, list[Entry]] = collections.defaultdict(list)
    for entry in found.entries():
        if entry.line.serial:
            by_serial[entry.line.serial].append(entry)
    for remark in sorted(found.remarks, key=lambda remark: remark.line.ended_at):
        about = _of(remark.line, by_serial.get(remark.line.serial, ()))
        if about is None:
            found.outside += 1
            continue
        found.merged.append((remark.file, about))
        _add(remark.line, about.line)


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
