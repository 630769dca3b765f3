"""Analyses made by hand, for the tests of what is drawn and written from them.

The connections are simulated second by second, so that counts, curves and verdict fit each other.
"""

from __future__ import annotations

import dataclasses
import functools
import heapq
import math
import random
from typing import Any

import numpy as np
import pandas as pd

from jmxgen.analysis.model import (
    LABEL_COLUMNS,
    SECOND_COLUMNS,
    Analysis,
    Counts,
    Hypothesis,
    Run,
    Verdict,
)
from jmxgen.analysis.next_run import NextRun
from tests.connections import connection, frame

START = 1_790_000_000_000.0  # 2026-09-21T14:13:20Z


def counts(connections: pd.DataFrame) -> Counts:
    """Count by the plainest means, apart from the project's own `measures`."""
    end = connections["end"].astype(str)
    handshake, data = connections[end == "handshake"], connections[end == "data"]
    opened = int(connections["opened_at"].notna().sum())
    changes = sorted(
        [(at, 1) for at in connections["opened_at"].dropna()]
        + [(at, -1) for at in connections["noticed_at"][connections["opened_at"].notna()].dropna()]
    )
    level = peak = 0
    for _, step in changes:
        level += step
        peak = max(peak, level)
    return Counts(
        attempted=len(connections),
        opened=opened,
        closed=int((end == "closed").sum()),
        leaked=int((end == "leaked").sum()),
        peak_open=peak,
        handshake=len(handshake),
        handshake_rate=len(handshake) / max(len(connections), 1),
        handshake_kinds=_tally(handshake["kind"].astype(str)),
        statuses=_tally(handshake["status"][handshake["status"] > 0].astype(str)),
        data=len(data),
        data_rate=len(data) / max(opened, 1),
        data_kinds=_tally(data["kind"].astype(str)),
        codes=_tally(data["code"][data["code"] > 0].astype(str)),
    )


def analysis(
    rows: list[dict[str, Any]],
    verdict: Verdict,
    hypotheses: tuple[Hypothesis, ...] = (),
    **fields: Any,
) -> Analysis:
    """Return an analysis of these connections; `fields` replace those of its `Run`."""
    connections = frame(rows)
    seconds = seconds_of(connections)
    end_ms = START + 1000 * len(seconds) - 100
    aftermath = int(connections["aftermath_rows"].sum())
    stalls = int(connections["stalls"].sum())
    counted = counts(connections)
    results = Run(
        files=("results.jtl",),
        samples=int(connections["samples"].sum()) + aftermath,
        errors=counted.handshake + counted.data + aftermath + stalls,
        rows=int(connections["samples"].sum()) + aftermath,
        skipped_rows={},
        start_ms=START,
        end_ms=end_ms,
        connections=connections,
        seconds=seconds,
        labels=labels(),
        dialects=("luminis",),
        stalls=stalls,
        aftermath=aftermath,
        unattributed=0,
    )
    return Analysis(
        run=dataclasses.replace(results, **fields),
        counts=counted,
        verdict=verdict,
        hypotheses=hypotheses,
    )


