"""From rows to connections.

Two steps, so that a file can be read in chunks and files in parallel. `reduce` turns a chunk into records: each row
that tells something about a connection's state, and one record for each run of rows that merely used it. `resolve`
looks at all records of all threads at once and rebuilds the connections: it needs to know from the whole run which
labels open and which close.
"""

from jmxgen.analysis.lifecycle.log import Log
from jmxgen.analysis.lifecycle.reduce import Judge, records
from jmxgen.analysis.lifecycle.resolve import Lives, resolve

__all__ = ["Judge", "Lives", "Log", "records", "resolve"]
