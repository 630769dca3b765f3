"""What a verdict asks the next run to change: keys of the scenario, each with the reason.

A change is made where another run tells more than the same run again would: it parts the cause from what else
the run could mean, or shows that the cause is gone.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words
from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.steps import Pause, Request
from jmxgen.units import rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jmxgen.analysis.model import Analysis, Verdict
    from jmxgen.scenario.model import Scenario

_HOLD: Final = Duration(60_000)
_UNDER: Final = 0.95
_OVER: Final = 1.05


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A key of the scenario and its value as YAML ("" takes the key away), and why."""

    key: str
    value: str
    why: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Nothing:
    """No change of the scenario would tell more; why, and what to do instead."""

    words: str


def wanted(analysis: Analysis, scenario: Scenario) -> tuple[Change, ...] | Nothing:
    """Return what the next run changes, or that nothing would tell more."""
    verdict = analysis.verdict
    if words := _NOTHING.get(verdict.cause):
        return Nothing(words)
    found = tuple(_CHANGES.get(verdict.cause, _steps)(verdict, scenario))
    return found or Nothing(f"the scenario has all that a run against {verdict.cause} needs: run it again")


_NOTHING: Final = {
    "healthy": "nothing failed: raise the load, or let `jmxgen search` do it",
    "client-exhaustion": "the load generator gave way: the same run on more engines (--remote) tells more",
    "mass-disconnect": "the same run again tells more: an incident comes at another time, a limit doesn't",
    "outage": "the same run again tells more: an outage comes at another time, a limit at the same load",
    "leaked-sessions": "the plans of a scenario close every connection: run the same scenario again, or "
    "harden the plan that leaked (--next FILE.jmx)",
}


def _cap(verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    bounds = words.bounds(verdict)
    if bounds is None or bounds[1] < 2:
        return
    under = max(1, math.floor(_UNDER * bounds[0]))
    over = max(under + 1, math.ceil(_OVER * bounds[1]))
    limit = f"{verdict.evidence.get('limit', bounds[1]):,}"
    why = (
        f"holds steps under and over the limit of {limit}, twice: a cap shows at the same number each time, "
    )
    yield from _stages(scenario, [under, over, under, over], why + "trouble of one moment doesn't come back")


def _steps(_verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    peak = scenario.load.peak_callers
    if peak < 4:
        return
    levels = [math.ceil(peak * part / 4) for part in (1, 2, 3, 4)]
    why = "steps with holds: the number of callers and the time then no longer rise together"
    yield from _stages(scenario, levels, why)


def _stages(scenario: Scenario, levels: list[int], why: str) -> Iterator[Change]:
    """Yield steps at the scenario's own pace, each held as long as its own hold."""
    load = scenario.load
    pace = load.ramp_rate if math.isfinite(load.ramp_rate) and load.ramp_rate > 0 else 10.0
    hold = load.hold or (max(s.hold for s in load.stages) if load.stages else None)
    hold = hold if hold and hold.ms else _HOLD
    stages, before = [], 0
    for level in levels:
        over = Duration(1000 * math.ceil(abs(level - before) / pace))
        stages.append(f"{{callers: {level}, over: {over}, hold: {hold}}}")
        before = level
    for key in ("callers", "ramp_up", "hold", "calls", "arrivals"):
        if key in load.model_fields_set:
            yield Change(f"load.{key}", "")
    yield Change("load.stages", f"[{', '.join(stages)}]", why)


def _pace(verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    bounds = words.bounds(verdict)
    low = bounds[0] if bounds else 0.0
    if low <= 0:
        yield from _slower_ramp(verdict, scenario)
        return
    rate = float(f"{0.9 * low:.3g}")
    why = f"just under the limit of {rounded(low)} openings/s: with as many callers, none should be refused"
    yield Change("load.handshake_rate", f"{rate:g}/s", why)
    yield from _jitter(verdict, scenario)


def _slower_ramp(_verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    load = scenario.load
    if load.stages or load.arrivals:
        return
    why = "half as steep: a limit on age, on time or on the rate of openings then shows apart from each other"
    yield Change("load.ramp_up", str(Duration(max(2 * load.ramp.ms, 1000))), why)


def _frames(verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    """Let frames pass more often than the limit on silence."""
    bounds = words.bounds(verdict)
    low_s = (bounds[0] if bounds else 0.0) or 0.5 * (words.figure(verdict, "seconds") or 0.0)
    if not low_s and bounds:
        low_s = bounds[1] / 4
    every = Duration(max(500, int(500 * low_s)))
    if every < scenario.keep_alive.read_slice:
        yield Change("keep_alive.read_slice", str(every), "reads short enough for a ping in time")
    why = (
        "pings more often than the limit on silence: the losses should be gone, which no other cause explains"
    )
    yield Change("keep_alive.ping_every", str(every), why)
    yield from _listens(scenario, 1000 * low_s)


def _pongs(_verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    if not scenario.keep_alive.reply_to_pings:
        why = "answers the server's pings: the losses should be gone"
        yield Change("keep_alive.reply_to_pings", "true", why)
    yield from _listens(scenario, 0)


def _listens(scenario: Scenario, longest_ms: float) -> Iterator[Change]:
    """Turn pauses of the call itself that may last too long into steps that read, ping and answer pings."""
    for index, step in enumerate(scenario.call):
        if isinstance(step, Pause) and step.pause.high.ms > longest_ms and step in scenario.conversation:
            why = "was a pause: a listen step reads meanwhile, so it sends pings and answers the server's"
            yield Change(f"call.{index}", f"{{listen: {step.pause.high}}}", why)


def _jitter(_verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    if scenario.reconnect.jitter != "full":
        why = "callers that were refused together no longer come back together"
        yield Change("reconnect.jitter", "full", why)


def _storm(verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    yield from _jitter(verdict, scenario)
    why = "spreads the return after a loss: a storm is then gone, a limit of the server stays"
    yield Change(
        "reconnect.first_wait", str(Duration(max(2 * scenario.reconnect.first_wait.ms, 10_000))), why
    )


def _longer_waits(_verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    why = "three times as long: late answers then come, missing ones don't"
    yield Change("target.read_timeout", _three_times(scenario.target.read_timeout), why)
    for index, step in enumerate(scenario.call):
        if isinstance(step, Request) and step.request.within is not None:
            yield Change(f"call.{index}.request.within", _three_times(step.request.within), why)


def _three_times(time: Duration) -> str:
    return str(Duration(min(3 * time.ms, 9_999_999)))


def _one_caller(_verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    why = "one caller is enough to see whether the corrected address and credentials are accepted"
    for key in ("ramp_up", "hold", "stages", "arrivals", "calls_per_connection"):
        if key in scenario.load.model_fields_set:
            yield Change(f"load.{key}", "")
    yield Change("load.callers", "1", why)


def _half(_verdict: Verdict, scenario: Scenario) -> Iterator[Change]:
    load = scenario.load
    if load.stages or load.arrivals or load.callers < 2:
        return
    why = "half the callers: a random loss keeps its rate per connection, a limit's losses go away"
    yield Change("load.callers", str(load.callers // 2), why)


_CHANGES: Final[dict[str, Callable[[Verdict, Scenario], Iterator[Change]]]] = {
    "concurrency-cap": _cap,
    "handshake-rate-limit": _pace,
    "idle-timeout": _frames,
    "unanswered-pings": _pongs,
    "max-session-age": _slower_ramp,
    "reconnect-storm": _storm,
    "stall": _longer_waits,
    "denied": _one_caller,
    "wrong-endpoint": _one_caller,
    "random-drop": _half,
}
