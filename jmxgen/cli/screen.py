"""stdout and stderr that may be full, closed, or read by nobody: a command does its work all the same."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import time
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

EXIT_BROKEN_PIPE: Final = 128 + 13  # what a shell reports of a program that SIGPIPE ended
EXIT_NOT_WRITTEN: Final = 4  # that of jmxgen.errors.OutputError
_RETRY_S: Final = 0.01


class _Sink(io.RawIOBase):
    """Passes bytes on; after the first failure it keeps the error and drops what comes."""

    def __init__(self, target: io.RawIOBase | None) -> None:
        self.target = target  # None: whoever started jmxgen closed it and wants nothing
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        content = memoryview(data)
        if self.target is None or self.error:
            return content.nbytes
        try:
            while (written := self.target.write(content)) is None:  # a pipe that doesn't block
                time.sleep(_RETRY_S)
        except OSError as error:
            self.error = error
            return content.nbytes
        return written

    def fileno(self) -> int:
        if self.target is None:
            raise io.UnsupportedOperation("fileno")
        return self.target.fileno()

    def isatty(self) -> bool:
        return self.target is not None and self.target.isatty()


def guard() -> None:
    """Let no write to stdout or stderr raise: a failure is kept for `status`, and the command goes on."""
    _occupy()
    sys.stdout = _guarded(sys.stdout)
    sys.stderr = _guarded(sys.stderr)


def status(code: int) -> int:
    """Flush both streams, say what couldn't be written, and return the exit status.

    Args:
        code: that of the command's work, which wins unless it is 0.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    sink = _sink(sys.stdout)
    if sink is None or sink.error is None:
        return code
    if sink.error.errno == errno.EPIPE:
        return code or EXIT_BROKEN_PIPE
    sys.stderr.write(f"jmxgen: error: can't write to stdout: {sink.error.strerror or sink.error}\n")
    sys.stderr.flush()
    return code or EXIT_NOT_WRITTEN


def _occupy() -> None:
    """Open what is closed of the first three descriptors, so that no file of ours becomes stdout."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one


def _guarded(stream: TextIO | None) -> io.TextIOWrapper:
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    wrapped = io.BufferedWriter(_Sink(raw))
    if not isinstance(stream, io.TextIOWrapper):
        return io.TextIOWrapper(wrapped, encoding="utf-8", errors="backslashreplace")
    stream.flush()
    return io.TextIOWrapper(
        wrapped,
        encoding=stream.encoding,
        errors="backslashreplace" if stream.errors == "strict" else stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _sink(stream: object) -> _Sink | None:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, _Sink) else None
