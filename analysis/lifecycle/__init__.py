"""From rows to connections.

Two steps, so that a file can be read in chunks and files in parallel. `records` turns a chunk into records:
each row that tells something about a connection's state, and one record for each run of rows that merely
used it. `tell` looks at all records of a thread at once and rebuilds its connections: it needs to know from
the whole run which labels open and which close.
"""

from jmxgen.analysis.lifecycle.foreign import LOOK, foreign
from jmxgen.analysis.lifecycle.log import Log
from jmxgen.analysis.lifecycle.reduce import Judge, records
from jmxgen.analysis.lifecycle.tell import Told, tell

__all__ = ["LOOK", "Judge", "Log", "Told", "foreign", "records", "tell"]
