"""Engines whose clocks differ from this machine's: results are joined by time, so a difference is said."""

from __future__ import annotations

import csv
import dataclasses
from typing import TYPE_CHECKING, Final

from jmxgen.jmeter.folder import tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_HEAD_BYTES: Final = 1 << 20
TOLERANCE_MS: Final = 100.0  # rows have whole milliseconds, and the run's own times are taken around JMeter


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """An engine whose rows lie outside the run: by so much at least its clock is ahead (negative: behind)."""

    engine: str
    ahead_ms: float

    def __str__(self) -> str:
        way = "ahead of" if self.ahead_ms > 0 else "behind"
        return (
            f"the clock of {self.engine} is at least {abs(self.ahead_ms) / 1000:.1f} s {way} this machine's: "
            "set the clocks by NTP; what is said of concurrency may be off by that"
        )


def differences(
    jtl: Path, engines: Sequence[str], *, began_ms: float, ended_ms: float
) -> tuple[Difference, ...]:
    """Return the engines whose rows lie before the run's begin or after its end.

    Args:
        jtl: the results, CSV; its beginning and its end are looked at.
        engines: their names, which JMeter puts before those of their threads.
        began_ms: when this machine started the run, by its own clock, in ms since the epoch.
        ended_ms: when it ended.
    """
    outside = dict.fromkeys(engines, 0.0)
    for begin, end, thread in _rows(jtl) if engines else ():
        for engine in engines:
            if thread.startswith(f"{engine}-"):
                by = min(begin - began_ms, 0.0) or max(end - ended_ms, 0.0)
                outside[engine] = max(outside[engine], by, key=abs)
    return tuple(Difference(engine, by) for engine, by in outside.items() if abs(by) > TOLERANCE_MS)


def _rows(jtl: Path) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, thread name) of the first and last rows."""
    try:
        with jtl.open(encoding="utf-8", errors="replace") as file:
            names = next(csv.reader([file.readline()]), [])
            lines = [*file.readlines(_HEAD_BYTES), *tail(jtl).splitlines()[1:]]
    except FileNotFoundError:
        return
    for row in csv.DictReader(lines, fieldnames=names):
        start, elapsed = str(row.get("timeStamp")), str(row.get("elapsed"))
        if start.isdecimal() and elapsed.isdecimal() and int(start):  # 0: gave up before it took the time
            yield int(start), int(start) + int(elapsed), str(row.get("threadName"))
