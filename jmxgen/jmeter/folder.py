"""The folder of a run: its files, and that it holds one run only."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JMeterError, Place

if TYPE_CHECKING:
    from pathlib import Path

TAIL_BYTES: Final = 1 << 20  # of a log: enough to hold what JMeter says at its end


@dataclasses.dataclass(frozen=True, slots=True)
class Files:
    """The files of a run in its folder."""

    folder: Path

    @property
    def jtl(self) -> Path:
        """The results."""
        return self.folder / "results.jtl"

    @property
    def log(self) -> Path:
        """JMeter's log."""
        return self.folder / "jmeter.log"

    @property
    def output(self) -> Path:
        """What JMeter and Java write to stdout and stderr; kept where the run failed."""
        return self.folder / "jmeter.out"


def is_taken(folder: Path) -> bool:
    """Return whether `folder` holds a run, finished or not."""
    files = Files(folder)
    return files.jtl.exists() or files.log.exists()


def claim(folder: Path) -> Files:
    """Take `folder` for one run, so that no two runs write into one another.

    Raises:
        JMeterError: it contains a run, or can't be written.
    """
    files = Files(folder.absolute())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if files.jtl.exists():
            raise FileExistsError
        files.log.open("x").close()  # of two runs that start at once, one fails here
    except FileExistsError as error:
        hint = "choose another folder with -o, or delete this one"
        raise JMeterError("this folder already contains a run", place=Place(folder), hint=hint) from error
    except OSError as error:
        raise JMeterError(
            f"can't write to the run's folder: {error.strerror}", place=Place(folder)
        ) from error
    return files


def has_samples(jtl: Path) -> bool:
    """Return whether a JTL holds more than its first line."""
    try:
        with jtl.open("rb") as file:
            return bool(file.readline()) and bool(file.readline())
    except FileNotFoundError:
        return False


def breaks_off(jtl: Path) -> bool:
    """Return whether a JTL ends in the middle of a row: JMeter could not write on, and does not say so."""
    try:
        with jtl.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 1))
            return file.read(1) not in (b"\n", b"")
    except FileNotFoundError:
        return False


def tail(path: Path) -> str:
    """Return the end of a text file, or "" where it is missing."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
