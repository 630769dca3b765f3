"""How a probe runs: the scenario at a load, with its own pace, as short as its criteria allow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from jmxgen.errors import UsageError
from jmxgen.search import bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.scenario.model import Scenario
    from jmxgen.search.model import Demand, Load, Probe

LONGEST_S: Final = 60.0  # of a hold, where the scenario has none
FIRST_S: Final = 30.0  # of the first probe: how long a call takes isn't known yet
SHORTEST_S: Final = 5.0
_CALLS: Final = 2.5  # a hold lets each caller make so many


def overrides(scenario: Scenario, load: Load, hold_s: float) -> tuple[str, ...]:
    """Return the changes to the scenario that make it a probe, as `--set` has them.

    The callers come at the scenario's own pace whatever their number, or at the load's.
    """
    pace = scenario.load.ramp_rate
    if load.rate is not None:
        pace = min(pace, load.rate)
    ramp_ms = 0 if math.isinf(pace) else math.ceil(1000 * load.callers / pace)
    limit = [f"load.handshake_rate={load.rate:g}/s"] if load.rate is not None else []
    return (
        "load.stages=",
        "load.calls=",
        f"load.callers={load.callers}",
        f"load.ramp_up={ramp_ms}ms",
        f"load.hold={round(1000 * hold_s)}ms",
        *limit,
    )


def longest_hold_s(scenario: Scenario) -> float:
    """Return the longest hold of a probe: the scenario's own.

    Raises:
        UsageError: the scenario's callers arrive at a rate, and nobody says how many there are.
    """
    load = scenario.load
    if load.arrivals:
        hint = "give load.callers or load.stages instead of load.arrivals"
        raise UsageError("search needs a number of callers, and these arrive at a rate", hint=hint)
    if load.stages:
        return max(stage.hold.seconds for stage in load.stages) or LONGEST_S
    return load.hold.seconds if load.hold else LONGEST_S


def hold_s(load: Load, probes: Sequence[Probe], demands: Sequence[Demand], longest: float) -> float:
    """Return how long a probe holds its load: until its share of the trials that the criteria need is made.

    A load is run up to `bounds.LOOKS` times, so a run needs that part of them; and time for a few calls.
    """
    rates = [
        (probe.data.trials + probe.handshake.failures) / probe.caller_seconds
        for probe in probes
        if probe.caller_seconds and probe.data.trials
    ]
    if not rates:
        return min(longest, FIRST_S)
    each = rates[-1]  # connections of a caller per second
    need = max((bounds.trials_needed(demand.below) for demand in demands), default=1) / bounds.LOOKS
    wanted = max(SHORTEST_S, _CALLS / each, 1.2 * need / (each * load.callers))
    return min(longest, math.ceil(wanted))
