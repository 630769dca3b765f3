"""From rows to connections.

Three steps, so that a file can be read in chunks. A `Classifier` finds what each row of a chunk means. The
`History` keeps each thread's records: every row that changes something about its connection, and one record
for each stretch of rows that merely used it. `rebuild` looks at all records and rebuilds the connections: it
needs to know from the whole run which labels open and which close.
"""

from jmxgen.analysis.lifecycle.classify import NEVER, Classifier, Events
from jmxgen.analysis.lifecycle.history import History
from jmxgen.analysis.lifecycle.other_labels import SNIFFED_ROWS, other_labels
from jmxgen.analysis.lifecycle.rebuild import Lifecycle, rebuild

__all__ = [
    "NEVER",
    "SNIFFED_ROWS",
    "Classifier",
    "Events",
    "History",
    "Lifecycle",
    "other_labels",
    "rebuild",
]
