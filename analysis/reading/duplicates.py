"""Files that must not be read as one run: the same rows twice, or two runs at the same time.

Both would add up what happened once, and a limit of 30 connections would look like one of 60.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from jmxgen.analysis.model import Run

MOST_ALIKE: Final = 0.2  # of the callers' attempts; engines may share a caller's name and a millisecond
MOST_AT_ONCE: Final = 0.1  # of the names that two files share; a connection may outlive the file it began in


def refuse(run: Run, *, engines: bool = False) -> None:
    """Refuse results that count something twice.

    Args:
        run: of one run or more.
        engines: the files are of engines that ran at the same time, each with callers of the same names.

    Raises:
        UsageError: files hold the same rows, or callers of the same name at the same time.
    """
    connections = run.connections
    alike = _alike(connections)
    if alike > MOST_ALIKE:
        raise UsageError(
            f"{_files(connections)}: the same rows were given twice ({alike:.0%} of the attempts)",
            hint="give each file once, and no file together with a copy or a part of it",
        )
    if engines or len(run.files) < 2:
        return
    at_once = _at_once(connections)
    if at_once > MOST_AT_ONCE:
        raise UsageError(
            f"{_files(connections)}: the same callers at the same time: these are two runs, or two engines",
            hint="analyze two runs one by one, or compare them; engines of one run: --engines",
        )


def _files(connections: pd.DataFrame) -> str:
    names = [str(name) for name in connections["file"].unique()]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _alike(connections: pd.DataFrame) -> float:
    """Return the part of the attempts that another of the same caller equals to the millisecond.

    In one file, only attempts that opened count: a caller who is refused and retries at once may make several
    attempts in a millisecond.
    """
    known = connections.loc[
        connections["attempted_at"].notna(), ["file", "thread", "attempted_at", "opened_at"]
    ]
    if not len(known):
        return 0.0
    moment = ["thread", "attempted_at", "opened_at"]
    once = known.drop_duplicates()  # in each file
    between = float(once.duplicated(moment, keep=False).mean())
    opened = known[known["opened_at"].notna()]
    within = float(opened.duplicated(keep=False).mean()) if len(opened) else 0.0
    return max(between, within)


def _at_once(connections: pd.DataFrame) -> float:
    """Return the part of the callers' names found in several files that are there at the same time."""
    begins = connections[["attempted_at", "opened_at"]].min(axis=1)
    ends = connections[["attempted_at", "last_alive_at", "noticed_at"]].max(axis=1)
    keys = [connections["thread"].astype(str), connections["file"].astype(str)]
    spans = begins.to_frame("first").assign(last=ends).groupby(keys).agg({"first": "min", "last": "max"})
    spans = spans.dropna().sort_values("first", kind="stable")
    by_name = spans.groupby(level=0)
    shared = by_name["first"].size() > 1
    if not shared.any():
        return 0.0
    before = by_name["last"].cummax().groupby(level=0).shift()
    at_once = (spans["first"] < before).groupby(level=0).any()
    return float(at_once[shared].mean())
