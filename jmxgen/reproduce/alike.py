"""Whether a reproduction is like its recording: figure by figure, and by the times of closures."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Analysis

DIFFERENT: Final = 0.01  # p below this: the times don't come from the same distribution
FEWEST: Final = 5  # closures in each run, for a test


@dataclasses.dataclass(frozen=True, kw_only=True)
class Likeness:
    """What both runs had, and whether they are alike."""

    alike: bool
    words: str  # by which test
    rows: tuple[tuple[str, str, str], ...]  # figure, recording, reproduction


def compare(recording: Analysis, reproduction: Analysis) -> Likeness:
    """Return both runs' figures and whether they are alike.

    They are, if the verdicts name the same cause and, in each phase, the times at which callers had their
    first closure since the first sample agree: a two-sample Kolmogorov-Smirnov test of them. Where
    either run has fewer than FEWEST such callers there is no test: they agree unless the other has twice as
    many as that.
    """
    runs = (recording, reproduction)
    causes = [analysis.verdict.cause for analysis in runs]
    found = [] if causes[0] == causes[1] else [f"the cause is {causes[0]} in one, {causes[1]} in the other"]
    said = []
    for phase in ("handshake", "data"):
        text, same = _times(runs, phase)
        said.append(text)
        found += [] if same else [text]
    verdict = "; ".join(found) if found else f"both are {causes[0]}; {'; '.join(said)}"
    start = "Not alike" if found else "Alike"
    return Likeness(alike=not found, words=f"{start}: {verdict}", rows=tuple(_rows(runs)))


def first_closures(analysis: Analysis, phase: str) -> NDArray[np.float64]:
    """Return when each caller had its first closure of a phase, in seconds since the first sample."""
    frame = analysis.run.connections
    frame = frame[(frame["end"] == phase) & frame["noticed_at"].notna()]
    first = frame.groupby(["file", "thread"], observed=True)["noticed_at"].min()
    return (first.to_numpy(float) - analysis.run.start_ms) / 1000


def _times(runs: tuple[Analysis, Analysis], phase: str) -> tuple[str, bool]:
    from scipy import stats

    one, other = (first_closures(analysis, phase) for analysis in runs)
    if len(one) < FEWEST or len(other) < FEWEST:
        same = max(len(one), len(other)) < 2 * FEWEST
        return f"{phase}: {len(one)} and {len(other)} callers had a closure, too few for a test", same
    test = stats.ks_2samp(one, other)
    text = (
        f"{phase}: Kolmogorov-Smirnov test of first closures, D = {test.statistic:.2f}, p = {test.pvalue:.2g}"
    )
    return text, bool(test.pvalue >= DIFFERENT)


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
