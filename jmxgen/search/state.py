"""What the probes of a load say together."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.search import bounds
from jmxgen.search.model import Trials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jmxgen.search.model import Demand, Goal, Load, Outcome, Probe


def outcome(probes: Sequence[Probe], demands: Sequence[Demand]) -> Outcome:
    """Return what one or more probes of the same load say.

    A load fails where a run missed a criterion, or where the lower bound of a rate, in one run or in all
    together, lies above its demand. It holds where most runs could be judged and the upper bound of each rate
    lies below. Between the two it is clean, if nothing failed so far, or undecided.
    """
    if any(probe.missed for probe in probes):
        return "fails"
    found = [_of_rate(probes, demand) for demand in demands]
    if "fails" in found:
        return "fails"
    doubtful = sum(bool(probe.not_judged) for probe in probes)
    if 2 * doubtful > len(probes) or "undecided" in found:
        return "undecided"
    return "clean" if "clean" in found else "holds"


def _of_rate(probes: Sequence[Probe], demand: Demand) -> Outcome:
    runs = [probe.trials(demand.phase) for probe in probes]
    whole = sum(runs, Trials(0, 0))
    if any(bounds.lower(run.failures, run.trials) > demand.below for run in (*runs, whole)):
        return "fails"
    if bounds.upper(whole.failures, whole.trials) < demand.below:
        return "holds"
    return "undecided" if whole.failures else "clean"


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """All probes of a search, in their order."""

    probes: tuple[Probe, ...]
    goal: Goal

    def of(self, load: Load) -> tuple[Probe, ...]:
        """Return the probes of a load."""
        return tuple(probe for probe in self.probes if probe.load == load)

    def outcome(self, load: Load) -> Outcome:
        """Return what the probes of a load say; undecided to the last look is not holding."""
        return outcome(self.of(load), self.goal.demands)

    @property
    def pace(self) -> float | None:
        """The slowest pace tried: the server's limit on openings is above it, or not known."""
        return min((p.load.rate for p in self.probes if p.load.rate is not None), default=None)

    @property
    def failing(self) -> Load | None:
        """The load with the fewest callers that doesn't hold at the pace."""
        bad = [load for load in self._loads() if self._fails(load)]
        return min(bad, key=lambda load: load.callers, default=None)

    @property
    def holding(self) -> Load | None:
        """The load with the most callers, fewer than any that fails, of which nothing says that it fails."""
        least = self.failing
        good = [load for load in self._loads() if self.outcome(load) in ("holds", "clean")]
        good = [load for load in good if least is None or load.callers < least.callers]
        return max(good, key=lambda load: load.callers, default=None)

    def _loads(self) -> tuple[Load, ...]:
        return tuple(dict.fromkeys(probe.load for probe in self.probes))

    def _fails(self, load: Load) -> bool:
        # What fails at a faster pace than the one in force may fail by its pace alone.
        return load.rate == self.pace and self.outcome(load) not in ("holds", "clean")
