"""Which connections ended in a closure.

`client` closures (the load generator's own limits) are closures of the handshake phase like the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

ClosurePhase = Literal["handshake", "data", "both"]


def is_closure(connections: pd.DataFrame, phase: ClosurePhase = "both") -> NDArray[np.bool_]:
    """Return which connections ended in a closure of the phase."""
    end = connections["end"]
    ended = (end == "handshake") | (end == "data") if phase == "both" else end == phase
    return ended.to_numpy(bool)
