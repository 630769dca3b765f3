"""What every cause looks at, and what it says: the facts of a run, findings, and their statistics.

A cause is one module of this package. It says what would be true if it were the reason (`weigh`: which
connections it accounts for, its estimates with their intervals, and the sentences), and it names statistics
of the run that speak for or against it (`statistics`: numbers from 0 to 1). All statistics together are
weighed on one scale, `jmxgen.analysis.scale`.

Trouble is a closure, or a connection that lived but missed an answer. A row of refused attempts of one caller
counts as one, however often it tried: retries must not outvote what started them.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from jmxgen.analysis import measures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from jmxgen.analysis.measures import OpenConnections
    from jmxgen.analysis.model import Counts, Hypothesis, Run
    from jmxgen.analysis.next_run import NextRun

_T = TypeVar("_T")

EARLY_MS = 1000.0  # a connection lost so soon after its open was never really granted


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """A hypothesis, and which connections' trouble it accounts for."""

    hypothesis: Hypothesis
    explained: NDArray[np.bool_]  # one per row of Run.connections
    fit: float  # 0 to 1: how closely the run has the cause's own mark


@dataclasses.dataclass(frozen=True)
class Figure:
    """What a key of a cause's evidence is called, its unit, and whether it is a limit that may be raised."""

    words: str
    unit: str = ""
    limit: bool = False


class Cause(Protocol):
    """A module in `jmxgen.analysis.causes`."""

    NAME: str  # in JSON, criteria and reports
    PHASES: tuple[str, ...]  # handshake, data: where its closures are
    PICTURE: str  # the kind of chart that shows it best
    EVIDENCE: Mapping[str, Figure]  # the keys of its evidence, in the order they are shown
    NEXT_RUN: NextRun  # what to run after such a verdict, and what it means for the number of callers

    def weigh(self, facts: Facts) -> Finding | None:
        """Return what speaks for the cause in this run, or None where nothing does."""

    def statistics(self, facts: Facts) -> Mapping[str, float]:
        """Return what the run shows for or against the cause: named numbers from 0 to 1."""


