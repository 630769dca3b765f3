"""Files that hold secrets for as long as JMeter runs."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_private(path: Path, text: str) -> None:
    """Write a new file that only the user can read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a folder that only the user can enter, and delete it with all it holds in the end."""
    with tempfile.TemporaryDirectory(prefix="jmxgen-") as folder:  # mode 0700
        yield Path(folder)
