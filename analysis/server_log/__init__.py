"""The other side's log joined with a run: each closure confirmed or contradicted.

    files -> reading.Reading -> collect -> match -> witness -> view.ServerView

What each server and proxy logs of a connection is in formats/, one module a format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.analysis.server_log.join import join
from jmxgen.analysis.server_log.reading import Reading, chosen
from jmxgen.analysis.server_log.view import SERVER_COLUMNS, Contradiction, FileView, Named, ServerView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

__all__ = [
    "SERVER_COLUMNS",
    "Contradiction",
    "FileView",
    "Named",
    "Reading",
    "ServerView",
    "join",
    "read",
]


def read(connections: pd.DataFrame, paths: Sequence[Path], *, format: str | None = None) -> ServerView:  # noqa: A002
    """Join a run's connections with server logs.

    Args:
        connections: CONNECTION_COLUMNS of the run.
        paths: logs, plain or gzip, of any nodes, in any mix of formats.
        format: a format's name, or a mapping file for JSON lines; None to recognise each line.

    Raises:
        ResultError: a log can't be read, is of no known format, or none has a connection of this run.
    """
    return join(connections, Reading(paths, chosen(format)))
