"""How commands write files: whole files or none, what is there kept as it is; and the console on stderr."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

_STDOUT: Final = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}


def write_whole(path: Path, content: bytes | str, *, inputs: Iterable[Path] = ()) -> None:
    """Write `content` to `path`, so that no reader of a file sees half of it.

    A regular file of one name is replaced as a whole, its mode and owner kept, and a symbolic link's target
    instead of the link. What else is there (a FIFO, a socket, a character device, a file of several names) is
    written to directly.

    Args:
        path: where; its folder is made when missing.
        content: text is written as UTF-8.
        inputs: the files the command reads: to name one of them as the output is an error.

    Raises:
        UsageError: the path is an input, a folder or a block device.
        OutputError: it can't be written.
    """
    data = content.encode() if isinstance(content, str) else content
    check_outputs([path], inputs=inputs)
    if is_stdout(path):
        _write_stdout(data)
        return
    try:
        _write(path, data)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}") from error


def write(target: Path | str, content: bytes | str, *, inputs: Iterable[Path] = ()) -> None:
    """Write to the file `target`, or to stdout where it is `-`; text gets a last line end there."""
    if is_stdout(target):
        data = content.encode() if isinstance(content, str) else content
        _write_stdout(data if data.endswith(b"\n") else data + b"\n")
    else:
        write_whole(Path(target), content, inputs=inputs)


def is_stdout(target: Path | str | None) -> bool:
    """Return whether an output's name means stdout."""
    return str(target) in _STDOUT


def check_outputs(outputs: Iterable[Path | str | None], *, inputs: Iterable[Path] = ()) -> None:
    """Refuse outputs that can't be written or would be lost; commands call it before they read anything.

    Args:
        outputs: files, `-` for stdout, None for what wasn't asked for.
        inputs: the files the command reads.

    Raises:
        UsageError: an output is a folder, a block device, an input, stdout's file, or the same as another.
    """
    sources = [found for path in inputs if (found := _status(path))]
    seen: set[object] = set()
    for output in outputs:
        if output is None or str(output) == os.devnull:
            continue
        found = None if is_stdout(output) else _status(Path(output))
        if found:
            _refuse(output, found, sources)
        identity = (found.st_dev, found.st_ino) if found else _name(output)
        if identity in seen:
            raise UsageError(f"two outputs go to {output}", hint="write each to a file of its own")
        seen.add(identity)


def _refuse(output: Path | str, found: os.stat_result, sources: Iterable[os.stat_result]) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{output} is a folder", hint="name a file in it")
    if stat.S_ISBLK(found.st_mode):
        raise UsageError(f"{output} is a block device", hint="write to a file")
    if any(os.path.samestat(found, source) for source in sources):
        raise UsageError(f"{output} is an input of this command", hint="write to another file")
    with contextlib.suppress(OSError):
        if stat.S_ISREG(found.st_mode) and os.path.samestat(found, os.fstat(1)):
            raise UsageError(f"{output} is where stdout goes", hint="write to another file")


def _name(output: Path | str) -> str:
    return "-" if is_stdout(output) else os.path.realpath(output)


def _status(path: Path) -> os.stat_result | None:
    """Return what is at `path`, links followed; None where nothing is, or nothing can be seen."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _write_stdout(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _write(path: Path, data: bytes) -> None:
    old = _status(path)
    target = _resolved(path)
    if old is None:
        if not path.is_symlink():  # a link into a folder that is missing may be a mistake
            target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data, None)
    elif not stat.S_ISREG(old.st_mode):
        _send(path, data, old)
    elif old.st_nlink > 1 or not _replace(target, data, old):
        _overwrite(target, data)


def _resolved(path: Path) -> Path:
    """Return where links lead.

    Raises:
        OSError: in a circle.
    """
    try:
        return path.resolve(strict=True)
    except FileNotFoundError:
        return Path(os.path.realpath(path))
    except RuntimeError as error:  # Python up to 3.12 says a circle so
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def _replace(path: Path, data: bytes, old: os.stat_result | None) -> bool:
    """Write a temporary file beside `path` and rename it; False where it can't have the owner of `old`."""
    temporary = path.with_name(f".jmxgen-{secrets.token_hex(6)}.part")  # short: names have a longest length
    mode = 0o600 if old else 0o666
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
        if old:
            made = temporary.stat()
            if (made.st_uid, made.st_gid) != (old.st_uid, old.st_gid):
                os.chown(temporary, old.st_uid, old.st_gid)
            temporary.chmod(stat.S_IMODE(old.st_mode))
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if old and isinstance(error, PermissionError):
            return False
        raise
    return True


def _overwrite(path: Path, data: bytes) -> None:
    """Write into a file that is there; when that fails, it is as before."""
    before = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        try:
            _put(file.fileno(), data)
            file.truncate(len(data))
        except BaseException:
            file.seek(0)
            _put(file.fileno(), before)
            file.truncate(len(before))
            raise


def _send(path: Path, data: bytes, kind: os.stat_result) -> None:
    """Write to what keeps no content: a FIFO (once it has a reader), a character device, a socket."""
    if stat.S_ISSOCK(kind.st_mode):
        with socket.socket(socket.AF_UNIX) as receiver:
            receiver.connect(str(path))
            receiver.sendall(data)
        return
    with open(path, "wb", buffering=0) as file:  # noqa: PTH123
        _put(file.fileno(), data)


def _put(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def console(*, quiet: bool = False) -> Console:
    """Return the console for progress and remarks: stderr, silent when `quiet`, plain when no terminal."""
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, highlight=False)
