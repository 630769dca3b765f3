"""The load of a recording as a scenario against the simulator: callers, pace, waits, and a call as long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jmxgen.analysis.measures import callers

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.model import Run

LONGEST_S = 300.0  # of a hold
_MOST_TURNS = 10_000


def scenario(run: Run, url: str) -> dict[str, Any]:
    """Return a scenario with the load of a run, as its YAML has it.

    Payloads and answers are the simulator's, not the recorded system's: what counts for a verdict is who is
    there, when, and how long nothing is said. The scenario's own load and reconnects are taken where the run
    has one.
    """
    said = run.scenario or {}
    return {
        "name": "reproduction",
        "target": {"url": url},
        "load": said.get("load") or _load(run),
        "reconnect": said.get("reconnect") or _reconnect(run),
        "call": [{"repeat": _conversation(run)}, {"disconnect": {"code": 1000}}],
    }


def _load(run: Run) -> dict[str, Any]:
    first = run.connections.groupby(["file", "thread"], observed=True)["attempted_at"].min()
    ramp_s = max(0.0, float(first.max() - run.start_ms) / 1000) if len(first) else 0.0
    found: dict[str, Any] = {"callers": max(1, len(first)), "ramp_up": f"{1000 * ramp_s:.0f}ms"}
    if _makes_one_call(run):
        return {**found, "calls": 1}
    hold_s = min(LONGEST_S, max(1.0, run.seconds_long - ramp_s))
    return {**found, "callers": max(1, callers.count(run).reached), "hold": f"{1000 * hold_s:.0f}ms"}


def _makes_one_call(run: Run) -> bool:
    """Say whether each caller opens one connection at most and then stops, as far as the run shows."""
    opened = run.connections[run.connections["opened_at"].notna()]
    counts = opened.groupby(["file", "thread"], observed=True).size()
    return len(counts) > 0 and int(counts.max()) == 1


def _reconnect(run: Run) -> dict[str, Any]:
    """Return as many attempts in a row as were made, and waits of the recorded size.

    A full jitter has half its bound as its mean.
    """
    waits = run.connections["wait"].dropna()
    mean_ms = float(waits.median()) if len(waits) else 1000.0
    bound = max(1, round(min(2 * mean_ms, 60_000)))
    most = int(min(1000, max(1, run.connections["attempt"].max()))) if len(run.connections) else 1
    return {"max_attempts": most, "base": f"{bound}ms", "cap": f"{bound}ms", "first_wait": f"{bound}ms"}


def _conversation(run: Run) -> dict[str, Any]:
    """Return turns of an exchange and a pause, so that calls and silences are as long as recorded."""
    low, high = _silences_ms(run.connections)
    length = _call_ms(run.connections) or 1000 * run.seconds_long
    times = min(max(1, round(length / ((low + high) / 2))), _MOST_TURNS)
    exchange = {"request": {"send": "hello", "within": "10s"}}
    return {"times": times, "steps": [exchange, {"pause": f"{low}ms..{high}ms"}]}


def _silences_ms(frame: pd.DataFrame) -> tuple[int, int]:
    """Return the range of connections' longest silences, as callers meant them: 10% and 90%.

    The last silence of a lost connection was cut short. Without that, those that an idle timeout ends would
    all be shorter than the timeout, and none would be lost when they are played back. Where so many were cut
    short that the upper end isn't seen, it is taken to be twice the longest that is.
    """
    lost = (frame["end"] == "data").to_numpy(bool)
    last = np.where(lost, (frame["noticed_at"] - frame["last_alive_at"]).to_numpy(float), np.nan)
    silences = np.fmax(frame["longest_idle"].to_numpy(float), last)
    known = np.isfinite(silences) & (silences > 0)
    if not known.any():
        return 500, 1500
    low = _quantile(silences[known], lost[known], 0.1) or float(silences[known].min())
    high = _quantile(silences[known], lost[known], 0.9) or 2 * float(silences[known].max())
    return max(1, round(low)), max(2, round(low), round(high))


def _call_ms(frame: pd.DataFrame) -> float | None:
    """Return the median length of a call, None where too many were lost to see how long they were meant."""
    ages = (frame["noticed_at"] - frame["opened_at"]).to_numpy(float)
    lost = (frame["end"] == "data").to_numpy(bool)
    known = np.isfinite(ages) & (lost | (frame["end"] == "closed").to_numpy(bool))
    return _quantile(ages[known], lost[known], 0.5)


def _quantile(values: NDArray[np.float64], cut_short: NDArray[np.bool_], share: float) -> float | None:
    """Return the time below which a share of the values lies (Kaplan-Meier); None where it isn't seen."""
    from scipy import stats

    if cut_short.all():
        return None
    data = stats.CensoredData(uncensored=values[~cut_short], right=values[cut_short])
    reached = stats.ecdf(data).cdf
    beyond = reached.quantiles[reached.probabilities >= share]
    return float(beyond[0]) if len(beyond) else None
