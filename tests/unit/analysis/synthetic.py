"""Runs that never were: callers against a faulty server, in simulated time, as the results of one cause.

Each caller is a coroutine that yields the time at which it goes on; a heap plays them in order. What the
client can know
is recorded as the lifecycle would: a loss in a pause is noticed by the next sampler, its end lies in an
interval.
"""

from __future__ import annotations

import dataclasses
import heapq
import math
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jmxgen.analysis.model import CONNECTION_COLUMNS, LABEL_COLUMNS, SECOND_COLUMNS, Results

START = 1_790_000_000_000.0
Wait = Generator[float, None, None]
Rejection = tuple[str, int]  # kind, status
NEVER = math.inf


@dataclasses.dataclass
class Link:
    """A connection as the server sees it."""

    opened: float
    dies: float = NEVER
    kind: str = "abnormal"
    code: int = 1006
    reason: str = ""

    def kill(self, at: float, kind: str = "abnormal", code: int = 1006, reason: str = "") -> None:
        if at < self.dies:
            self.dies, self.kind, self.code, self.reason = at, kind, code, reason


class Server:
    """A server without a fault; the faults override."""

    answer_ms = 20.0

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.links: set[Link] = set()
        self.orphans = 0

    def alive(self, at: float) -> int:
        self.links = {link for link in self.links if link.dies > at}
        return len(self.links)

    def admit(self, at: float) -> Rejection | None:
        return None

    def opened(self, link: Link) -> None:
        pass

    def silence(self, link: Link, start: float, end: float) -> None:
        """The client reads nothing from start to end."""

    def quiet(self, link: Link, start: float, end: float) -> None:
        """No frame passes from start to end."""

    def answer(self, link: Link, at: float) -> float:
        """Return the ms until the answer; inf for none."""
        return float(self.answer_ms * self.random.lognormal(0, 0.3))

    def leaked(self, link: Link) -> None:
        self.links.discard(link)


Link.__hash__ = object.__hash__  # type: ignore[method-assign]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Load:
    """What the callers do."""

    callers: int = 150
    ramp_s: float = 15.0
    length_s: float = 40.0
    calls: int = 1_000_000
    think: tuple[float, float] = (1.0, 3.0)  # seconds a caller pauses between requests, without a sampler
    listen: tuple[float, float] | None = None  # seconds it reads without a frame coming, before each pause
    requests: tuple[int, int] = (3, 6)
    base_s: float = 1.0
    cap_s: float = 8.0
    attempts: int = 8
    jitter: bool = True
    leak: float = 0.0  # the part of calls that end without a close frame
    timeout_s: float = 5.0
    noise: float = 0.0  # the part of attempts that fail for no reason


