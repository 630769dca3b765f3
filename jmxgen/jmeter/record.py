"""run.json in a run's folder: how many callers were planned, and whether the run came to its end."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "run.json"
RUNNING: Final = "the run has not ended: it is still running, or jmxgen was killed"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What `jmxgen run` knows of a run and its results can't show."""

    callers: int | None  # planned
    incomplete_because: str | None = None  # None where the plan ended by itself
    scenario: str | None = None  # its name
    target: str | None = None  # without user, password and query

    def write(self, folder: Path) -> None:
        """Write run.json. A full disk is not a reason to lose what was measured: then nothing is written."""
        text = json.dumps({"complete": self.incomplete_because is None, **dataclasses.asdict(self)}, indent=2)
        part = folder / f".{NAME}.part"
        try:
            part.write_text(text + "\n", encoding="utf-8")
            part.replace(folder / NAME)
        except OSError:
            part.unlink(missing_ok=True)


def read(folder: Path) -> Record | None:
    """Return what run.json of a folder says, None where there is none that can be read."""
    try:
        with (folder / NAME).open(encoding="utf-8") as file:
            said = json.loads(file.read(65_536))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    callers, because = said.get("callers"), said.get("incomplete_because")
    texts = {key: str(said[key]) for key in ("scenario", "target") if said.get(key)}
    return Record(
        callers=callers if isinstance(callers, int) and 0 < callers < 10**9 else None,
        incomplete_because=str(because) if because else None,
        **texts,
    )
