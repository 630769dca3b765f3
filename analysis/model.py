"""The values that flow through the analysis: rows, connections, the run, hypotheses, verdict.

The words are those of RFC 6455 and of docs/explanation/phases.md. Times are milliseconds since the epoch as
float64, NaN where unknown; durations are milliseconds unless a name says seconds.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from jmxgen.analysis.advice import Step
    from jmxgen.analysis.next_run import NextRun
    from jmxgen.analysis.server_log.view import ServerView

Phase = Literal["handshake", "data", "both", "none"]
Side = Literal["server", "client", "unknown", "none"]

# How a connection, or the attempt to get one, ended.
ENDS: Final = ("closed", "handshake", "data", "leaked", "open")
HANDSHAKE_KINDS: Final = ("rejected", "refused", "reset", "eof", "timeout", "tls", "protocol", "client")
DATA_KINDS: Final = ("abnormal", "server_close")
NO_CODE: Final = 1005  # RFC 6455, 7.4.1: never on the wire, stands for a close frame without a code
ABNORMAL_CODE: Final = 1006  # RFC 6455, 7.4.1: never on the wire, the client's word for "no close frame"

# One row of JMeter's results, in JMeter's own column names. `jtl.read` yields frames with just these columns
# and, of jmxgen.columns, the connection's number. Absent numbers are -1, absent texts "".
ROW_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "timeStamp": "int64",  # start of the sample; 0 where the sampler gave up before it started its clock
        "elapsed": "int64",
        "label": "category",
        "responseCode": "category",
        "responseMessage": "category",
        "threadName": "category",
        "success": "bool",
        "bytes": "int64",
        "sentBytes": "int64",
        "allThreads": "int32",
        "Connect": "int64",
        "URL": "category",
        "depth": "int8",  # 0 for a sample, 1 and more for samples inside it (XML only)
    }
)

# One row a connection or attempt. The first part is the contract of `--connections`; the rest is what the
# measures and causes look at. The end of a lost connection lies in (end_after, noticed_at].
CONNECTION_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "file": "category",
        "thread": "category",
        "connection": "int32",  # its number in its thread, from 1
        "attempted_at": "float64",
        "opened_at": "float64",
        "last_alive_at": "float64",
        "noticed_at": "float64",
        "end": "category",  # ENDS
        "kind": "category",  # HANDSHAKE_KINDS, DATA_KINDS or ""
        "status": "int16",  # of the HTTP response that rejected it, or 0
        "code": "int16",  # of the close frame, ABNORMAL_CODE where there was none, 0 where it did not end so
        "label": "category",  # of the row that noticed the end; of the opener where none did
        "aftermath_rows": "int32",
        # ------ beyond the contract
        "opener": "category",  # the label of the sampler that opened it
        "reason": "category",  # the close frame's reason, or the I/O error's text
        "last_frame_at": "float64",  # the last time a frame is known to have passed
        "end_after": "float64",
        "longest_idle": "float64",  # the longest time without a frame that it survived
        "longest_silence": "float64",  # the longest time without a sampler at work that it survived
        "last_silence": "float64",  # the time without a sampler at work just before the end was noticed
        "handshake_ms": "float64",  # elapsed of the opening row
        "samples": "int32",  # rows on it, its opening among them
        "pending_ms": "float64",  # how long an answer was pending when it was lost; NaN where none was
        "stalls": "int32",
        "stalled_at": "float64",  # when the first request that stalled was sent
        "stall_idle": "float64",  # the time without a frame before it
        "silent": "bool",  # never answered again after a stall, and nobody saw its end
        "pings": "int32",  # that a sampler read in place of data, and so left unanswered
        "attempt": "int32",  # attempts in a row of this thread up to this one, from 1
        "wait": "float64",  # from the thread's closure before it to this attempt; NaN where none was
        "threads": "int32",  # allThreads at the attempt, -1 where unknown
    }
)
CONTRACT_CONNECTION_COLUMNS: Final = tuple(CONNECTION_COLUMNS)[:13]

HEADER_AGAIN: Final = "the header again"  # the reason of a skipped row that loses nothing

# One row a second from the first sample to the last, every second present; index: seconds since the start.
SECOND_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "samples": "int64",  # rows that ended in this second
        "errors": "int64",  # failing rows, as JMeter's dashboard counts them
        "answers": "int64",  # good samples on an open connection that took part in an exchange of frames
        "answer_ms": "float64",  # the sum of their elapsed
        "aftermath": "int64",
        "stalls": "int64",
        "threads": "int32",  # the largest allThreads (summed over files and engines), -1 where unknown
    }
)

# One row a label. Percentiles are exact: the smallest value with at least p% of the samples at or below it
# (nearest rank), over all samples of the label.
LABEL_COLUMNS: Final = ("label", "samples", "errors", "p50", "p90", "p95", "p99", "max")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """What was observed, before anybody judges it. Made by `jmxgen.analysis.reading.read`."""

    files: tuple[str, ...]
    samples: int  # rows read, transactions and sub-results not counted
    errors: int  # rows that JMeter's dashboard counts as errors, transactions and sub-results among them
    rows: int  # all rows read
    skipped_rows: Mapping[str, int]  # reason -> rows that could not be read
    start_ms: float  # NaN where no row carries a time
    end_ms: float
    connections: pd.DataFrame  # CONNECTION_COLUMNS
    seconds: pd.DataFrame  # SECOND_COLUMNS
    labels: pd.DataFrame  # LABEL_COLUMNS
    dialects: tuple[str, ...]  # the plugins whose rows were found
    stalls: int
    aftermath: int
    unattributed: int  # failing WebSocket rows that can't be tied to a phase
    gaps: tuple[tuple[float, float], ...] = ()  # (start_ms, end_ms): nothing of any thread started or ended
    notes: tuple[str, ...] = ()  # what a reader must know: missing columns, ambiguous threads, …
    complete: bool = True  # whether the files hold the whole run
    incomplete_because: str | None = None  # why not: cut in the middle of a row, interrupted, …
    silent: int = 0  # connections with stalls that never answered again
    fragments: int = 0  # rows with a part of a message: the client takes each for a message
    replies: int = 0  # the most that a connection sent by the scenario's `on`
    durations_known: bool = True  # whether the rows say how long samples took
    tangled: int = 0  # how often a thread does two things at once: its rows are several callers'
    own_plan: bool = False  # whether the plan was jmxgen's: its rows have the ws_ columns
    planned_callers: int | None = None  # how many callers the run was to have, None where nobody said
    metrics: pd.DataFrame | None = None  # columns at_ms, active: Active Conversations from outside
    scenario: Mapping[str, Any] | None = None  # what the scenario file said, where it was given
    server_log: ServerView | None = None  # what the other side's log says, where one was given
    # Versions and machine, as the run's jmeter.log shows them.
    machine: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def unread(self) -> int:
        """How many rows could not be read; headers that come again lose nothing."""
        return sum(rows for reason, rows in self.skipped_rows.items() if reason != HEADER_AGAIN)

    @property
    def lacks_openings(self) -> bool:
        """Whether most connections that were lost were opened by no row: then no rate is known."""
        lost = self.connections["end"] == "data"
        return int((lost & self.connections["attempted_at"].isna()).sum()) > max(lost.sum() / 2, 5)

    @property
    def seconds_long(self) -> float:
        """Length of the run in seconds, 0.0 where unknown."""
        length = (self.end_ms - self.start_ms) / 1000
        return length if length > 0 else 0.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counts:
    """The numbers of connections and closures. `rate` is of attempted (handshake) or opened (data)."""

    attempted: int
    opened: int
    closed: int
    leaked: int
    peak_open: int
    handshake: int
    handshake_rate: float
    handshake_kinds: Mapping[str, int]
    statuses: Mapping[str, int]
    data: int
    data_rate: float
    data_kinds: Mapping[str, int]
    codes: Mapping[str, int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """One cause, how well the run supports it, and what speaks against it."""

    cause: str  # one of `causes.CAUSES`
    side: Side
    phase: Phase
    finding: str  # one sentence with its number, for titles and the first line of a report
    evidence: Mapping[str, Any]  # the keys of the cause's contract, JSON values
    probability: float = 0.0  # of the causes of its phase, `unknown` and `healthy` among them
    explains: int = 0  # closures and stalls that it accounts for
    reasons: tuple[str, ...] = ()  # the statistics that speak most for it, in words
    support: str = ""  # what speaks for it, in numbers
    against: str = ""  # what speaks against it, or what can't be distinguished in this run
    advice: tuple[Step, ...] = ()  # next steps, worded for each reader
    next_run: NextRun | None = None  # what would confirm it; None where this run does


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """The cause that a run supports best, and how sure that is."""

    cause: str
    side: Side
    phase: Phase
    confidence: float
    finding: str
    evidence: Mapping[str, Any]
    advice: tuple[str, ...]
    also: tuple[Hypothesis, ...] = ()  # causes of what the first leaves unexplained
    tie: str = ""  # another cause that this run can't separate from it


Outcome = Literal["met", "missed", "not judged"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """A criterion of the scenario, or a `--fail-on`, and what became of it in a run."""

    expression: str  # as it was written
    outcome: Outcome
    actual: str  # the value it was judged by, or why it could not be judged
    fail_on: bool = False  # a `--fail-on`: missed where it holds

    @property
    def met(self) -> bool:
        """Whether the run passes it: what is not judged does not pass."""
        return self.outcome == "met"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Analysis:
    """What was read, what was counted, what it means. Reports and charts draw from this alone."""

    run: Run
    counts: Counts
    verdict: Verdict
    hypotheses: tuple[
        Hypothesis, ...
    ]  # of the verdict's phase first, then of the other; in each the likeliest first
    criteria: tuple[Check, ...] = ()
