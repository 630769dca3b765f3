"""What the cause of a probe means for a search: see `jmxgen.analysis.next_run.Capacity`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jmxgen.analysis.causes import CAUSES
from jmxgen.analysis.next_run import Capacity

if TYPE_CHECKING:
    from jmxgen.search.model import Probe

SURE: Final = 0.5  # a verdict as sure as this may end a search,
LEAST: Final = 5  # with so many failures,
UNLIKELY: Final = 0.01  # where fewer callers don't show that the load matters (Fisher's exact test)
FEW: Final = 10  # callers: the refusals of so few don't show whether a cap or chance picks them
LIMITS: Final = (Capacity.CONNECTIONS, Capacity.OPENINGS)
NOT_OF_CALLERS: Final = (Capacity.ANY_LOAD, Capacity.SOME_CALLERS)
ENGINES: Final = CAUSES["client-exhaustion"].NEXT_RUN.remedy


def capacity(cause: str) -> Capacity:
    """Return how trouble of a cause depends on the number of callers."""
    known = CAUSES.get(cause)  # a search of another version may name one that isn't known
    return known.NEXT_RUN.capacity if known else Capacity.LOAD


def remedy(cause: str) -> str:
    """Return what to change before the search goes on."""
    return CAUSES[cause].NEXT_RUN.remedy


def is_blamed(probe: Probe) -> bool:
    """Say whether a probe's trouble is surely of a cause that any number of callers has."""
    return capacity(probe.cause) in NOT_OF_CALLERS and probe.confidence >= SURE
