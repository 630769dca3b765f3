"""What is computed of a run: one module per measure, each a function on the run or its connections.

A closure **happens**, in counts by time, when it was noticed: the only moment that is known for certain. What
is asked of ages and idle times keeps the whole interval (end_after, noticed_at].
"""

from jmxgen.analysis.measures.closures import ClosurePhase, is_closure
from jmxgen.analysis.measures.counts import count, other_errors
from jmxgen.analysis.measures.enders import closures_by_ender
from jmxgen.analysis.measures.lifetimes import ages, idles
from jmxgen.analysis.measures.open_connections import (
    OpenConnections,
    ended_at,
    open_connections,
)
from jmxgen.analysis.measures.proportion import wilson
from jmxgen.analysis.measures.seconds import PER_SECOND_COLUMNS, per_second

__all__ = [
    "PER_SECOND_COLUMNS",
    "ClosurePhase",
    "OpenConnections",
    "ages",
    "closures_by_ender",
    "count",
    "ended_at",
    "idles",
    "is_closure",
    "open_connections",
    "other_errors",
    "per_second",
    "wilson",
]
