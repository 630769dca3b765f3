"""How many connections there were, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jmxgen.analysis.measures.open_connections import open_connections
from jmxgen.analysis.model import ABNORMAL_CODE, DATA_KINDS, HANDSHAKE_KINDS, NO_CODE, Counts

if TYPE_CHECKING:
    import pandas as pd

    from jmxgen.analysis.model import Run


def count(run: Run) -> Counts:
    """Count connections and closures; a rate without a denominator is 0."""
    connections = run.connections
    end, kind = connections["end"], connections["kind"]
    handshake, data = end == "handshake", end == "data"
    attempted = len(connections)
    opened = int(connections["opened_at"].notna().sum())
    return Counts(
        attempted=attempted,
        opened=opened,
        closed=int((end == "closed").sum()),
        leaked=int((end == "leaked").sum()),
        peak_open=open_connections(connections).peak,
        handshake=int(handshake.sum()),
        handshake_rate=_ratio(int(handshake.sum()), attempted),
        handshake_kinds=_tally(kind[handshake], HANDSHAKE_KINDS),
        statuses=_tally(connections["status"][handshake & (connections["status"] > 0)]),
        data=int(data.sum()),
        data_rate=_ratio(int(data.sum()), opened),
        data_kinds=_tally(kind[data], DATA_KINDS),
        codes=_codes(connections.loc[data, ["code", "kind"]]),
    )


def other_errors(run: Run, counts: Counts) -> int:
    """Return how many rows failed for reasons that are not a connection's: assertions, scripts, HTTP."""
    known = counts.handshake + counts.data + run.aftermath + run.stalls + run.unattributed
    return max(run.errors - known, 0)


def _codes(lost: pd.DataFrame) -> dict[str, int]:
    """Count close codes; without a code in the frame it is 1005, without a frame 1006 (RFC 6455, 7.1.5)."""
    codes = lost["code"].astype(int)
    absent = np.where(lost["kind"] == "server_close", NO_CODE, ABNORMAL_CODE)
    return _tally(codes.where(codes > 0, absent))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _tally(values: pd.Series, order: tuple[str, ...] = ()) -> dict[str, int]:
    """Count values that occur, in the given order or else sorted."""
    found = {str(value): int(n) for value, n in values.value_counts().items() if n}
    return {key: found[key] for key in (*(k for k in order if k in found), *sorted(set(found) - set(order)))}
