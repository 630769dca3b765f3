"""Result files to `Results`: read in chunks, judged, counted, put together."""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jmxgen.analysis import jmeter_log, jtl, lifecycle, memory, parallel
from jmxgen.analysis.cores import ahead
from jmxgen.analysis.jtl.csv import HEADER_AGAIN
from jmxgen.analysis.jtl.source import OPEN_QUOTE
from jmxgen.analysis.model import Results
from jmxgen.analysis.tally import Tally
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    import pandas as pd

    from jmxgen.analysis.parallel import Part

# The more rows a chunk has, the less pandas spends on each. Its tokenizer keeps 16 bytes a field, in arrays
# that double (words and word_starts, tokenizer.c): of 17 columns, somewhat more rows would need twice that.
CHUNK_ROWS: Final = 150_000


def read(
    paths: Iterable[Path | str],
    *,
    progress: Callable[[int, int], None] | None = None,
    metrics: pd.DataFrame | None = None,
    scenario: Mapping[str, Any] | None = None,
    log: Path | None = None,
    chunk_rows: int = CHUNK_ROWS,
    zone: str = "UTC",
    executor: Executor | None = None,
    jobs: int = 1,
) -> Results:
    """Read result files as one run.

    Args:
        paths: what `jmeter -l` wrote, CSV or XML, plain or gzip; a file an engine or a part of a run. A
            text with :// in it is a URL for fsspec.
        progress: told the bytes read so far and those of all files.
        metrics: Active Conversations from outside (`jmxgen.analysis.metrics`), kept in the results.
        scenario: what the scenario said, kept in the results.
        log: the run's jmeter.log, for the versions and the machine; only read where it is named.
        chunk_rows: about so many rows are held in memory at a time.
        zone: the zone of formatted time stamps, which JMeter writes without one.
        executor: reads as well, of `parallel.processes` or `cluster.connected`. It makes no difference to
            the results.
        jobs: over so many processes of this machine, this one among them, the files are shared out; with 1
            and an executor all is left to that, each file a task.

    Raises:
        ResultError: a file can't be read, is no results file, or no row of it can be read.
    """
    files = [_where(path) for path in paths]
    if not files:
        raise ResultError("no results file named", hint="jmxgen analyze results.jtl")
    tally = _tally(files, progress=progress, chunk_rows=chunk_rows, zone=zone, executor=executor, jobs=jobs)
    memory.give_back()
    results = finish(tally, metrics=metrics, scenario=scenario)
    del tally
    memory.give_back()
    return dataclasses.replace(results, machine=jmeter_log.read(log, results.start_ms)) if log else results


def _tally(
    files: Sequence[Path | str],
    *,
    progress: Callable[[int, int], None] | None,
    chunk_rows: int,
    zone: str,
    executor: Executor | None,
    jobs: int,
) -> Tally:
    """Read files into one tally: when it is made, nothing else holds on to it, or to one of its parts."""
    total = sum(jtl.size(path) for path in files)
    done = 0

    def told(position: int) -> None:
        if progress is not None:
            progress(min(done + position, total), total)

    tallies: Iterator[Tally]
    if executor is None:
        tallies = (read_one(path, chunk_rows=chunk_rows, zone=zone, progress=told) for path in files)
    else:
        todo = parallel.parts(files, jobs)
        parts = parallel.tallies(
            todo, executor, chunk_rows=chunk_rows, zone=zone, helps=jobs > 1, progress=told
        )
        tallies = joined(todo, parts, chunk_rows=chunk_rows, zone=zone)

    def finished() -> Iterator[Tally]:
        nonlocal done
        for one in tallies:
            done += sum(jtl.size(_where(name)) for name in one.files)
            yield one

    return _merged(finished())


def _where(path: Path | str) -> Path | str:
    return path if isinstance(path, str) and "://" in path else Path(path)


def _merged(tallies: Iterator[Tally]) -> Tally:
    """Merge tallies into the first of them; none is kept longer than that takes."""
    merged = next(tallies)
    for one in tallies:
        merged.merge(one)
    return merged