def seconds_of(connections: pd.DataFrame) -> pd.DataFrame:
    """Return SECOND_COLUMNS that fit these connections: a request a second on each open one."""
    last = max(connections["noticed_at"].max(), connections["attempted_at"].max()) - START
    length = int(last // 1000) + 1
    columns = {name: np.zeros(length) for name in SECOND_COLUMNS}
    callers = connections["thread"].nunique()
    columns["threads"] = np.minimum(10.0 * np.arange(1, length + 1), callers)
    for row in connections.to_dict("records"):
        noticed = int((row["noticed_at"] - START) // 1000)
        lost = row["end"] in ("handshake", "data")
        columns["samples"][noticed] += lost + row["aftermath_rows"]
        columns["errors"][noticed] += lost + row["aftermath_rows"]
        columns["aftermath"][noticed] += row["aftermath_rows"]
        columns["stalls"][noticed] += row["stalls"]
        if not math.isnan(row["opened_at"]):
            lived = slice(int((row["opened_at"] - START) // 1000), noticed)
            columns["samples"][lived] += 1
            columns["answers"][lived] += 1
            columns["answer_ms"][lived] += 12.0
    return pd.DataFrame(columns).astype(dict(SECOND_COLUMNS))


def labels() -> pd.DataFrame:
    """Return two plain labels."""
    rows = [("open", 260, 102, 3, 9, 14, 40, 61), ("gather input", 5_000, 0, 12, 30, 44, 90, 210)]
    return pd.DataFrame(rows, columns=list(LABEL_COLUMNS))


@functools.cache
def cap(callers: int = 260, limit: int = 120, *, rate: float = 10.0, held: float = 22.0) -> Analysis:
    """Return a run whose server refuses handshakes with HTTP 503 once `limit` connections are open."""
    chance = random.Random(7)
    rows = []
    closing: list[float] = []
    for n in range(callers):
        at = START + 1000 * n / rate + chance.uniform(0, 30)
        closing = [end for end in closing if end > at]
        thread = f"callers 1-{n + 1}"
        if len(closing) >= limit:
            rows.append(
                connection(
                    thread=thread, attempted_at=at, noticed_at=at + 3, end="handshake", kind="rejected",
                    status=503, aftermath_rows=23, handshake_ms=3.0, end_after=at,
                    threads=min(n + 1, callers),
                )
            )  # fmt: skip
            continue
        end = at + held * 1000 + chance.uniform(0, 200)
        closing.append(end)
        rows.append(
            connection(
                thread=thread, attempted_at=at, opened_at=at + 4, last_alive_at=end - 5, noticed_at=end,
                last_frame_at=end - 5, end_after=end - 5, label="close", handshake_ms=4.0, samples=24,
                longest_idle=1000.0, threads=min(n + 1, callers),
            )
        )  # fmt: skip
    evidence = {"limit": limit, "interval": [limit - 1, limit + 1]}
    finding = f"Handshakes are refused once {limit} connections are open"
    verdict = Verdict(
        cause="concurrency-cap", side="server", phase="handshake", confidence=0.97, finding=finding,
        evidence=evidence,
        advice=(
            f"Ask who set a limit of about {limit}: the proxy, the load balancer or the service's own plan.",
            "Repeat with a hold step just below and just above the limit, to see that it alone decides.",
            "Keep reconnect with jittered backoff on, so that refused callers don't come back in step.",
        ),
    )  # fmt: skip
    rivals = (
        Hypothesis(
            cause="concurrency-cap", probability=0.97, side="server", phase="handshake", finding=finding,
            evidence=evidence, next_run=NextRun(instead="the same load with half the ramp"),
        ),
        Hypothesis(
            cause="handshake-rate-limit", probability=0.22, side="server", phase="handshake",
            finding="At most 9.6 handshakes per second are admitted",
            evidence={"rate_per_s": 9.6, "interval": [8, 11]},
            against="attempts stayed at 10 a second before and after the onset",
            next_run=NextRun(instead="two ramps, one at 5 and one at 20 callers a second"),
        ),
        Hypothesis(
            cause="leaked-sessions", probability=0.05, side="client", phase="handshake",
            finding="No connection was leaked",
            evidence={"leaked": 0, "limit": limit}, against="every connection was closed with a close frame",
        ),
    )  # fmt: skip
    return analysis(rows, verdict, rivals)


@functools.cache
def idle_timeout(callers: int = 300, seconds: float = 60.0) -> Analysis:
    """Return a run that loses, in the data phase, what was silent for `seconds`."""
    chance = random.Random(11)
    rows = []
    for n in range(callers):
        at = START + 200.0 * n
        silent = n % 3 == 0
        alive = at + 5000 + chance.uniform(0, 20_000)
        noticed = alive + (seconds * 1000 + chance.uniform(0, 900) if silent else 30_000)
        common = {
            "thread": f"callers 1-{n + 1}", "attempted_at": at, "opened_at": at + 5, "last_alive_at": alive,
            "last_frame_at": alive, "noticed_at": noticed, "handshake_ms": 5.0, "samples": 12,
            "threads": n + 1, "longest_idle": 30_000.0 if not silent else 9_000.0,
        }  # fmt: skip
        if silent:
            rows.append(
                connection(
                    **common, end="data", kind="abnormal", code=1006, label="gather input",
                    reason="end of stream", aftermath_rows=2, end_after=alive, last_silence=noticed - alive,
                )
            )  # fmt: skip
        else:
            rows.append(connection(**common, label="close", end_after=noticed - 5))
    verdict = Verdict(
        cause="idle-timeout", side="server", phase="data", confidence=0.9,
        finding=f"Connections are lost after {seconds:.0f} s without a frame",
        evidence={"seconds": seconds, "interval": [30.0, seconds + 0.9], "share": 0.98},
        advice=("Send a ping at least every 30 s.",),
    )  # fmt: skip
    return analysis(rows, verdict)


@functools.cache
def leak(callers: int = 120, limit: int = 30, hold_s: float = 10.0) -> Analysis:
    """Return a run whose callers abandon connections after 3 s, each of which the server holds for longer."""
    rows = []
    held: list[float] = []
    for n in range(callers * 2):
        at = START + 200.0 * n
        held = [end for end in held if end > at]
        common = {"thread": f"callers 1-{n % callers + 1}", "attempted_at": at, "threads": 12}
        if len(held) >= limit:
            rows.append(
                connection(
                    **common, noticed_at=at + 3, end="handshake", kind="rejected", status=503, end_after=at
                )
            )
            continue
        held.append(at + 2 + 1000 * (3 + hold_s))
        rows.append(
            connection(
                **common, opened_at=at + 2, last_alive_at=at + 2 + 3000, last_frame_at=at + 3000,
                noticed_at=at + 3002, end="leaked",
            )
        )  # fmt: skip
    verdict = Verdict(
        cause="leaked-sessions", side="client", phase="handshake", confidence=0.9,
        finding=f"Connections are refused once {limit} are open or abandoned",
        evidence={"leaked": len(rows), "limit": limit, "interval": [limit - 1, limit]}, advice=(),
    )  # fmt: skip
    return analysis(rows, verdict)


@functools.cache
def crash(callers: int = 60, at_s: float = 10.0) -> Analysis:
    """Return a run whose server dies, and takes no connection afterwards."""
    down = START + 1000 * at_s
    rows = []
    for n in range(callers):
        thread, at = f"callers 1-{n + 1}", START + 100.0 * n
        rows.append(
            connection(
                thread=thread, attempted_at=at, opened_at=at + 2, last_alive_at=down - 7.0 * n, end="data",
                kind="abnormal", code=1006, last_frame_at=down - 7.0 * n, end_after=down - 7.0 * n,
                noticed_at=down + 15.0 * n, threads=callers, samples=9,
            )
        )  # fmt: skip
        rows += [
            connection(
                thread=thread, connection=2 + k, attempted_at=down + 1000.0 + 900 * k + n,
                noticed_at=down + 1001.0 + 900 * k + n, end="handshake", kind="refused",
                end_after=down + 1000.0 + 900 * k + n, threads=callers,
            )
            for k in range(4)
        ]  # fmt: skip
    verdict = Verdict(
        cause="mass-disconnect", side="server", phase="data", confidence=0.9,
        finding=f"{callers} connections dropped simultaneously, {at_s:.0f} s into the run",
        evidence={"at": "2026-09-21T13:33:30.000Z", "connections": callers}, advice=(),
    )  # fmt: skip
    return analysis(rows, verdict)


@functools.cache
def long_cap(callers: int = 2000, limit: int = 1500, seconds: float = 3600.0) -> Analysis:
    """Return an hour of callers who make one call after the other, and ask again a minute after a refusal."""
    chance = random.Random(5)
    due = [(1000 * 600 * n / callers, n, 1) for n in range(callers)]
    rows: list[dict[str, Any]] = []
    closing: list[float] = []
    while due:
        at, n, number = heapq.heappop(due)
        while closing and closing[0] <= at:
            heapq.heappop(closing)
        full, held = len(closing) >= limit, 1000 * chance.uniform(300, 600)
        again = at + (60_000 * chance.uniform(0.5, 1.5) if full else held + 5000)
        if again < 1000 * seconds:
            heapq.heappush(due, (again, n, number + 1))
        common = {
            "thread": f"callers 1-{n + 1}", "connection": number, "attempted_at": START + at,
            "threads": callers,
        }  # fmt: skip
        if full:
            rows.append(
                connection(
                    **common, noticed_at=START + at + 3, end="handshake", kind="rejected", status=503,
                    end_after=START + at,
                )
            )  # fmt: skip
            continue
        end = min(at + held, 1000 * seconds + chance.uniform(0, 20_000))
        heapq.heappush(closing, end)
        rows.append(
            connection(
                **common, opened_at=START + at + 4, last_alive_at=START + end - 5, noticed_at=START + end,
                last_frame_at=START + end - 5, end_after=START + end - 5, label="close", samples=9,
            )
        )  # fmt: skip
    verdict = Verdict(
        cause="concurrency-cap", side="server", phase="handshake", confidence=0.98,
        finding=f"Connections are refused once {limit:,} are open (HTTP 503)",
        evidence={"limit": limit, "interval": [limit, limit]}, advice=(),
    )  # fmt: skip
    return analysis(rows, verdict)


def small_cap() -> Analysis:
    """Return a run of five callers whose server takes three."""
    return cap(5, 3, rate=1.0, held=14.0)


@functools.cache
def nobody_there(callers: int = 40) -> Analysis:
    """Return a run against a port on which nobody listens."""
    rows = [
        connection(
            thread=f"callers 1-{n + 1}", connection=1 + k, attempted_at=START + 250.0 * n + 2000 * k,
            noticed_at=START + 250.0 * n + 2000 * k + 1, end="handshake", kind="refused",
            end_after=START + 250.0 * n + 2000 * k, threads=n + 1,
        )
        for n in range(callers)
        for k in range(10)
    ]  # fmt: skip
    verdict = Verdict(
        cause="outage", side="server", phase="handshake", confidence=0.99,
        finding=f"None of {len(rows)} attempts got in during the whole run (connection refused)",
        evidence={"from": "2026-09-21T14:13:20.000Z", "until": None, "refused": len(rows), "lost": 0},
        advice=(),
    )  # fmt: skip
    return analysis(rows, verdict)


@functools.cache
def two_faults() -> Analysis:
    """Return a run that refuses handshakes at a cap, and loses what is silent for too long."""
    capped, silent = cap(), idle_timeout(90, 40.0)
    rows = pd.concat(
        [capped.run.connections, silent.run.connections.assign(thread="others 1-1")], ignore_index=True
    )
    finding = f"{silent.verdict.finding}; also: {capped.verdict.finding}"
    verdict = dataclasses.replace(silent.verdict, finding=finding, also=capped.hypotheses[:1])
    return analysis(
        [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")], verdict
    )


@functools.cache
def healthy(callers: int = 40) -> Analysis:
    """Return a run in which nothing was lost."""
    rows = []
    for n in range(callers):
        at = START + 100.0 * n
        rows.append(
            connection(
                thread=f"callers 1-{n + 1}", attempted_at=at, opened_at=at + 2, last_alive_at=at + 9_995,
                last_frame_at=at + 9_995, noticed_at=at + 10_000, label="close", handshake_ms=2.0, samples=12,
                end_after=at + 9_995, threads=n + 1,
            )
        )  # fmt: skip
    verdict = Verdict(
        cause="healthy", side="none", phase="none", confidence=0.99,
        finding=f"All {callers} connections lived until the client closed them", evidence={}, advice=(),
    )  # fmt: skip
    return analysis(rows, verdict)


@functools.cache
def empty() -> Analysis:
    """Return an analysis of a file that held no connection at all."""
    verdict = Verdict(
        cause="healthy", side="none", phase="none", confidence=0.0, finding="No WebSocket was found",
        evidence={}, advice=("Check that the file holds the rows of WebSocket samplers.",),
    )  # fmt: skip
    results = Run(
        files=("empty.jtl",), samples=0, errors=0, rows=0, skipped_rows={"no number as timeStamp": 2},
        start_ms=math.nan, end_ms=math.nan, connections=frame([]),
        seconds=pd.DataFrame(columns=list(SECOND_COLUMNS)).astype(dict(SECOND_COLUMNS)),
        labels=pd.DataFrame(columns=list(LABEL_COLUMNS)), dialects=(), stalls=0, aftermath=0, unattributed=0,
    )  # fmt: skip
    return Analysis(run=results, counts=counts(results.connections), verdict=verdict, hypotheses=())


HOSTILE = (
    '"><img src=x onerror=alert(1)><script>alert(2)</script> $\\frac{1}{0}$ '
    "\x1b]0;pwned\x07\x1b[2J\n=cmd|calc"
)


@functools.cache
def hostile() -> Analysis:
    """Return the run of `cap` in which every text that a results file brings is an attack."""
    plain = cap(60, 30)
    connections = plain.run.connections.copy()
    for name in ("file", "thread", "label", "opener", "reason"):
        connections[name] = pd.Categorical([HOSTILE] * len(connections))
    results = dataclasses.replace(
        plain.run,
        files=(HOSTILE,),
        connections=connections,
        labels=plain.run.labels.assign(label=[HOSTILE, "=1+1"]),
        notes=(HOSTILE,),
        skipped_rows={HOSTILE: 3},
        dialects=(HOSTILE,),
    )
    verdict = dataclasses.replace(
        plain.verdict, finding=HOSTILE, advice=(HOSTILE,), evidence={"resource": HOSTILE, HOSTILE: HOSTILE}
    )
    rivals = tuple(
        dataclasses.replace(h, against=HOSTILE, next_run=NextRun(instead=HOSTILE), finding=HOSTILE)
        for h in plain.hypotheses
    )
    return dataclasses.replace(plain, run=results, verdict=verdict, hypotheses=rivals)


def _tally(values: pd.Series) -> dict[str, int]:
    return {str(key): int(n) for key, n in values.value_counts().items()}
