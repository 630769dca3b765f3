"""The run's side of the join: whose connection a logged id or caller means, and when each was asked for."""

from __future__ import annotations

import collections
import math
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from jmxgen.analysis.server_log.line import PLAN_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.server_log.line import Line

    Floats = NDArray[np.float64]

_TAIL: Final = re.compile(r"(?:^| )(\d{1,9}-(\d{1,9}))$")  # of a thread's name: GROUP-NUMBER
_EARLY_MS: Final = 900_000.0  # a plan may start so long before its first WebSocket
# Ends of attempts that never left the load generator, or met a closed port.
NEVER_SENT: Final = ("client", "refused")


class RunSide:
    """Connections by thread and number. Rows are places in the frame of connections."""

    def __init__(self, connections: pd.DataFrame) -> None:
        """Take the run's connections: CONNECTION_COLUMNS."""
        self.frame = connections
        self.size = len(connections)
        self.end = connections["end"].astype(str).to_numpy()
        self.kind = connections["kind"].astype(str).to_numpy()
        self.attempted = connections["attempted_at"].to_numpy(np.float64)
        opened = connections["opened_at"].to_numpy(np.float64)
        noticed = connections["noticed_at"].to_numpy(np.float64)
        self.opened = ~np.isnan(opened)
        self.last_alive = connections["last_alive_at"].to_numpy(np.float64)
        self.last_frame = connections["last_frame_at"].to_numpy(np.float64)
        self.noticed = noticed
        self.answered = np.where(self.opened, opened, np.where(self.end == "handshake", noticed, np.nan))
        # A close frame ended it: which side then closed TCP first says nothing.
        self.clean = (self.end == "closed") | (self.kind == "server_close")
        self.sent = ~np.isin(self.kind, NEVER_SENT)
        self.status = np.where(self.opened, 101, connections["status"].to_numpy(np.int64))
        times = np.concatenate([self.attempted, noticed])
        times = times[np.isfinite(times)]
        self.start = float(times.min()) if len(times) else math.nan
        self.stop = float(times.max()) if len(times) else math.nan
        self._threads(connections)

    def asked_within(self, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return between which times the requests of these rows reached the server."""
        answered = self.answered[rows]
        return self.attempted[rows], np.where(np.isnan(answered), self.attempted[rows], answered)

    def ended_within(self, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return between which times these rows ended: after JMeter last saw them alive, until it noticed."""
        alive, noticed = self.last_alive[rows], self.noticed[rows]
        first = np.where(np.isnan(alive), self.attempted[rows], alive)
        return first, np.where(np.isnan(noticed), self.stop, noticed)

    def bounds(self, lines: Sequence[Line], rows: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Return when lines say that these rows were asked for, and between which times that was.

        Where no line has an opening it is the ends.
        """
        asked = np.array([line.asked_at for line in lines], np.float64)
        if not np.isnan(asked).all():
            return asked, *self.asked_within(rows)
        return np.array([line.ended_at for line in lines], np.float64), *self.ended_within(rows)

    def _threads(self, connections: pd.DataFrame) -> None:
        file, thread = (connections[name].astype("category").cat for name in ("file", "thread"))
        codes = file.codes.to_numpy(np.int64) * max(len(thread.categories), 1) + thread.codes.to_numpy(
            np.int64
        )
        number = connections["connection"].to_numpy(np.int64)
        order = np.lexsort((number, codes))
        begins = np.flatnonzero(np.diff(codes[order], prepend=-1))
        ends = np.append(begins[1:], len(order))
        self._rows: dict[int, NDArray[np.int64]] = {}  # a thread's rows in the order of its connections
        self.tails: dict[str, list[int]] = collections.defaultdict(list)  # GROUP-NUMBER -> threads
        self.heads: dict[int, tuple[str, str]] = {}  # thread -> its file and its name up to the tail
        self.callers: dict[str, list[int]] = collections.defaultdict(list)  # a name -> threads
        names, files = thread.categories.astype(str), file.categories.astype(str)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            rows = order[begin:end].astype(np.int64)
            code, name = int(codes[rows[0]]), names[thread.codes.iloc[rows[0]]]
            self._rows[code] = rows
            tail = _TAIL.search(name)
            aliases = {name, tail[1], tail[2]} if tail else {name}
            if tail:
                self.tails[tail[1]].append(code)
                self.heads[code] = (str(files[file.codes.iloc[rows[0]]]), name[: tail.start()])
            for alias in aliases:
                self.callers[alias].append(code)

    def row(self, thread: int, number: int) -> int | None:
        """Return the row of a thread's connection by its number from 1."""
        rows = self._rows[thread]
        return int(rows[number - 1]) if 0 < number <= len(rows) else None

    def has(self, tail: str, number: int) -> bool:
        """Say whether a caller, GROUP-NUMBER, of any engine has a connection of that number."""
        return any(self.row(thread, number) is not None for thread in self.tails.get(tail, ()))

    def threads(self, *names: str) -> tuple[int, ...]:
        """Return the threads that a caller's names mean: several where engines have callers of that name."""
        return min((tuple(self.callers[name]) for name in names if name in self.callers), key=len, default=())

    def rows(self, threads: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the rows of these threads' connections, each thread's in order."""
        return np.concatenate([self._rows[thread] for thread in threads])

    def is_of_this_run(self, run: str | None) -> bool:
        """Say whether the first part of a plan's id, ENGINE-START, may be this run's.

        START is JMeter's own clock, in ms to base 36. What doesn't look so is another plan's id, and may be.
        """
        start = (run or "").rpartition("-")[2]
        if not re.fullmatch(r"[0-9a-z]{8}", start):
            return True
        return bool(self.start - _EARLY_MS <= int(start, 36) <= self.stop)


def split(identity: str) -> re.Match[str] | None:
    """Return the parts of a plan's id: run, caller, number."""
    return PLAN_ID.fullmatch(identity)