def joined(todo: Sequence[Part], found: Iterator[Tally], *, chunk_rows: int, zone: str) -> Iterator[Tally]:
    """Put the parts of each file together.

    Where what a row means depends on all rows before it, the file is read again by this process.

    Args:
        todo: the parts, those of a file one after the other.
        found: their tallies.
        chunk_rows: as for `read`.
        zone: as for `read`.

    Returns:
        One tally a file.
    """
    for _, parts in itertools.groupby(todo, key=lambda part: part.place):
        first, *rest = parts
        tally, anew = next(found), False
        for one in itertools.islice(found, len(rest)):
            anew |= tally.skipped[OPEN_QUOTE] > 0  # cut within quotes, perhaps
            tally.merge(one)
        # Several recordings in one file, perhaps: their times tell, and they may be cut anywhere.
        anew |= bool(rest) and tally.skipped[HEADER_AGAIN] > 0
        if anew:
            tally = count(dataclasses.replace(first, span=None), chunk_rows=chunk_rows, zone=zone)
        elif rest:
            _check(tally, first.name)
        yield tally


def read_one(
    path: Path | str,
    *,
    chunk_rows: int = CHUNK_ROWS,
    zone: str = "UTC",
    progress: Callable[[int], None] | None = None,
) -> Tally:
    """Read one file into a tally, which can be merged with others' and sent between processes.

    Raises:
        ResultError: the file can't be read, is no results file, or no row of it can be read.
    """
    part = parallel.whole(path)
    return count(part, chunk_rows=chunk_rows, zone=zone, read_ahead=True, progress=progress)


def count(
    part: Part,
    *,
    chunk_rows: int = CHUNK_ROWS,
    zone: str = "UTC",
    read_ahead: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Tally:
    """Read a part of a file into a tally, in any process.

    Args:
        part: which part.
        chunk_rows: as for `read`.
        zone: as for `read`.
        read_ahead: parse in a thread of its own; for a process that has a core to spare.
        progress: told the bytes read so far.

    Raises:
        ResultError: as `read_one`; that no row can be read is an error of a whole file alone.
    """
    memory.keep_freed()
    span = part.span
    look = functools.cache(lambda: _foreign(part, zone))
    later = span is not None and span.start > 0
    tally = _counted(part, look if later else None, chunk_rows, zone, progress, read_ahead=read_ahead)
    if span is None:
        _check(tally, part.name)
    elif not later and tally.rows < lifecycle.LOOK:
        # So short a span tells less than the whole file would.
        tally = _counted(part, look, chunk_rows, zone, progress)
    return tally


def _foreign(part: Part, zone: str) -> frozenset[str]:
    """Return the labels that the beginning of a part's file shows to be no WebSocket's."""
    chunks = jtl.read(
        part.place,
        named=part.name,
        skipped=collections.Counter(),
        rows=lifecycle.LOOK // 2,
        zone=zone,
    )
    return Tally().look(chunks, part.name)


def _counted(
    part: Part,
    look: Callable[[], frozenset[str]] | None,
    chunk_rows: int,
    zone: str,
    progress: Callable[[int], None] | None,
    *,
    read_ahead: bool = False,
) -> Tally:
    tally = Tally(files=[part.name])
    chunks = jtl.read(
        part.place,
        span=part.span,
        named=part.name,
        skipped=tally.skipped,
        rows=max(chunk_rows, 1),
        zone=zone,
        progress=progress,
    )
    tally.take(ahead(chunks) if read_ahead else chunks, part.name, look=look)
    return tally


def _check(tally: Tally, path: Path | str) -> None:
    lost = sum(tally.skipped.values())
    if lost and not tally.rows:
        reason, rows = tally.skipped.most_common(1)[0]
        raise ResultError(f"no row can be read: {reason} ({rows} of {lost})", place=Place(path))


def finish(
    tally: Tally, *, metrics: pd.DataFrame | None = None, scenario: Mapping[str, Any] | None = None
) -> Results:
    """Rebuild the connections of all that was read, and put the results together."""
    told = lifecycle.tell(tally.log)
    memory.give_back()
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
        own_plan=tally.own_plan,
        stalls=told.stalls,
        silent=int(told.connections["silent"].sum()),
        aftermath=told.aftermath,
        unattributed=told.unattributed,
        gaps=tally.activity.gaps(start, end),
        notes=tuple(notes),
        metrics=metrics,
        scenario=scenario,
    )
