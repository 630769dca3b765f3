"""The load of a recording as a scenario against the simulator: callers, pace, waits, and a call as long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jmxgen.analysis.measures import callers

if TYPE_CHECKING:
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
    frame = run.connections
    idles = frame["longest_idle"].dropna()
    idles = idles[idles > 0]
    low, high = np.quantile(idles, (0.1, 0.9)) if len(idles) else (500.0, 1500.0)
    low, high = max(1, round(float(low))), max(2, round(float(high)))
    lived = (frame["noticed_at"] - frame["opened_at"])[frame["end"] == "closed"].dropna()
    length = float(lived.median()) if len(lived) else 1000 * run.seconds_long
    times = min(max(1, round(length / ((low + high) / 2))), _MOST_TURNS)
    exchange = {"request": {"send": "hello", "within": "10s"}}
    return {"times": times, "steps": [exchange, {"pause": f"{low}ms..{max(low, high)}ms"}]}
