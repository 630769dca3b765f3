"""JMeter as a process that ends when jmxgen does, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Final

from jmxgen.errors import JMeterError, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

# Linux kills the process when its parent dies, of SIGKILL too (prctl(2), PR_SET_PDEATHSIG; kept over execve).
# It is a program of its own, since between fork and exec no Python must run in a process with threads.
_BOUND: Final = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("jmxgen has ended")
try:
    os.execv(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.exit(f"Java does not start: {error.strerror}")
"""


def start(command: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a Java program in a session of its own, its words going to `output`.

    On Linux it is killed when the thread that calls this ends, which is to be the main thread. Elsewhere it
    outlives a jmxgen that is killed.

    Raises:
        JMeterError: it does not start.
    """
    if sys.platform == "linux" and sys.executable:
        command = [sys.executable, "-I", "-S", "-c", _BOUND, str(os.getpid()), *command]
    try:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    except OSError as error:
        raise JMeterError(f"Java does not start: {error.strerror}", place=Place(command[0])) from error
