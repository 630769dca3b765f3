"""Stop a running JMeter: gently first, then less so."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import threading
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    OnInterrupt = Callable[[int], None]

# JMeter listens for these words on a UDP port of loopback (bin/shutdown.sh and bin/stoptest.sh send them).
# Shutdown lets each thread end its current sample; StopTestNow interrupts; SIGTERM still flushes the results.
Means = Literal["Shutdown", "StopTestNow", "SIGTERM", "SIGKILL"]
LADDER: Final[tuple[tuple[float, Means], ...]] = (
    (0, "Shutdown"),
    (30, "StopTestNow"),
    (45, "SIGTERM"),
    (55, "SIGKILL"),
)
HURRY: Final = 3  # times as fast up the ladder
_PORT = re.compile(rb"message on port (\d+)")


class Control:
    """Brings one JMeter to its end. `reason` is why, "" as long as nobody asked."""

    def __init__(self, child: subprocess.Popen[bytes], output: Path) -> None:
        self.reason = ""
        self._child, self._output = child, output
        self._asked_at = 0.0
        self._taken = 0  # steps of LADDER

    def advance(self, interrupts: int, asked: str, *, hurry: bool = False) -> None:
        """Do what is due; called at each poll.

        Args:
            interrupts: how often the user pressed Ctrl-C: once stops gently, twice ends the process, thrice
                kills it.
            asked: why the run shall stop, or "".
            hurry: whether it can't end by itself, so that waiting long is in vain.
        """
        if not self.reason and (interrupts or asked):
            self.reason = "user" if interrupts else asked
            self._asked_at = monotonic()
        if not self.reason:
            return
        waited = (monotonic() - self._asked_at) * (HURRY if hurry else 1)
        by_time = sum(waited >= after for after, _ in LADDER)
        by_hand = min(interrupts + 1, len(LADDER)) if interrupts > 1 else 0
        due = max(by_time, by_hand)
        if due > self._taken:
            self._taken = due
            self._take(LADDER[due - 1][1])

    def _take(self, means: Means) -> None:
        if means == "SIGKILL":
            self._child.kill()
        elif means == "SIGTERM" or not (port := self.port()):
            self._child.terminate()
        else:
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(means.encode(), ("127.0.0.1", port))

    def port(self) -> int | None:
        """Return the port that JMeter says it listens on; None before it does."""
        found = _PORT.search(self._output.read_bytes()[:65536])
        return int(found[1]) if found else None


@contextlib.contextmanager
def interrupts(on_interrupt: OnInterrupt | None = None) -> Iterator[list[int]]:
    """Collect SIGINT, SIGTERM and SIGHUP instead of dying of them; only a main thread gets any.

    Args:
        on_interrupt: called with each and how many came so far, in the signal's handler.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def receive(number: int, _frame: object) -> None:
        received.append(number)
        if on_interrupt:
            on_interrupt(len(received))

    before = {number: signal.signal(number, receive) for number in _numbers()}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _numbers() -> Iterator[int]:
    yield from (signal.SIGINT, signal.SIGTERM)
    hangup = getattr(signal, "SIGHUP", None)  # a terminal that was closed; Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:  # nohup
        yield hangup
