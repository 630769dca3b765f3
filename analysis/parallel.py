"""Results files read by several processes, here or on other machines: each reduces a part to a tally.

Only tallies travel, never rows. They are merged in the order of the rows and the connections are rebuilt
once, from all of them: so the results are those of a single process.

Importing this loads no pandas: processes can be started before the first one has it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import collecting, memory, store
from jmxgen.analysis.cores import cores
from jmxgen.errors import ResultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future
    from multiprocessing.context import SpawnContext

    from jmxgen.analysis.jtl.spans import Span
    from jmxgen.analysis.tally import Tally

WORTH: Final = 100_000_000  # bytes: below, a second process costs more than it saves
LEAST: Final = 16_000_000  # bytes of a part


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """What one process reads: a file, or a span of it."""

    name: str  # as the results name the file
    place: Path | str  # where it is, whatever the process' folder; a URL as it is
    span: Span | None = None


def jobs_for(paths: Sequence[Path], *, asked: int | None = None) -> int:
    """Return how many processes to read files with: as asked for, else one a core where that pays."""
    if asked is not None:
        return max(asked, 1)
    found = sum(path.stat().st_size for path in paths if path.is_file())
    return cores() if found > WORTH else 1


@contextlib.contextmanager
def processes(jobs: int) -> Iterator[Executor | None]:
    """Start `jobs` - 1 processes, for this one works too; None where that leaves none.

    They are started afresh (spawn), since a fork of a process with threads may hang.

    Raises:
        ResultError: the system ended one of them.
    """
    if jobs < 2:
        yield None
        return
    memory.keep_freed()  # before a thread has memory of its own, which is not given back
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        jobs - 1, mp_context=context, initializer=_begin, initargs=(_file(context),)
    ) as pool:
        for _ in range(jobs - 1):
            pool.submit(_warm)
        try:
            yield pool
        except BrokenProcessPool as error:
            raise ResultError(
                "the system ended a process that read results", hint="out of memory? --jobs 1 needs least"
            ) from error
        except BaseException:  # Ctrl-C too: say so before the others have finished their chunks
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _file(context: SpawnContext) -> store.File | None:
    """Make the file that the processes keep records in, so that only their places travel."""
    try:
        return store.File.new(context)
    except OSError:  # no folder for it: the records themselves travel
        return None


def _begin(file: store.File | None) -> None:
    store.write_to(file)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the first process says so


def _warm() -> None:
    """Import what reading needs while the first process imports it as well."""
    with collecting.importing():
        import jmxgen.analysis.results  # noqa: F401


def parts(files: Sequence[Path | str], jobs: int) -> list[Part]:
    """Share files out over `jobs` processes, large CSV files in spans."""
    from jmxgen.analysis.jtl.spans import cut

    sizes = [path.stat().st_size if isinstance(path, Path) and path.is_file() else 0 for path in files]
    total = max(sum(sizes), 1)
    found = []
    for path, size in zip(files, sizes, strict=True):
        count = min(round(jobs * size / total), size // LEAST)
        spans = cut(path, count) if isinstance(path, Path) and count > 1 else ()
        found += [dataclasses.replace(whole(path), span=span) for span in spans] or [whole(path)]
    return found


def whole(path: Path | str) -> Part:
    """Return the part that is all of a file."""
    return Part(str(path), path.absolute() if isinstance(path, Path) else path)


def tallies(
    todo: Sequence[Part],
    executor: Executor,
    *,
    chunk_rows: int,
    zone: str,
    helps: bool,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Tally]:
    """Reduce parts by an executor and yield their tallies in order.

    Args:
        todo: the parts.
        executor: of processes (`processes`) or of a cluster (`jmxgen.analysis.cluster`).
        chunk_rows: as for `jmxgen.analysis.results.read`.
        zone: as there.
        helps: this process takes what the others have not begun.
        progress: told the bytes that this process has read.
    """
    from jmxgen.analysis.results import count

    first = 1 if helps else 0
    futures: list[Future[Tally] | None] = [None] * first
    futures += [executor.submit(count, part, chunk_rows=chunk_rows, zone=zone) for part in todo[first:]]
    try:
        for place, part in enumerate(todo):
            future, futures[place] = futures[place], None
            if future is None or (helps and future.cancel()):
                tally = count(part, chunk_rows=chunk_rows, zone=zone, progress=progress)
                memory.give_back()  # room for the tallies of the others
                yield tally
            else:
                yield future.result()
    finally:
        for future in futures:
            if future is not None:
                future.cancel()
