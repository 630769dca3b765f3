"""Who ended the connections, by the log of the server or proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jmxgen.analysis.model import Run

_ENDERS: Final = ("client", "server", "proxy", "network", "unknown")


def closures_by_ender(run: Run) -> list[tuple[str, int, int]]:
    """Return (who, handshake closures, data closures) of the joined closures; who ended none is left out."""
    view = run.server_log
    if view is None:
        return []
    by = view.connections["server_ended_by"].astype(str).to_numpy()
    end = run.connections["end"].astype(str).to_numpy()
    counted = [
        (name, int(((by == name) & (end == "handshake")).sum()), int(((by == name) & (end == "data")).sum()))
        for name in _ENDERS
    ]
    return [row for row in counted if row[1] or row[2]]
