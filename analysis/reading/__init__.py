"""From result files to what was observed in a run."""

from jmxgen.analysis.reading.files import finish, read, read_file

__all__ = ["finish", "read", "read_file"]