class Recorder:
    """Rows of connections and seconds, as the lifecycle would have made them."""

    def __init__(self, length_s: float) -> None:
        self.rows: list[dict[str, Any]] = []
        self.answers: list[tuple[float, float]] = []
        self.stalls: list[float] = []
        self.length_s = length_s

    def results(self, callers: int, metrics: pd.DataFrame | None) -> Results:
        frame = pd.DataFrame(self.rows, columns=list(CONNECTION_COLUMNS)).astype(dict(CONNECTION_COLUMNS))
        end = max([START + self.length_s * 1000, *(frame["noticed_at"].dropna())])
        size = int((end - START) // 1000) + 1
        seconds = pd.DataFrame(0, index=range(size), columns=list(SECOND_COLUMNS)).astype(
            dict(SECOND_COLUMNS)
        )
        if self.answers:
            at, took = np.array(self.answers).T
            bins = np.clip((at - START) // 1000, 0, size - 1).astype(int)
            seconds["answers"] = np.bincount(bins, minlength=size)
            seconds["answer_ms"] = np.bincount(bins, weights=took, minlength=size)
            seconds["samples"] = seconds["answers"]
        if self.stalls:
            bins = np.clip((np.array(self.stalls) - START) // 1000, 0, size - 1).astype(int)
            seconds["stalls"] = np.bincount(bins, minlength=size)
        seconds["threads"] = callers
        closures = int(frame["end"].isin(["handshake", "data"]).sum())
        return Results(
            files=("synthetic.jtl",),
            samples=len(self.answers) + len(frame),
            errors=closures,
            rows=len(frame),
            skipped_rows={},
            start_ms=START,
            end_ms=end,
            connections=frame,
            seconds=seconds,
            labels=pd.DataFrame(columns=list(LABEL_COLUMNS)),
            dialects=("luminis",),
            stalls=len(self.stalls),
            aftermath=0,
            unattributed=0,
            metrics=metrics,
        )


@dataclasses.dataclass
class Caller:
    number: int
    load: Load
    server: Server
    record: Recorder
    random: np.random.Generator
    attempt: int = 0
    connection: int = 0
    lost_at: float = math.nan

    def uniform(self, bounds: tuple[float, float]) -> float:
        return float(self.random.uniform(*bounds)) * 1000

    def play(self, start: float) -> Wait:
        at, end = start, START + self.load.length_s * 1000
        calls = 0
        yield at
        while at < end and calls < self.load.calls:
            at, link, row = self.open(at)
            yield at
            if link is not None:
                at = yield from self.call(link, row, at, end)
                calls += row["end"] in ("closed", "leaked")
            if row["end"] in ("handshake", "data"):
                self.lost_at = at
                if self.attempt >= self.load.attempts:
                    return
                longest = min(self.load.cap_s, self.load.base_s * 2 ** max(self.attempt - 1, 0)) * 1000
                at += float(self.random.uniform(0, longest)) if self.load.jitter else longest
            else:
                at += self.uniform(self.load.think)
            yield at

    def open(self, at: float) -> tuple[float, Link | None, dict[str, Any]]:
        self.connection += 1
        self.attempt += 1
        rejection = self.server.admit(at)
        if rejection is None and self.random.random() < self.load.noise:
            rejection = ("reset", 0)
        took = float(self.random.uniform(1, 6))
        row = {
            "file": "synthetic.jtl",
            "thread": f"callers 1-{self.number}",
            "connection": self.connection,
            "wait": at - self.lost_at,
            "threads": self.load.callers,
            "attempted_at": round(at),
            "opened_at": math.nan,
            "last_alive_at": math.nan,
            "noticed_at": math.nan,
            "end": "open",
            "kind": "",
            "status": 0,
            "code": 0,
            "label": "open",
            "aftermath_rows": 0,
            "opener": "open",
            "reason": "",
            "last_frame_at": math.nan,
            "end_after": math.nan,
            "longest_idle": 0.0,
            "longest_silence": 0.0,
            "last_silence": 0.0,
            "handshake_ms": took,
            "samples": 1,
            "pending_ms": math.nan,
            "stalls": 0,
            "stalled_at": math.nan,
            "stall_idle": math.nan,
            "silent": False,
            "pings": 0,
            "attempt": self.attempt,
        }
        self.record.rows.append(row)
        if rejection is not None:
            row.update(end="handshake", kind=rejection[0], status=rejection[1], noticed_at=round(at + took))
            row["end_after"] = row["attempted_at"]
            return at + took, None, row
        at += took
        self.attempt, self.lost_at = 0, math.nan
        link = Link(opened=at)
        self.server.links.add(link)
        self.server.opened(link)
        row.update(opened_at=round(at), last_alive_at=round(at), last_frame_at=round(at))
        return at, link, row

    def call(self, link: Link, row: dict[str, Any], at: float, end: float) -> Generator[float, None, float]:
        for _ in range(int(self.random.integers(self.load.requests[0], self.load.requests[1] + 1))):
            if at >= end:
                break
            at = self.request(link, row, at)
            yield at
            if row["end"] == "data":
                return at
            at = yield from self.gap(link, row, at)
            if row["end"] == "data":
                return at
        if link.dies <= at:
            return self.lose(link, row, at, at + 1)
        leaked = self.random.random() < self.load.leak
        row["end"] = "leaked" if leaked else "closed"
        if leaked:
            self.server.leaked(link)
        else:
            self.server.links.discard(link)
            at += 2
            row["noticed_at"] = round(at)
        row["last_alive_at"] = row["end_after"] = round(at)
        return at

    def request(self, link: Link, row: dict[str, Any], at: float) -> float:
        if link.dies <= at:
            return self.lose(link, row, at, at + 1)
        took = self.server.answer(link, at)
        stalled = took > self.load.timeout_s * 1000
        took = min(took, self.load.timeout_s * 1000)
        if link.dies <= at + took:
            return self.lose(link, row, link.dies, link.dies)
        row["samples"] += 1
        if stalled:
            row["stalls"] += 1
            self.record.stalls.append(at + took)
        else:
            self.record.answers.append((at + took, took))
            row["longest_idle"] = max(row["longest_idle"], at - row["last_frame_at"])
            row["last_frame_at"] = row["last_alive_at"] = round(at + took)
        return at + took

    def gap(self, link: Link, row: dict[str, Any], at: float) -> Generator[float, None, float]:
        """Listen (noticing a loss at once), then pause (noticing it at the next sample)."""
        since = row["last_frame_at"]
        listen = self.uniform(self.load.listen) if self.load.listen else 0.0
        think = self.uniform(self.load.think)
        self.server.quiet(link, since, at + listen + think)
        if listen:
            if link.dies <= at + listen:
                yield link.dies
                return self.lose(link, row, link.dies, link.dies)
            at += listen
            yield at
            if link.dies <= at:  # killed meanwhile
                return self.lose(link, row, link.dies, link.dies)
            row["last_alive_at"], row["longest_idle"] = round(at), max(row["longest_idle"], at - since)
        self.server.silence(link, at, at + think)
        yield at + think
        row["last_silence"] = think
        if link.dies > at + think:
            row["longest_silence"] = max(row["longest_silence"], think)
        return at + think

    def lose(self, link: Link, row: dict[str, Any], died: float, noticed: float) -> float:
        """Record a loss: known to the moment while a sampler read, else only since the last sample."""
        seen_at_once = died == noticed
        row.update(
            end="data",
            kind=link.kind,
            code=link.code,
            reason=link.reason,
            noticed_at=round(noticed),
            end_after=round(noticed) - 1 if seen_at_once else row["last_alive_at"],
            label="request",
        )
        self.server.links.discard(link)
        if seen_at_once:
            row["last_silence"] = 0.0
        return noticed


def simulate(server: Server, load: Load, seed: int, *, metrics: bool = False) -> Results:
    """Play a load against a server in simulated time."""
    random = np.random.default_rng(seed)
    record = Recorder(load.length_s)
    queue: list[tuple[float, int, Wait]] = []
    for number in range(1, load.callers + 1):
        start = START + 1000 * load.ramp_s * (number - 1) / load.callers
        caller = Caller(number, load, server, record, random).play(start)
        heapq.heappush(queue, (next(caller), number, caller))
    while queue:
        _, number, caller = heapq.heappop(queue)
        then = next(caller, None)
        if then is not None:
            heapq.heappush(queue, (then, number, caller))
    return record.results(load.callers, None)


class Cap(Server):
    def __init__(
        self, random: np.random.Generator, limit: int, rejection: Rejection = ("rejected", 503)
    ) -> None:
        super().__init__(random)
        self.limit, self.rejection = limit, rejection

    def admit(self, at: float) -> Rejection | None:
        return self.rejection if self.alive(at) + self.orphans >= self.limit else None


class LeakyCap(Cap):
    """Keeps the slot of a connection that was abandoned."""

    def leaked(self, link: Link) -> None:
        super().leaked(link)
        self.orphans += 1


class LateCap(Cap):
    """Accepts, then drops at once what is over the limit."""

    def admit(self, at: float) -> Rejection | None:
        return None

    def opened(self, link: Link) -> None:
        if self.alive(link.opened) > self.limit:
            link.kill(link.opened + 1)


class Channels(Server):
    """Ends the oldest connection when one too many opens."""

    def __init__(self, random: np.random.Generator, limit: int) -> None:
        super().__init__(random)
        self.limit = limit

    def opened(self, link: Link) -> None:
        if self.alive(link.opened) > self.limit:
            min(self.links - {link}, key=lambda other: other.opened).kill(link.opened + 0.5)


class Rate(Server):
    """A token bucket."""

    def __init__(self, random: np.random.Generator, rate: float, burst: float | None = None) -> None:
        super().__init__(random)
        self.rate, self.burst = rate, burst or rate
        self.tokens, self.then = self.burst, START

    def admit(self, at: float) -> Rejection | None:
        self.tokens = min(self.burst, self.tokens + (at - self.then) / 1000 * self.rate)
        self.then = at
        if self.tokens < 1:
            return ("rejected", 429)
        self.tokens -= 1
        return None


class Window(Server):
    """So many admissions in each second of the clock."""

    def __init__(self, random: np.random.Generator, rate: int) -> None:
        super().__init__(random)
        self.rate, self.second, self.used = rate, -1, 0

    def admit(self, at: float) -> Rejection | None:
        if int(at // 1000) != self.second:
            self.second, self.used = int(at // 1000), 0
        self.used += 1
        return ("rejected", 429) if self.used > self.rate else None


class Idle(Server):
    def __init__(self, random: np.random.Generator, seconds: float, code: int = 1006) -> None:
        super().__init__(random)
        self.ms, self.code = seconds * 1000, code

    def quiet(self, link: Link, start: float, end: float) -> None:
        if end - start > self.ms:
            link.kill(start + self.ms, "abnormal" if self.code == 1006 else "server_close", self.code)


class MaxAge(Server):
    def __init__(self, random: np.random.Generator, seconds: float) -> None:
        super().__init__(random)
        self.ms = seconds * 1000

    def opened(self, link: Link) -> None:
        link.kill(link.opened + self.ms)


class Pings(Server):
    """Pings every `interval` seconds and drops a client that has not answered for `timeout`."""

    def __init__(
        self, random: np.random.Generator, interval: float, timeout: float, code: int = 1006
    ) -> None:
        super().__init__(random)
        self.interval, self.timeout, self.code = interval * 1000, timeout * 1000, code

    def silence(self, link: Link, start: float, end: float) -> None:
        ping = link.opened + math.ceil((start - link.opened) / self.interval) * self.interval
        if ping + self.timeout < end:
            kind, reason = (
                ("abnormal", "") if self.code == 1006 else ("server_close", "keepalive ping timeout")
            )
            link.kill(ping + self.timeout, kind, self.code, reason)


class Mass(Server):
    """Drops a part of all connections at one moment."""

    def __init__(self, random: np.random.Generator, at_s: float, part: float = 1.0) -> None:
        super().__init__(random)
        self.at, self.part = START + at_s * 1000, part

    def opened(self, link: Link) -> None:
        if link.opened < self.at and self.random.random() < self.part:
            link.kill(self.at + float(self.random.uniform(0, 100)))


class Storm(Mass):
    """Drops all at one moment, and admits only so many a second."""

    def __init__(self, random: np.random.Generator, at_s: float, rate: float) -> None:
        super().__init__(random, at_s)
        self.bucket = Rate(random, rate, burst=rate * 2)

    def admit(self, at: float) -> Rejection | None:
        return self.bucket.admit(at)


class RandomDrop(Server):
    """Each answer is a drop with probability p; each attempt fails with probability q."""

    def __init__(self, random: np.random.Generator, p: float = 0.0, q: float = 0.0) -> None:
        super().__init__(random)
        self.p, self.q = p, q

    def answer(self, link: Link, at: float) -> float:
        took = super().answer(link, at)
        if self.random.random() < self.p:
            link.kill(at + took)
        return took

    def admit(self, at: float) -> Rejection | None:
        return ("reset", 0) if self.random.random() < self.q else None


class Goodbye(Server):
    """Says goodbye with a close frame at random times."""

    def __init__(self, random: np.random.Generator, mean_s: float, code: int = 1011) -> None:
        super().__init__(random)
        self.mean, self.code = mean_s * 1000, code

    def opened(self, link: Link) -> None:
        link.kill(link.opened + float(self.random.exponential(self.mean)), "server_close", self.code)


class Silent(Server):
    """A part of the requests is never answered."""

    def __init__(self, random: np.random.Generator, part: float) -> None:
        super().__init__(random)
        self.part = part

    def answer(self, link: Link, at: float) -> float:
        return NEVER if self.random.random() < self.part else super().answer(link, at)


class Bottleneck(Server):
    """One queue that serves so many requests a second; a caller who waits too long is dropped."""

    def __init__(self, random: np.random.Generator, per_s: float, patience_s: float = 4.0) -> None:
        super().__init__(random)
        self.ms, self.free, self.patience = 1000 / per_s, START, patience_s * 1000

    def answer(self, link: Link, at: float) -> float:
        wait = max(self.free - at, 0.0)
        if wait > self.patience:
            link.kill(at + self.patience)
            return self.patience + 1
        self.free = max(self.free, at) + self.ms * float(self.random.uniform(0.7, 1.3))
        return wait + self.ms


class Ports(Server):
    """The load generator has so many ports; each stays taken for a while after its connection."""

    def __init__(self, random: np.random.Generator, ports: int) -> None:
        super().__init__(random)
        self.ports = ports

    def admit(self, at: float) -> Rejection | None:
        return ("client", 0) if self.alive(at) >= self.ports else None


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 7])


def with_reason(results: Results, kind: str, reason: str) -> Results:
    frame = results.connections.copy()
    frame["reason"] = frame["reason"].astype(str).mask(frame["kind"] == kind, reason).astype("category")
    return dataclasses.replace(results, connections=frame)


def merged(parts: Sequence[Results]) -> pd.DataFrame:
    return pd.concat([part.connections for part in parts], ignore_index=True)
