"""Result files to a `Run`: read in chunks, classified, counted, put together."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from jmxgen.analysis import jtl
from jmxgen.analysis.lifecycle import SNIFFED_ROWS, Classifier, other_labels, rebuild
from jmxgen.analysis.model import Run
from jmxgen.analysis.reading import jmeter_log, metric_rows
from jmxgen.analysis.reading.tally import Tally
from jmxgen.analysis.tallies.activity import gaps
from jmxgen.analysis.tallies.labels import label_table
from jmxgen.analysis.tallies.seconds import time_line
from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from jmxgen.analysis.jtl import Chunk
    from jmxgen.analysis.lifecycle import Events

    Classified = Iterator[tuple[Chunk, Events]]

CHUNK_ROWS: Final = 150_000
MOST_SORTED: Final = 1_100_000  # rows: a spreadsheet holds no more
ORPHANS: Final = 0.05  # of the connections: more were lost before they were opened, so this is not the order


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
) -> Run:
    """Read result files as one run.

    Args:
        paths: what `jmeter -l` wrote, CSV or XML, plain or gzip; one file per engine, or per part of a run. A
            text with :// in it is a URL for fsspec.
        progress: is given the bytes read so far and those of all files.
        metrics: Active Conversations from outside (`jmxgen.analysis.metrics`), kept in the results.
        scenario: what the scenario said, kept in the results.
        log: the run's jmeter.log, for the versions and the machine; only read where it is named.
        chunk_rows: about so many rows are held in memory at a time.
        zone: the zone of formatted time stamps, which JMeter writes without one.
        executor: reads instead of this process, each file one task (`cluster.connected`).

    Raises:
        ResultError: a file can't be read, is not a results file, or no row of it can be read.
    """
    files = [_place(path) for path in paths]
    if not files:
        raise ResultError("no results file named", hint="jmxgen analyze results.jtl")
    machine = None if log is None else lambda start_ms: jmeter_log.read(log, start_ms)
    tallies = _tallies(files, progress, chunk_rows, zone, executor)
    tally = next(tallies)
    for found in tallies:
        tally.merge(found)
    return finish(tally, metrics=metrics, scenario=scenario, machine=machine)


def _place(path: Path | str) -> Path | str:
    return path if isinstance(path, str) and "://" in path else Path(path)


def _tallies(
    files: Sequence[Path | str],
    progress: Callable[[int, int], None] | None,
    chunk_rows: int,
    zone: str,
    executor: Executor | None,
) -> Iterator[Tally]:
    """Yield the tally of each file, in order."""
    sizes = [jtl.size(path) for path in files]
    before = 0
    tasks = [executor.submit(_task, path, chunk_rows, zone) for path in files] if executor else []
    for number, path in enumerate(files):

        def report(position: int, before: int = before) -> None:
            if progress is not None:
                progress(min(before + position, sum(sizes)), sum(sizes))

        if tasks:
            yield tasks[number].result()
        else:
            yield read_file(path, chunk_rows=chunk_rows, zone=zone, progress=report)
        before += sizes[number]
        report(0, before)


def _task(path: Path | str, chunk_rows: int, zone: str) -> Tally:
    """Read a file on a worker."""
    return read_file(path, chunk_rows=chunk_rows, zone=zone)


def read_file(
    path: Path | str,
    *,
    chunk_rows: int = CHUNK_ROWS,
    zone: str = "UTC",
    progress: Callable[[int], None] | None = None,
) -> Tally:
    """Read one file into a tally, which can be merged with others' and sent between processes.

    Raises:
        ResultError: the file can't be read, is not a results file, or no row of it can be read.
    """
    tally = Tally(files=[str(path)])
    size = jtl.size(path)
    chunks = jtl.read(path, skipped=tally.skipped, rows=max(chunk_rows, 1), zone=zone, progress=progress)
    add_rows(tally, chunks, str(path))
    if tally.rows <= MOST_SORTED and rebuild(tally.history).tangled:
        tally = _sorted(path, zone) or tally
    if jtl.size(path) != size:
        tally.growing.append(str(path))
    lost = sum(tally.skipped.values())
    if lost and not tally.rows:
        reason, rows = tally.skipped.most_common(1)[0]
        raise ResultError(f"no row can be read: {reason} ({rows} of {lost})", place=Place(path))
    return tally


def _sorted(path: Path | str, zone: str) -> Tally | None:
    """Read a file in the order of its times; None where its threads still do two things at once.

    A spreadsheet, or a tool, may have sorted it by another column.
    """
    tally = Tally(files=[str(path)])
    chunks = list(jtl.read(path, skipped=tally.skipped, rows=MOST_SORTED, zone=zone, in_order=False))
    if len({chunk.part for chunk in chunks}) > 1:
        return None
    texts = chunks[0].rows.select_dtypes("category").columns
    rows = pd.concat([chunk.rows.astype(dict.fromkeys(texts, object)) for chunk in chunks])
    rows = rows.astype(dict.fromkeys(texts, "category"))
    start = rows["timeStamp"].to_numpy()
    end = np.where(start > 0, start + rows["elapsed"].to_numpy(), np.iinfo(np.int64).max)
    in_order = rows.iloc[np.lexsort((start, end))].reset_index(drop=True)
    notes = (
        *dict.fromkeys(note for chunk in chunks for note in chunk.notes),
        "the rows were not in the order of their times, and were sorted",
    )
    add_rows(tally, [dataclasses.replace(chunks[0], rows=in_order, notes=notes)], str(path))
    lives = rebuild(tally.history)
    return None if lives.tangled or lives.orphans > ORPHANS * len(lives.connections) else tally


def add_rows(tally: Tally, chunks: Iterable[Chunk], file: str) -> None:
    """Add the rows of one file: each chunk is classified, handed to the lifecycle, and added to the sums.

    The first rows show which labels are other samplers'; so they are classified before any is added.
    """
    classifier = Classifier(tally.history, file)
    samples = (metric_rows.without(chunk) for chunk in chunks)
    classified = ((chunk, classifier.classify(chunk)) for chunk in samples)
    beginning = _beginning(classified)
    others = other_labels([events for _, events in beginning], tally.history)
    for chunk, events in itertools.chain(_emptied(beginning), classified):
        events.ignore(others)
        tally.history.add(events)
        tally.add(chunk, events)


def _beginning(classified: Classified) -> list[tuple[Chunk, Events]]:
    """Return the first chunks, of `SNIFFED_ROWS` rows together where there are so many."""
    found: list[tuple[Chunk, Events]] = []
    rows = 0
    while rows < SNIFFED_ROWS and (item := next(classified, None)) is not None:
        found.append(item)
        rows += len(item[0].rows)
    return found


def _emptied(items: list[tuple[Chunk, Events]]) -> Classified:
    """Yield the items of a list, which keeps none of them."""
    items.reverse()
    while items:
        yield items.pop()


def finish(
    tally: Tally,
    *,
    metrics: pd.DataFrame | None = None,
    scenario: Mapping[str, Any] | None = None,
    machine: Callable[[float], dict[str, str]] | None = None,
) -> Run:
    """Rebuild the connections of all that was read, and put the results together.

    Args:
        tally: of all rows.
        metrics: as for `read`.
        scenario: as for `read`.
        machine: gives what is known of the machine, for the run's start in ms.
    """
    lives = rebuild(tally.history)
    line = time_line(tally.seconds, lives.aftermath_at, lives.stalls_at)
    notes = [*tally.notes(), *lives.notes()]
    if line.outside:
        notes.append(
            f"{line.outside} rows have a time that is days away from the others': left out of the time line"
        )
    grew = f"{', '.join(tally.growing)} still grew while it was read" if tally.growing else None
    return Run(
        files=tuple(tally.files),
        samples=tally.samples,
        errors=tally.errors,
        rows=tally.rows,
        skipped_rows=dict(tally.skipped),
        start_ms=line.start,
        end_ms=line.end,
        connections=lives.connections,
        seconds=line.seconds,
        labels=label_table(tally.durations, list(tally.history.labels)),
        dialects=tally.dialects(),
        own_plan=tally.own_plan,
        complete=grew is None,
        incomplete_because=grew,
        silent=int(lives.connections["silent"].sum()),
        stalls=lives.stalls,
        fragments=tally.history.fragments,
        replies=tally.history.replies,
        aftermath=lives.aftermath,
        unattributed=lives.unattributed,
        tangled=lives.tangled,
        durations_known=tally.durations_known,
        gaps=gaps(tally.activity, line.start, line.end),
        notes=tuple(notes),
        metrics=metrics,
        scenario=scenario,
        machine=machine(line.start) if machine else {},
    )
