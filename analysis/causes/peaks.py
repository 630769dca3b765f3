"""The durations at which a run's losses pile up: idle times and ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis import measures
from jmxgen.analysis.causes import pings
from jmxgen.analysis.causes.timeouts import find_peak

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from jmxgen.analysis.causes.base import Facts
    from jmxgen.analysis.causes.timeouts import Peak


def timed_losses(facts: Facts) -> NDArray[np.bool_]:
    """Return which losses a time may explain: not those at the open, nor those that name pings."""
    return np.asarray(facts.data & ~facts.early & ~facts.once(pings.named))


def idle_peak(facts: Facts) -> Peak | None:
    """Return the time without a frame at which losses pile up."""
    idles = measures.idles(facts.connections)
    return _peak(facts, idles, idles["survived"], facts.once(timed_losses))


def age_peak(facts: Facts) -> Peak | None:
    """Return the age at which losses pile up."""
    return age_peak_of(facts, facts.once(timed_losses))


def age_peak_of(facts: Facts, losses: NDArray[np.bool_]) -> Peak | None:
    """Return the age at which some losses pile up, held against all connections."""
    ages = facts.ages
    return _peak(facts, ages, ages["low"], losses)


def _peak(
    facts: Facts, durations: pd.DataFrame, survived: pd.Series, losses: NDArray[np.bool_]
) -> Peak | None:
    """Find a peak in the durations of opened connections, which come in the order of the connections."""
    opened = facts.connections["opened_at"].notna().to_numpy()
    lost = losses[opened]
    low, high = durations["low"].to_numpy()[lost], durations["high"].to_numpy()[lost]
    rows = np.flatnonzero(opened & losses)
    return find_peak(rows, low, high, survived.to_numpy(), _travel_ms(facts))


def _travel_ms(facts: Facts) -> float:
    """Return how long a frame is on its way at most, ms: a handshake is two round trips and an answer."""
    took = facts.number("handshake_ms")
    took = took[np.isfinite(took)]
    return float(np.median(took)) if len(took) else 0.0
