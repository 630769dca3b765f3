"""The analysis against the truth log, connection by connection: the judge of demo, proof and tests."""

from __future__ import annotations

import collections
import dataclasses
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from jmxgen.simulator.truth import TruthRow

# How one end reads, in words that both sides share: end, kind, HTTP status, close code.
Ending = tuple[str, str, int, int]

_THREAD_NUMBER: Final = re.compile(r"(\d+-\d+)$")
_WS_ID_NUMBER: Final = re.compile(r"(\d+-\d+)-\d+$")  # of a plan's own ${ws_id}: …-GROUP-THREAD-ATTEMPT
NEVER_SENT: Final = ("client", "refused")  # kinds of failed handshakes
CLOCK_MS: Final = 5.0  # JMeter counts whole milliseconds, the server parts of one
# Neither side can be sure of these: the client's file ends, or the server is stopped, before the close.
_UNFINISHED: Final = {"open", "leaked"}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What the analysis says beside what the server logged."""

    attempted: tuple[int, int]  # (analysis, truth)
    handshake: tuple[int, int]
    data: tuple[int, int]
    equal: int  # connections whose end, kind, status and code are the same on both sides
    differences: tuple[str, ...]  # one line a connection

    @property
    def complete(self) -> bool:
        """Whether every connection of either side is the same on the other."""
        return not self.differences and self.attempted[0] == self.attempted[1] == self.equal


def agreement(connections: pd.DataFrame, truth: Iterable[TruthRow]) -> Agreement:
    """Join connections and truth by caller and order, and compare their ends.

    A connection that the server ended after the client's last sample on it, and that the client never used
    again, agrees: no result can show such an end. Attempts that never reached the server, for want of ports
    or descriptors or because nobody listened, are left out: its log can't have them.

    A caller is known by the query `caller=…` of its path or else by its key, the plan's `${ws_id}`. JMeter's
    thread `callers 1-17` is the caller `1-17` or `17`. Within a caller both sides are in the order of time.

    Args:
        connections: CONNECTION_COLUMNS of one run.
        truth: the server's rows of the same run.
    """
    connections = connections[~connections["kind"].astype(str).isin(NEVER_SENT)]
    theirs: dict[str, list[tuple[Ending, float]]] = collections.defaultdict(list)
    rows = sorted(truth, key=lambda row: row.attempted_at)
    for row in rows:
        ending = _ending(row.end, row.kind, row.status or 0, row.code or 0)
        theirs[_caller(row)].append((ending, row.ended_at))
    ours = _by_thread(connections, theirs.keys())
    differences: list[str] = []
    equal = 0
    for caller in sorted(ours.keys() | theirs.keys()):
        mine, real = ours.get(caller, []), theirs.get(caller, [])
        for number in range(max(len(mine), len(real))):
            said = mine[number] if number < len(mine) else None
            logged = real[number] if number < len(real) else None
            if said and logged and (said[0] == logged[0] or _unnoticed(said, logged)):
                equal += 1
            else:
                what = f"analysis {said and said[0]}, truth {logged and logged[0]}"
                differences.append(f"caller {caller}, connection {number + 1}: {what}")
    end = connections["end"].astype(str)
    return Agreement(
        attempted=(len(connections), len(rows)),
        handshake=(int((end == "handshake").sum()), sum(row.end == "handshake" for row in rows)),
        data=(int((end == "data").sum()), sum(row.end == "data" for row in rows)),
        equal=equal,
        differences=tuple(differences),
    )


def _caller(row: TruthRow) -> str:
    query = parse_qs(urlsplit(row.path or "").query)
    if "caller" in query:
        return query["caller"][0]
    number = _WS_ID_NUMBER.search(row.key or "")
    return number[1] if number else ""


def _by_thread(connections: pd.DataFrame, callers: Iterable[str]) -> dict[str, list[tuple[Ending, float]]]:
    """Return each caller's endings in order, each with the time when it was last seen alive."""
    known = set(callers)
    found: dict[str, list[tuple[Ending, float]]] = collections.defaultdict(list)
    ordered = connections.sort_values(["thread", "connection"], kind="stable")
    columns = ("thread", "end", "kind", "status", "code", "last_alive_at")
    for thread, end, kind, status, code, alive in zip(*(ordered[name] for name in columns), strict=True):
        ending = _ending(str(end), str(kind), int(status), int(code))
        found[_name(str(thread), known)].append((ending, float(alive)))
    return found


def _unnoticed(said: tuple[Ending, float], logged: tuple[Ending, float]) -> bool:
    """Say whether the server ended it when the client had done its last sample on it."""
    return said[0][0] == "unfinished" and logged[0][0] == "data" and logged[1] >= said[1] - CLOCK_MS


def _name(thread: str, known: set[str]) -> str:
    number = _THREAD_NUMBER.search(thread)
    candidates = [thread, *([number[1], number[1].partition("-")[2]] if number else [])]
    return next((name for name in candidates if name in known), thread)


def _ending(end: str, kind: str, status: int, code: int) -> Ending:
    if end in _UNFINISHED:
        return ("unfinished", "", 0, 0)
    if end == "closed":
        return ("closed", "", 0, 0)
    return (end, kind, status, code if end == "data" else 0)
