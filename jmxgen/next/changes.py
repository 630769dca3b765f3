"""What a verdict asks the next run to change: keys of the scenario, each with the reason.

Which changes those are, and why, each cause says in its own file (`jmxgen.analysis.next_run`); here they
become keys and values of a scenario.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

from jmxgen.analysis import words
from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.next_run import What, under_rate
from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.steps import Pause, Request

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
    """No change of the scenario would show more; why, and what to do instead."""

    words: str


def wanted(analysis: Analysis, scenario: Scenario) -> tuple[Change, ...] | Nothing:
    """Return what the next run changes, or that nothing would show more."""
    verdict = analysis.verdict
    own = next((h.next_run for h in analysis.hypotheses if h.cause == verdict.cause), None)
    run = own or CAUSES[verdict.cause].NEXT_RUN
    found = tuple(
        change for asked in run.changes for change in _CHANGES[asked.what](verdict, scenario, asked.sentence)
    )
    nothing = f"this scenario has nothing to change for a run after {verdict.cause}: run it again"
    return found or Nothing(run.instead or nothing)


def _around_limit(verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    bounds = words.bounds(verdict)
    if bounds is None or bounds[1] < 1:
        yield from _steps(verdict, scenario, What.STEPS)
        return
    under = max(1, math.floor(_UNDER * bounds[0]))
    over = max(under + 1, math.ceil(_OVER * bounds[1]))
    yield from _stages(scenario, [under, over, under, over], why)


def _steps(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    peak = scenario.load.peak_callers
    levels = sorted({math.ceil(peak * part / 4) for part in (1, 2, 3, 4)})
    if len(levels) > 1:
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


def _under_rate(verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    bounds = words.bounds(verdict)
    if bounds and bounds[0] > 0:
        yield Change("load.handshake_rate", f"{under_rate(bounds[0]):g}/s", why)
    else:
        yield from _slower_ramp(
            verdict, scenario, f"{What.SLOWER_RAMP}, as the limit isn't known: openings then come slower"
        )


def _slower_ramp(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    load = scenario.load
    for index, stage in enumerate(load.stages):
        yield Change(f"load.stages.{index}.over", str(Duration(max(2 * stage.over.ms, 1000))), why)
    if not load.stages and not load.arrivals:
        yield Change("load.ramp_up", str(Duration(max(2 * load.ramp.ms, 1000))), why)


def _pings(verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    every = Duration(max(500, int(500 * _silence_s(verdict))))
    if every < scenario.keep_alive.read_slice:
        yield Change("keep_alive.read_slice", str(every), "reads short enough for a ping in time")
    yield Change("keep_alive.ping_every", str(every), why)


def _silence_s(verdict: Verdict) -> float:
    """Return a silence that no connection was lost after."""
    bounds = words.bounds(verdict)
    low_s = (bounds[0] if bounds else 0.0) or 0.5 * (words.figure(verdict, "seconds") or 0.0)
    return bounds[1] / 4 if bounds and not low_s else low_s


def _pongs(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    if not scenario.keep_alive.reply_to_pings:
        yield Change("keep_alive.reply_to_pings", "true", why)


def _listen(verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    """Turn pauses of the call itself that may last too long into steps that read, ping and answer pings."""
    longest_ms = 1000 * _silence_s(verdict) if "seconds" in verdict.evidence else 0.0
    for index, step in enumerate(scenario.call):
        if isinstance(step, Pause) and step.pause.high.ms > longest_ms and step in scenario.conversation:
            yield Change(f"call.{index}", f"{{listen: {step.pause.high}}}", why)


def _jitter(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    if scenario.reconnect.jitter != "full":
        yield Change("reconnect.jitter", "full", why)


def _later_return(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    wait = Duration(max(2 * scenario.reconnect.first_wait.ms, 10_000))
    yield Change("reconnect.first_wait", str(wait), why)


def _longer_timeouts(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    yield Change("target.read_timeout", _three_times(scenario.target.read_timeout), why)
    for index, step in enumerate(scenario.call):
        if isinstance(step, Request) and step.request.within is not None:
            yield Change(f"call.{index}.request.within", _three_times(step.request.within), why)


def _three_times(time: Duration) -> str:
    return str(Duration(min(3 * time.ms, 9_999_999)))


def _one_caller(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    for key in ("ramp_up", "hold", "stages", "arrivals", "calls_per_connection"):
        if key in scenario.load.model_fields_set:
            yield Change(f"load.{key}", "")
    yield Change("load.callers", "1", why)


def _half_the_callers(_verdict: Verdict, scenario: Scenario, why: str) -> Iterator[Change]:
    load = scenario.load
    for index, stage in enumerate(load.stages):
        yield Change(f"load.stages.{index}.callers", str(-(-stage.callers // 2)), why)
    if not load.stages and not load.arrivals and load.callers > 1:
        yield Change("load.callers", str(load.callers // 2), why)


_CHANGES: Final[dict[What, Callable[[Verdict, Scenario, str], Iterator[Change]]]] = {
    What.AROUND_LIMIT: _around_limit,
    What.STEPS: _steps,
    What.UNDER_RATE: _under_rate,
    What.SLOWER_RAMP: _slower_ramp,
    What.PINGS: _pings,
    What.PONGS: _pongs,
    What.LISTEN: _listen,
    What.JITTER: _jitter,
    What.LATER_RETURN: _later_return,
    What.LONGER_TIMEOUTS: _longer_timeouts,
    What.ONE_CALLER: _one_caller,
    What.HALF_THE_CALLERS: _half_the_callers,
}
