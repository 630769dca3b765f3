"""The results of a run: see `jmxgen.analysis.reading`."""

from jmxgen.analysis.reading import finish, read, read_file

__all__ = ["finish", "read", "read_file"]
