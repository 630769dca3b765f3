"""What can be counted of connections: closures, rates, ages, idle times.

Two definitions hold everywhere; when a connection counts as open is that of `jmxgen.analysis.openness`:

- A closure **happens**, in counts by time, when it was noticed: the only moment that is known for certain.
  What is asked of ages and idle times keeps the whole interval (end_after, noticed_at].
- `client` closures (the load generator's own limits) are closures of the handshake phase like the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from jmxgen.analysis.model import ABNORMAL_CODE, DATA_KINDS, HANDSHAKE_KINDS, Counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from jmxgen.analysis.model import Results

ClosurePhase = Literal["handshake", "data", "both"]

NO_CODE: Final = 1005
_TIMES: Final = ("opened_at", "last_alive_at", "noticed_at", "end_after")
PER_SECOND_COLUMNS: Final = (
    "open",
    "attempts",
    "admitted",
    "handshake",
    "data",
    "aftermath",
    "stalls",
    "samples",
    "errors",
    "threads",
    "answer_ms_mean",
)


def count(results: Results) -> Counts:
    """Count connections and closures; a rate without a denominator is 0."""
    connections = results.connections
    end, kind = connections["end"], connections["kind"]
    handshake, data = end == "handshake", end == "data"
    attempted = len(connections)
    opened = int(connections["opened_at"].notna().sum())
    return Counts(
        attempted=attempted,
        opened=opened,
        closed=int((end == "closed").sum()),
        leaked=int((end == "leaked").sum()),
        still_open=int((end == "open").sum()),
        peak_open=results.openness.peak,
        handshake=int(handshake.sum()),
        handshake_rate=_ratio(int(handshake.sum()), attempted),
        handshake_kinds=_tally(kind[handshake], HANDSHAKE_KINDS),
        statuses=_tally(connections["status"][handshake & (connections["status"] > 0)]),
        data=int(data.sum()),
        data_rate=_ratio(int(data.sum()), opened),
        data_kinds=_tally(kind[data], DATA_KINDS),
        codes=_codes(connections.loc[data, ["code", "kind"]]),
    )


def _codes(lost: pd.DataFrame) -> dict[str, int]:
    """Count close codes; without a code in the frame it is 1005, without a frame 1006 (RFC 6455, 7.1.5)."""
    codes = lost["code"].astype(int)
    absent = np.where(lost["kind"] == "server_close", NO_CODE, ABNORMAL_CODE)
    return _tally(codes.where(codes > 0, absent))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _tally(values: pd.Series, order: tuple[str, ...] = ()) -> dict[str, int]:
    """Count values that occur, in the given order or else sorted."""
    found = {str(value): int(n) for value, n in values.value_counts().items() if n}
    return {key: found[key] for key in (*(k for k in order if k in found), *sorted(set(found) - set(order)))}


def closed_out(connections: pd.DataFrame, phase: ClosurePhase = "both") -> NDArray[np.bool_]:
    """Return which connections ended in a closure of the phase."""
    end = connections["end"]
    ended = (end == "handshake") | (end == "data") if phase == "both" else end == phase
    return ended.to_numpy(bool)


def per_second(results: Results) -> pd.DataFrame:
    """Return one row a second of the run: demand, admissions, closures by phase, open connections.

    Returns:
        PER_SECOND_COLUMNS, index: whole seconds since the first sample. `open` is the number at the end of
        the second, `attempts` and `admitted` count by the start and the end of the handshake, `handshake` and
        `data` by the time the closure was noticed; `answer_ms_mean` is NaN where nothing was answered.
    """
    seconds = results.seconds
    table = pd.DataFrame(index=seconds.index)
    start, length = results.start_ms, len(seconds)
    frame = results.connections

    def by_second(times: pd.Series) -> NDArray[np.int64]:
        if not length:
            return np.zeros(0, np.int64)
        known = times.dropna().to_numpy(np.float64)
        bins = np.clip((known - start) // 1000, 0, length - 1).astype(np.int64)
        return np.bincount(bins, minlength=length)

    table["open"] = results.openness.at(start + 1000.0 * (np.arange(length) + 1))
    table["attempts"] = by_second(frame["attempted_at"])
    table["admitted"] = by_second(frame["opened_at"])
    table["handshake"] = by_second(frame["noticed_at"][closed_out(frame, "handshake")])
    table["data"] = by_second(frame["noticed_at"][closed_out(frame, "data")])
    for column in ("aftermath", "stalls", "samples", "errors", "threads"):
        table[column] = seconds[column]
    answers = seconds["answers"].to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        table["answer_ms_mean"] = np.where(answers > 0, seconds["answer_ms"].to_numpy() / answers, np.nan)
    return table[list(PER_SECOND_COLUMNS)]


def wilson(k: ArrayLike, n: ArrayLike, z: float = 1.96) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's interval of a proportion, element by element; (0, 1) where n is 0.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927):
    centre (p + z²/2n) / (1 + z²/n), half width z·sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n).

    Args:
        k: successes.
        n: trials.
        z: the normal quantile: 1.96 gives 95%.
    """
    k, n = np.asarray(k, np.float64), np.asarray(n, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        scale = 1 + z * z / n
        centre = (p + z * z / (2 * n)) / scale
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    low = np.where(n > 0, np.clip(centre - half, 0, 1), 0.0)
    high = np.where(n > 0, np.clip(centre + half, 0, 1), 1.0)
    return np.where(k == 0, 0.0, low), np.where((k == n) | (n == 0), 1.0, high)


def closure_rate_by_concurrency(
    results: Results, *, phase: ClosurePhase = "both", bins: int = 24
) -> pd.DataFrame:
    """Return how often attempts end in a closure, by the number of connections open just before the attempt.

    Args:
        results: the run.
        phase: which closures count. For `data` only attempts that opened are at risk.
        bins: at most so many bins; their width is 1, 2 or 5 times a power of ten.

    Returns:
        Columns low and high (the bin holds low <= open < high), attempts, closures, rate, and Wilson's 95%
        interval rate_low and rate_high. Bins without an attempt are left out.
    """
    connections = results.connections
    at_risk = connections["attempted_at"].notna().to_numpy()
    if phase == "data":
        at_risk = at_risk & connections["opened_at"].notna().to_numpy()
    concurrency = results.concurrency[at_risk]
    width = _round_width(int(concurrency.max(initial=0)) + 1, bins)
    which = concurrency // width
    attempts = np.bincount(which)
    closures = np.bincount(which, weights=closed_out(connections, phase)[at_risk]).astype(np.int64)
    used = np.flatnonzero(attempts)
    attempts, closures = attempts[used], closures[used]
    rate_low, rate_high = wilson(closures, attempts)
    return pd.DataFrame(
        {
            "low": used * width,
            "high": (used + 1) * width,
            "attempts": attempts,
            "closures": closures,
            "rate": closures / np.maximum(attempts, 1),
            "rate_low": rate_low,
            "rate_high": rate_high,
        }
    )


def _round_width(span: int, bins: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50, … that cuts `span` into at most `bins` parts."""
    width, factors = 1, (2, 2.5, 2)
    step = 0
    while span > width * bins:
        width = int(width * factors[step % 3])
        step += 1
    return width


def ages(connections: pd.DataFrame) -> pd.DataFrame:
    """Return how long connections lived: those that were lost, and those that were not.

    Returns:
        One row an opened connection: low and high (ms since the open; a lost connection ended in (low, high],
        any other was alive at low and high is +inf) and closure (bool).
    """
    opened = connections.loc[connections["opened_at"].notna(), ["end", *_TIMES]]
    born = opened["opened_at"].to_numpy(np.float64)
    lost = closed_out(opened, "data")
    low, high = _end_interval(opened, lost)
    return pd.DataFrame(
        {"low": np.maximum(low - born, 0), "high": np.maximum(high - born, 0), "closure": lost}
    )


def idles(connections: pd.DataFrame) -> pd.DataFrame:
    """Return the time without a frame before each loss, and the longest such time survived.

    Returns:
        One row an opened connection: low and high (ms since the last frame; NaN where it was not lost),
        survived (the longest time without a frame that it lived through) and closure (bool).
    """
    opened = connections.loc[
        connections["opened_at"].notna(), ["end", *_TIMES, "last_frame_at", "longest_idle"]
    ]
    lost = closed_out(opened, "data")
    last = opened["last_frame_at"].fillna(opened["opened_at"]).to_numpy(np.float64)
    low, high = _end_interval(opened, lost)
    survived = opened["longest_idle"].fillna(0).to_numpy(np.float64)
    return pd.DataFrame(
        {
            "low": np.where(lost, np.maximum(low - last, 0), np.nan),
            "high": np.where(lost, np.maximum(high - last, 0), np.nan),
            "survived": survived,
            "closure": lost,
        }
    )


def _end_interval(
    opened: pd.DataFrame, lost: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (end_after, noticed_at) of the lost; (last seen alive, +inf) of the others."""
    alive = opened["last_alive_at"].fillna(opened["opened_at"]).to_numpy(np.float64)
    noticed = opened["noticed_at"].to_numpy(np.float64)
    after = opened["end_after"].to_numpy(np.float64)
    after = np.where(np.isnan(after), alive, after)
    seen = np.fmax(alive, np.where(np.isnan(noticed), alive, noticed))  # a close that was answered
    return np.where(lost, after, seen), np.where(lost, noticed, np.inf)
