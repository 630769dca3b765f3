"""Files that hold secrets for as long as JMeter runs."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jmxgen.errors import JMeterError

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_private(path: Path, text: str) -> None:
    """Write a new file that only the user can read, from its first byte on.

    Raises:
        JMeterError: it can't be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise _failure(error) from error


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a folder that only the user can enter, and delete it with all it holds in the end.

    Raises:
        JMeterError: there is no place for temporary files.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="jmxgen-", ignore_cleanup_errors=True)  # mode 0700
    except OSError as error:
        raise _failure(error) from error
    with folder as name:
        yield Path(name)


def _failure(error: OSError) -> JMeterError:
    what = f"can't write a temporary file: {error.strerror or error}"
    return JMeterError(what, hint="free some space there, or name another folder in TMPDIR")
