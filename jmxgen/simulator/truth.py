"""The truth log: one JSON line for each connection or attempt, as the server saw it."""

from __future__ import annotations

import collections
import dataclasses
import json
from typing import TYPE_CHECKING, Any, Literal

from jmxgen.errors import Place, ResultError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

End = Literal["closed", "handshake", "data", "leaked", "open"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TruthRow:
    """One connection, or the attempt to get one. Times are ms since the epoch by the server's clock."""

    id: int  # in the order of acceptance, from 1
    path: str | None  # of the upgrade request, with its query; None where no request came
    key: str | None  # the request's header X-Connection-Id
    token: (
        str | None
    )  # whose channel it is: the query's `token`, or a fingerprint of the Authorization header
    attempted_at: float
    opened_at: float | None
    last_frame_at: float | None  # of a frame in either direction
    ended_at: float
    end: End  # open: still so at the stop; leaked: the client vanished without a close frame
    kind: str  # HANDSHAKE_KINDS or DATA_KINDS of jmxgen.analysis.model, or ""
    status: int | None  # of the HTTP response that refused it
    code: int | None  # of the close frame that ended it; 1006 where the server ended it without one
    by: Literal["client", "server"]
    cause: str  # the cause that the fault stands for, by its name in the analysis, or ""
    close_frame: bool  # whether the client sent one, first or in reply
    frames_in: int  # close frames not counted
    frames_out: int

    def line(self) -> str:
        """Return the row as a line of the log."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=True) + "\n"


FIELDS = tuple(field.name for field in dataclasses.fields(TruthRow))


def read(path: Path) -> list[TruthRow]:
    """Return the rows of a truth log, in the order in which the connections ended.

    Raises:
        ResultError: the file can't be read, or a line is none of a truth log.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ResultError(f"can't read the truth log: {error}", place=Place(path)) from error
    return [_row(line, Place(path, number)) for number, line in enumerate(lines, 1) if line.strip()]


def _row(line: str, place: Place) -> TruthRow:
    try:
        found: Mapping[str, Any] = json.loads(line)
        return TruthRow(**found)
    except (TypeError, ValueError) as error:
        raise ResultError(
            "not a line of a truth log", place=place, hint="made by `jmxgen simulate --truth`"
        ) from error


def attempts_per_second(rows: Iterable[TruthRow]) -> dict[int, int]:
    """Return the handshakes that were asked for in each second since the first, none left out."""
    times = sorted(row.attempted_at for row in rows)
    if not times:
        return {}
    counted = collections.Counter(int((at - times[0]) // 1000) for at in times)
    return {second: counted[second] for second in range(max(counted) + 1)}
