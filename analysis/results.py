"""Result files to `Results`: read in chunks, judged, counted, put together."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmxgen.analysis import jtl, lifecycle
from jmxgen.analysis.model import Results
from jmxgen.analysis.tally import Tally
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd


def read(
    paths: Iterable[Path | str],
    *,
    progress: Callable[[int, int], None] | None = None,
    metrics: pd.DataFrame | None = None,
    scenario: Mapping[str, Any] | None = None,
    chunk_rows: int = 250_000,
    zone: str = "UTC",
) -> Results:
    """Read result files as one run.

    Args:
        paths: what `jmeter -l` wrote, CSV or XML, plain or gzip; a file an engine or a part of a run.
        progress: told the bytes read so far and those of all files.
        metrics: Active Conversations from outside (`jmxgen.analysis.metrics`), kept in the results.
        scenario: what the scenario said, kept in the results.
        chunk_rows: about so many rows are held in memory at a time.
        zone: the zone of formatted time stamps, which JMeter writes without one.

    Raises:
        ResultError: a file can't be read, is no results file, or no row of it can be read.
    """
    files = [Path(path) for path in paths]
    if not files:
        raise ResultError("no results file named", hint="jmxgen analyze results.jtl")
    total = sum(jtl.size(path) for path in files)
    done = 0
    tally = Tally()
    for path in files:
        told = None if progress is None else _progress(progress, done, total)
        tally.merge(read_one(path, chunk_rows=chunk_rows, zone=zone, progress=told))
        done += jtl.size(path)
    return finish(tally, metrics=metrics, scenario=scenario)


def _progress(progress: Callable[[int, int], None], done: int, total: int) -> Callable[[int], None]:
    return lambda position: progress(min(done + position, total), total)


def read_one(
    path: Path, *, chunk_rows: int = 250_000, zone: str = "UTC", progress: Callable[[int], None] | None = None
) -> Tally:
    """Read one file into a tally, which can be merged with others' and sent between processes.

    Raises:
        ResultError: the file can't be read, is no results file, or no row of it can be read.
    """
    tally = Tally(files=[str(path)])
    skipped: collections.Counter[str] = collections.Counter()
    chunks = jtl.read(path, skipped=skipped, rows=max(chunk_rows, 1), zone=zone, progress=progress)
    tally.take(chunks, str(path))
    tally.skipped += skipped
    lost = sum(skipped.values())
    if lost and not tally.rows:
        reason, rows = skipped.most_common(1)[0]
        raise ResultError(f"no row can be read: {reason} ({rows} of {lost})", place=Place(path))
    return tally


def finish(
    tally: Tally, *, metrics: pd.DataFrame | None = None, scenario: Mapping[str, Any] | None = None
) -> Results:
    """Rebuild the connections of all that was read, and put the results together."""
    told = lifecycle.tell(tally.log)
    seconds, start, end, outside = tally.seconds.table(told.aftermath_at, told.stalls_at)
    notes = [*tally.notes(), *told.notes()]
    if outside:
        notes.append(
            f"{outside} rows have a time that is days away from the others': left out of the time line"
        )
    return Results(
        files=tuple(tally.files),
        samples=tally.samples,
        errors=tally.errors,
        rows=tally.rows,
        skipped_rows=dict(tally.skipped),
        start_ms=start,
        end_ms=end,
        connections=told.connections,
        seconds=seconds,
        labels=tally.labels.table(list(tally.log.labels)),
        dialects=tally.dialects(),
        stalls=told.stalls,
        aftermath=told.aftermath,
        unattributed=told.unattributed,
        gaps=tally.activity.gaps(start, end),
        notes=tuple(notes),
        metrics=metrics,
        scenario=scenario,
    )