class Facts:
    """A run and what is computed of it, each measure once."""

    def __init__(self, run: Run, ignored: NDArray[np.bool_] | None = None) -> None:
        """Take a run.

        Args:
            run: what was observed.
            ignored: closures and stalls that are explained already, one per connection: the question is what
                the others come from.
        """
        self.run = run
        self._once: dict[Any, Any] = {}
        self.ignored = np.zeros(len(run.connections), bool) if ignored is None else ignored

    def once(self, measure: Callable[[Facts], _T]) -> _T:
        """Return what a function measures of these facts; several causes look at it, it is computed once."""
        if measure not in self._once:
            self._once[measure] = measure(self)
        found: _T = self._once[measure]
        return found

    @cached_property
    def connections(self) -> pd.DataFrame:
        """CONNECTION_COLUMNS with a plain index, so that positions and labels agree."""
        return self.run.connections.reset_index(drop=True)

    @cached_property
    def counts(self) -> Counts:
        """Connections and closures, counted."""
        return measures.count(self.run)

    @cached_property
    def seconds(self) -> pd.DataFrame:
        """One row per second, `measures.per_second`."""
        return measures.per_second(self.run)

    @cached_property
    def open_connections(self) -> OpenConnections:
        """How many connections were open at any time."""
        return measures.open_connections(self.connections)

    @cached_property
    def ages(self) -> pd.DataFrame:
        """How long connections lived, `measures.ages`."""
        return measures.ages(self.connections)

    @cached_property
    def handshake(self) -> NDArray[np.bool_]:
        """Which connections ended in the handshake, for a reason that is not the client's own."""
        failed = measures.is_closure(self.connections, "handshake") & ~self.where("kind", "client")
        return np.asarray(failed & ~self.ignored)

    @cached_property
    def data(self) -> NDArray[np.bool_]:
        """Which connections were lost in the data phase."""
        return np.asarray(measures.is_closure(self.connections, "data") & ~self.ignored)

    @cached_property
    def client(self) -> NDArray[np.bool_]:
        """Which attempts failed by the load generator's own limits."""
        return self.where("kind", "client") & ~self.ignored

    @cached_property
    def closures(self) -> NDArray[np.bool_]:
        """Which connections ended in a closure of either phase."""
        return np.asarray(measures.is_closure(self.connections) & ~self.ignored)

    @cached_property
    def troubled(self) -> NDArray[np.bool_]:
        """Which connections or attempts had any trouble."""
        return np.asarray(self.closures | self.stalled)

    def trouble(self, phase: str) -> NDArray[np.bool_]:
        """Return which connections had their trouble in a phase; a stall counts in the data phase."""
        return self.handshake | self.client if phase == "handshake" else self.data | self.stalled

    def where(self, column: str, text: str) -> NDArray[np.bool_]:
        """Return which connections have this text in a column."""
        return (self.connections[column] == text).to_numpy(bool)

    def number(self, column: str) -> NDArray[Any]:
        """Return a number column."""
        return self.connections[column].to_numpy()

    @cached_property
    def early(self) -> NDArray[np.bool_]:
        """Which connections were lost as soon as they were open: a server that accepts, then drops."""
        age = self.number("noticed_at") - self.number("opened_at")
        early: NDArray[np.bool_] = self.data & (age <= EARLY_MS) & (self.number("samples") <= 2)
        return early

    @cached_property
    def stalled(self) -> NDArray[np.bool_]:
        """Which connections missed an answer and were not lost."""
        return np.asarray(
            (self.number("stalls") > 0) & ~measures.is_closure(self.connections) & ~self.ignored
        )

    @cached_property
    def silent(self) -> NDArray[np.bool_]:
        """Which connections never answered again after a stall: lost in all but name."""
        return np.asarray(self.number("silent") & ~self.ignored)

    @cached_property
    def unanswered(self) -> NDArray[np.bool_]:
        """Which attempts got no answer to their upgrade request in time."""
        return self.handshake & self.where("kind", "timeout")

    @cached_property
    def denied(self) -> NDArray[np.bool_]:
        """Which attempts were refused for what they asked: HTTP 4xx but timeouts, too early and too many."""
        status = self.number("status")
        wrong = (status >= 400) & (status < 500) & ~np.isin(status, (408, 425, 429))
        return np.asarray(self.handshake & wrong)

    def reasons(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Return which losses came with a close frame whose reason has one of these words."""
        reasons = self.connections["reason"]
        naming = [text for text in reasons.unique() if any(word in text.lower() for word in words)]
        return reasons.isin(naming).to_numpy(bool) & self.where("kind", "server_close") & self.data

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """What each connection's trouble weighs: a row of refused attempts of one caller weighs 1."""
        rows = np.flatnonzero(self.handshake | self.client | self.early)
        file, thread = (self.connections[name].cat.codes.to_numpy()[rows] for name in ("file", "thread"))
        number = self.number("connection")[rows]
        order = np.lexsort((number, thread, file))
        rows, file, thread, number = rows[order], file[order], thread[order], number[order]
        begins = np.ones(len(rows), bool)
        begins[1:] = (file[1:] != file[:-1]) | (thread[1:] != thread[:-1]) | (np.diff(number) != 1)
        size = np.diff(np.flatnonzero(begins), append=len(rows))
        weights = (self.closures | self.stalled).astype(np.float64)
        weights[rows] /= np.repeat(size, size)
        return weights

    @cached_property
    def attempts(self) -> pd.DataFrame:
        """Attempts in order of time: row (in `connections`), at, open (just before), failed, attempt.

        Failed are handshake closures of the server's making, and connections lost as soon as they were open.
        Attempts that the load generator could not even make are left out.
        """
        at = np.where(self.client, np.nan, self.number("attempted_at"))
        frame = self.connections
        who = (frame["connection"], frame["thread"].cat.codes, frame["file"].cat.codes)
        rows = np.lexsort((*who, at))  # of one millisecond's always in the same order
        rows = rows[: len(at) - int(np.isnan(at).sum())]  # those without a time are sorted last
        at = at[rows]
        columns = {
            "row": rows,
            "at": at,
            "open": self.open_connections.at(at),
            "failed": (self.handshake | self.early)[rows],
            "attempt": self.number("attempt")[rows],
        }
        return pd.DataFrame(columns, copy=False)

    def marked(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return a mask of the connections that stand at these rows."""
        mask = np.zeros(len(self.connections), bool)
        mask[rows] = True
        return mask

    def share(self, explained: NDArray[np.bool_]) -> float:
        """Return the part of all trouble, by weight, that `explained` holds."""
        whole = float(self.weights.sum())
        return float(self.weights[explained].sum()) / whole if whole else 0.0

    def since_start(self, at_ms: float) -> float:
        """Return seconds since the first sample."""
        return (at_ms - self.run.start_ms) / 1000

    def how(self, explained: NDArray[np.bool_]) -> str:
        """Say in a few words how the client saw these closures, most frequent first: `HTTP 503`, `reset`."""
        ways = self.connections.loc[explained, ["kind", "status", "code"]]
        counts: collections.Counter[str] = collections.Counter()
        # Words for each way, not for each closure; a way that came first stays first among equals.
        groups = ways.groupby(list(ways), observed=True, sort=False).size()
        for way, number in zip(groups.index.to_list(), groups.tolist(), strict=True):
            counts[_way(*way)] += number
        return ", ".join(name for name, _ in counts.most_common(2))


def _way(kind: str, status: int, code: int) -> str:
    if status > 0:
        return f"HTTP {status}"
    words = {"abnormal": "1006", "server_close": f"close code {code}", "refused": "connection refused"}
    return words.get(kind, kind)


def plural(n: int, noun: str) -> str:
    """Return `1 closure`, `1,200 closures`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def significance(p: float) -> float:
    """Return 1 for p <= 0.01, falling to 0 at p = 0.1."""
    return float(np.clip((0.1 - p) / 0.09, 0, 1))


def seconds_text(ms: float) -> str:
    """Return a duration for people: `2.5 s`, `60 s`, `1,800 s`."""
    seconds = ms / 1000
    return f"{seconds:,.0f} s" if seconds >= 20 else f"{seconds:.3g} s"
