"""The entry point of `jmxgen` and of `python -m jmxgen`: the process's signals, streams and exit status."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

ENDINGS = ("SIGTERM", "SIGHUP")  # SIGHUP: the terminal was closed; Windows has none


def main() -> NoReturn:
    """Run the command line and leave with its exit status."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during imports and at the end: no traceback
    from jmxgen.cli import execute, screen

    screen.guard()
    _end_cleanly()
    try:
        if interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = execute(sys.argv[1:])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(screen.status(code))


def _end_cleanly() -> None:
    """Make the signals that end a process remove temporary files on their way, unless they are ignored."""

    def leave(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    for name in ENDINGS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)


if __name__ == "__main__":
    main()
