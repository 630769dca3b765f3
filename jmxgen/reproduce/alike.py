"""Whether a reproduction is like its recording: figure by figure, and by the times of closures."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

DIFFERENT: Final = 0.01  # p below this: the times don't come from the same distribution
FEWEST: Final = 5  # closures in each run, for a test
SLACK_S: Final = 1.0  # JMeter's start, and the time until a caller notices, shift a closure by as much


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Whether both runs' first closures of a phase came at the same times.

    Attributes:
        recording: callers of the recording that had a closure of the phase.
        reproduction: those of the reproduction.
        statistic: of the Kolmogorov-Smirnov test, None where there were too few callers for it.
        p: its p-value.
        same: whether they agree.
    """

    phase: str
    recording: int
    reproduction: int
    same: bool
    statistic: float | None = None
    p: float | None = None

    @property
    def words(self) -> str:
        """The test in words."""
        if self.p is None:
            counts = f"{self.recording} and {self.reproduction} callers had a closure"
            return f"{self.phase}: {counts}, too few for a test"
        return (
            f"{self.phase}: Kolmogorov-Smirnov test of first closures to within {SLACK_S:g} s, "
            f"D = {self.statistic:.2f}, p = {self.p:.2g}"
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Likeness:
    """What both runs had, and whether they are alike."""

    alike: bool
    words: str  # by which tests
    tests: tuple[Agreement, ...]  # one per phase
    rows: tuple[tuple[str, str, str], ...]  # figure, recording, reproduction


def compare(recording: Analysis, reproduction: Analysis) -> Likeness:
    """Return both runs' figures and whether they are alike.

    They are, if the verdicts name the same cause and, in each phase, the times at which callers had their
    first closure since the first sample agree to within SLACK_S: a two-sample Kolmogorov-Smirnov test of
    them. Where either run has fewer than FEWEST such callers there is no test: they agree unless the other
    has twice as many as that.
    """
    runs = (recording, reproduction)
    causes = [analysis.verdict.cause for analysis in runs]
    found = [] if causes[0] == causes[1] else [f"the cause is {causes[0]} in one, {causes[1]} in the other"]
    tests = tuple(_times(runs, phase) for phase in ("handshake", "data"))
    found += [test.words for test in tests if not test.same]
    verdict = "; ".join(found or [f"both are {causes[0]}", *(test.words for test in tests)])
    start = "Not alike" if found else "Alike"
    return Likeness(alike=not found, words=f"{start}: {verdict}", tests=tests, rows=tuple(_rows(runs)))


def first_closures(analysis: Analysis, phase: str) -> NDArray[np.float64]:
    """Return when each caller had its first closure of a phase, in seconds since the first sample."""
    frame = analysis.run.connections
    frame = frame[(frame["end"] == phase) & frame["noticed_at"].notna()]
    first = frame.groupby(["file", "thread"], observed=True)["noticed_at"].min()
    return (first.to_numpy(float) - analysis.run.start_ms) / 1000


def _times(runs: tuple[Analysis, Analysis], phase: str) -> Agreement:
    from scipy import stats

    one, other = (first_closures(analysis, phase) for analysis in runs)
    counted = functools.partial(Agreement, phase=phase, recording=len(one), reproduction=len(other))
    if len(one) < FEWEST or len(other) < FEWEST:
        return counted(same=max(len(one), len(other)) < 2 * FEWEST)
    # Neither may run ahead of the other by more than the slack: two one-sided tests, which share the error.
    tests = (
        stats.ks_2samp(one + SLACK_S, other, alternative="greater"),
        stats.ks_2samp(one - SLACK_S, other, alternative="less"),
    )
    test = min(tests, key=lambda found: float(found.pvalue))
    p = min(1.0, 2 * float(test.pvalue))
    return counted(same=p >= DIFFERENT, statistic=float(test.statistic), p=p)


def _rows(runs: tuple[Analysis, Analysis]) -> list[tuple[str, str, str]]:
    def row(name: str, *values: str) -> tuple[str, str, str]:
        return name, values[0], values[1]

    rows = [row("cause", *(analysis.verdict.cause for analysis in runs))]
    keys = dict.fromkeys(key for analysis in runs for key in analysis.verdict.evidence)
    rows += [row(f"  {key}", *(str(a.verdict.evidence.get(key, "–")) for a in runs)) for key in keys]
    rows.append(row("attempts", *(f"{a.counts.attempted:,}" for a in runs)))
    rows.append(row("peak open", *(f"{a.counts.peak_open:,}" for a in runs)))
    for phase in ("handshake", "data"):
        counts = [
            (a.counts.handshake, a.counts.handshake_rate) if phase == "handshake"
            else (a.counts.data, a.counts.data_rate)
            for a in runs
        ]  # fmt: skip
        rows.append(row(f"{phase} closures", *(f"{n:,} ({words.percent(rate)})" for n, rate in counts)))
        for name, quantile in (("first", 0.0), ("median", 0.5), ("last", 1.0)):
            times = [first_closures(a, phase) for a in runs]
            if all(len(t) for t in times):
                rows.append(row(f"  {name}, of a caller's first", *(_at(t, quantile) for t in times)))
    return rows


def _at(times: NDArray[np.float64], quantile: float) -> str:
    import numpy as np

    return words.short(float(np.quantile(times, quantile)))


def text(likeness: Likeness) -> str:
    """Return the likeness as lines for a terminal."""
    table = [("", "recording", "reproduction"), *likeness.rows]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    lines = [words.shown(likeness.words), ""]
    lines += [
        "  " + "  ".join(words.shown(c).ljust(w) for c, w in zip(r, widths, strict=True)).rstrip()
        for r in table
    ]
    return "\n".join(lines) + "\n"
