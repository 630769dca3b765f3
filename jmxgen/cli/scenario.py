"""Reading a scenario for a command: its criteria are checked before a run, not after it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jmxgen.errors import Fault
    from jmxgen.scenario.model import Scenario

_STEEP: Final = 200  # openings per second


def read(path: Path, *, overrides: Sequence[str] = (), functions: bool = True) -> Scenario:
    """Read a scenario file as `scenario.load.load` does, and its criteria as the analysis will.

    Raises:
        ScenarioError: with every fault, each with its line and column.
    """
    from jmxgen.errors import ScenarioError
    from jmxgen.scenario.load import load

    scenario = load(path, overrides=overrides, functions=functions)
    faults = tuple(_faults(path, scenario, overrides))
    if faults:
        raise ScenarioError.of(faults)
    return scenario


def warnings(scenario: Scenario) -> Iterator[str]:
    """Yield lines about what can be meant, but seldom is."""
    from jmxgen.scenario.variables import unset

    rate = min(scenario.load.ramp_rate, scenario.load.peak_callers or math.inf)
    if rate > _STEEP and scenario.load.handshake_rate is None:
        yield (
            f"jmxgen: warning: this load opens {rate:,.0f} connections per second, which few servers accept "
            "(a longer ramp_up, or a handshake_rate, keeps the test about concurrency)"
        )
    for name, meant in unset(scenario).items():
        hint = f" (did you mean ${{{meant}}}?)" if meant else ""
        yield f"jmxgen: warning: ${{{name}}} is set nowhere: JMeter will send it as it is written{hint}"


def _faults(path: Path, scenario: Scenario, overrides: Sequence[str]) -> Iterator[Fault]:
    from jmxgen.analysis import criteria
    from jmxgen.errors import Fault, Place, UsageError
    from jmxgen.scenario import source

    overridden = any(override.startswith("criteria") for override in overrides)
    for index, expression in enumerate(scenario.criteria):
        try:
            criteria.parse(expression)
        except UsageError as error:
            way = ("criteria", index)
            place = Place("--set") if overridden else source.read(path).find(way)[0].place
            yield Fault(f"criteria[{index}]: {error.faults[0].what}", place, error.faults[0].hint)
