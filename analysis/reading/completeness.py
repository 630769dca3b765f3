"""Whether results hold the whole run: what is judged by a part of it may be anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jmxgen.analysis.model import Run

MOST_SKIPPED: Final = 0.01  # of the rows
STILL_THERE: Final = 0.9  # of the callers: a run that ends lets its callers go one by one
FEWEST_OPEN: Final = 2


def why_incomplete(run: Run, *, broken_off: Sequence[str] = (), ended: bool = False) -> str | None:
    """Return why results don't hold the whole run, None where they do as far as they show it.

    Args:
        run: what was read.
        broken_off: the files that end in the middle of a row.
        ended: the run is known to have come to its end: what its last rows look like doesn't matter.
    """
    return "; ".join(_reasons(run, broken_off, ended=ended)) or None


def _reasons(run: Run, broken_off: Sequence[str], *, ended: bool) -> Iterator[str]:
    if broken_off:
        named = ", ".join(broken_off[:3])
        yield f"{named} {'ends' if len(broken_off) == 1 else 'end'} in the middle of a row"
    if run.unread > MOST_SKIPPED * (run.unread + run.rows):
        yield f"{run.unread:,} of {run.unread + run.rows:,} rows can't be read"
    if run.lacks_openings:
        yield "the openings of most lost connections are not recorded"
    if run.tangled:
        yield "threads do two things at once, so rows can't be tied to connections"
    threads = run.seconds["threads"].to_numpy()
    known = threads[threads >= 0]
    if ended or broken_off or not len(known):
        return
    still_open, last, most = int((run.connections["end"] == "open").sum()), int(known[-1]), int(known.max())
    if still_open >= FEWEST_OPEN and last >= STILL_THERE * most:
        yield (
            f"the results end with {still_open:,} connections open and {last:,} of {most:,} callers at work: "
            "the run was killed, or still goes on"
        )
