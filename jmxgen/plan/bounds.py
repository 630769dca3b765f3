"""How long a load can last and how many connections it can ask for, whatever the server does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, assert_never

from jmxgen.scenario.amounts import Duration
from jmxgen.scenario.steps import (
    Disconnect,
    Expect,
    Http,
    If,
    Listen,
    Pause,
    Ping,
    Repeat,
    Request,
    Send,
    Set,
    Stream,
)
from jmxgen.units import rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.scenario.demand import Load
    from jmxgen.scenario.model import Scenario
    from jmxgen.scenario.steps import Step


def longest_call_ms(scenario: Scenario) -> int:
    """Return how long a caller can take: every attempt used up, every answer as late as is allowed."""
    target, reconnect = scenario.target, scenario.reconnect
    backoff = sum(min(reconnect.cap.ms, reconnect.base.ms << n) for n in range(reconnect.max_attempts - 1))
    attempts = reconnect.max_attempts * (target.connect_timeout.ms + target.read_timeout.ms)
    steps = _longest(scenario.call, target.read_timeout.ms)
    return backoff + attempts + reconnect.first_wait.ms + steps + target.read_timeout.ms


def _longest(steps: Sequence[Step], read_timeout: int) -> int:
    return sum(_longest_step(step, read_timeout) for step in steps)


def _longest_step(step: Step, read_timeout: int) -> int:  # noqa: C901, PLR0911 - a case per kind of step
    match step:
        case Listen():
            return step.listen.ms
        case Stream():
            return step.stream.length.ms
        case Pause():
            return step.pause.high.ms
        case Expect():
            return _within(step.expect.within, read_timeout)
        case Request():
            return _within(step.request.within, read_timeout)
        case Ping():
            return _within(step.ping.within, read_timeout)
        case Http():
            return step.http.connect_timeout.ms + step.http.within.ms
        case Repeat():
            return step.repeat.times * _longest(step.repeat.steps, read_timeout)
        case If():
            branches = (step.condition.then, step.condition.otherwise)
            return max(_longest(branch, read_timeout) for branch in branches)
        case Send() | Set() | Disconnect():
            return 0
        case _:
            assert_never(step)


def _within(within: Duration | None, read_timeout: int) -> int:
    return read_timeout if within is None else within.ms


def longest_ms(scenario: Scenario) -> int:
    """Return after how many ms the load has ended at the latest, from its start.

    Each wait and each answer is then as late as is allowed, each call lost as often as `max_attempts` allows.
    """
    load, target, reconnect = scenario.load, scenario.target, scenario.reconnect
    if load.arrivals:  # at the end of the schedule JMeter ends who is still there
        drain = load.arrivals.drain.ms if load.arrivals.drain else longest_call_ms(scenario)
        return load.arrivals.length.ms + drain
    attempt = target.connect_timeout.ms + _longest(scenario.call, target.read_timeout.ms)
    attempt += 2 * target.read_timeout.ms  # of the opening, and of the close
    if load.handshake_rate:
        attempt += math.ceil(1000 * load.peak_callers / load.handshake_rate.per_second)
    call = reconnect.max_attempts * (max(reconnect.cap.ms, reconnect.first_wait.ms) + attempt)
    if load.stages:
        return sum(stage.over.ms + stage.hold.ms for stage in load.stages) + call
    return load.ramp.ms + (load.hold.ms + call if load.hold else load.calls * call)


# ------ How many attempts


def most_attempts(scenario: Scenario) -> int | None:
    """Return how many connections the load can ask for in all.

    That is what the calls may ask for, or what the handshake rate lets through in the longest time, whichever
    is less. None where neither is known: a hold and stages make as many calls as fit into their time, and the
    number of random arrivals is drawn.
    """
    load = scenario.load
    bounds = []
    if (calls := _most_calls(load)) is not None:
        bounds.append(calls * scenario.reconnect.max_attempts)
    if load.handshake_rate:  # and the first, at the very start
        bounds.append(math.ceil(load.handshake_rate.per_second * longest_ms(scenario) / 1000) + 1)
    return min(bounds, default=None)


def _most_calls(load: Load) -> int | None:
    if load.arrivals:
        if load.arrivals.spacing == "random":
            return None
        rates = [rate.per_second for rate in (load.arrivals.rate, load.arrivals.to) if rate]
        return math.ceil(max(rates) * load.arrivals.length.seconds)
    return None if load.stages or load.hold else load.callers * load.calls


def ceiling(scenario: Scenario) -> int:
    """Return beyond how many attempts within a second, no finished call before them, the plan stops the test.

    The plan computes the same from its settings (`build`), for each engine.
    """
    load, reconnect = scenario.load, scenario.reconnect
    callers = 3 * load.ramp_rate if load.arrivals else load.peak_callers
    return int(callers * (reconnect.max_attempts + 10 + 4000 / reconnect.cap.ms) + 20)


# ------ In words


def describe(scenario: Scenario) -> str:
    """Return what the load means, with the handshakes per second that it makes: one line for people."""
    load = scenario.load
    rate = load.ramp_rate
    pace = "all handshakes at once" if math.isinf(rate) else f"{rounded(rate)} handshakes per second"
    if load.arrivals:
        shape = f"arrivals at {load.arrivals.rate} for {load.arrivals.length}"
    elif load.stages:
        shape = f"up to {load.peak_callers} callers in {len(load.stages)} stages"
    else:
        shape = f"{load.callers} callers over {load.ramp}"
        shape += f", held for {load.hold}" if load.hold else f", {load.calls} calls each"
    cap = f", never more than {load.handshake_rate}" if load.handshake_rate else ""
    return f"{shape}: the ramp makes {pace}{cap}"


def limits(scenario: Scenario) -> str:
    """Return what the load never exceeds, whatever the server does: one line for people."""
    rate, total = scenario.load.handshake_rate, most_attempts(scenario)
    attempts = scenario.reconnect.max_attempts
    paced = f"{rate} connection attempts, " if rate else ""
    called = f"{attempts} attempt{'s' * (attempts > 1)} per call"
    in_all = f"{total:,} in all" if total is not None else "for as many calls as fit into the time"
    longest = Duration(math.ceil(longest_ms(scenario) / 1000) * 1000)
    stop = f"over {ceiling(scenario):,} attempts within a second without a finished call stop the test"
    return f"whatever the server does: at most {paced}{called}, {in_all}; it ends within {longest}; {stop}"
