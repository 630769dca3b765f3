"""Every error that a user can cause, with the place it names and the status it exits with.

The form on stderr is one line: ``jmxgen: error: FILE:LINE:COL: what (hint)``.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: line and column count from 1, and are absent where the file as a whole is meant."""

    path: Path | str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [str(self.path), *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where, and what to do about it."""

    what: str
    place: Place | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        hint = f" ({self.hint})" if self.hint else ""
        return one_line(f"{where}{self.what}{hint}")


class JmxgenError(Exception):
    """What the user caused and can fix. `exit_status` is what the command line leaves with."""

    exit_status: ClassVar[int] = 2

    def __init__(self, what: str, *, place: Place | None = None, hint: str | None = None) -> None:
        self.faults: tuple[Fault, ...] = (Fault(what, place, hint),)
        super().__init__(str(self.faults[0]))

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> JmxgenError:
        """Make one error of several faults, so that a file's faults are all reported at once."""
        found = tuple(faults)
        first = found[0]
        error = cls(first.what, place=first.place, hint=first.hint)
        error.faults = found
        return error


class UsageError(JmxgenError):
    """The command's words are off."""


class OutputError(JmxgenError):
    """An output can't be written: the disk is full, the folder is read-only."""

    exit_status = 4


class ScenarioError(JmxgenError):
    """The scenario file can't be read, or says something that can't be done."""


class PlanError(JmxgenError):
    """A .jmx is not a plan, or can't be read."""


class ResultError(JmxgenError):
    """A results or metrics file can't be read."""

    exit_status = 3


class JMeterError(JmxgenError):
    """JMeter or its Java is missing, damaged, or failed."""

    exit_status = 4


def one_line(text: str) -> str:
    """Return `text` fit for a terminal: control characters, line ends among them, become visible escapes.

    Results and scenarios are hostile: their text must not move a cursor or set a title.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
