"""How commands write: whole files or none, results to stdout, the rest to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jmxgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console


def write_whole(path: Path, content: bytes | str, *, inputs: Iterable[Path] = (), mode: int = 0o644) -> None:
    """Write `content` to `path` through a temporary file beside it, so that no reader sees half of it.

    Args:
        path: where; its folder is made when missing.
        content: text is written as UTF-8.
        inputs: the files the command reads: to name one of them as the output is an error.
        mode: the file's permissions.

    Raises:
        UsageError: the file can't be written, or is an input.
    """
    data = content.encode() if isinstance(content, str) else content
    for source in inputs:
        if source.exists() and path.exists() and source.samefile(path):
            raise UsageError(f"{path} is an input of this command", hint="write to another file")
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error


def write(target: str, content: bytes | str, *, inputs: Iterable[Path] = ()) -> None:
    """Write text to the file `target`, or to stdout where it is `-`. As bytes it is UTF-8."""
    if target == "-":
        text = content if isinstance(content, str) else content.decode()
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        write_whole(Path(target), content, inputs=inputs)


def console(*, quiet: bool = False) -> Console:
    """Return the console for progress and remarks: stderr, silent when `quiet`, plain when no terminal."""
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, highlight=False)
