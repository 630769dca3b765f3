"""The clocks of engines beside this machine's: results are joined by time, and machines differ in it.

Each engine of jmxgen answers on its registry's port number over UDP with its own time. Of several round trips
the fastest is the best: the answer was made at some moment within it, so its middle is off by half at most.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import secrets
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JMeterError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from jmxgen.jmeter.engines import Engine

ROUNDS: Final = 8
TIMEOUT_S: Final = 1.0
# Below this, times stay as they are: JMeter's are whole milliseconds, and what is compared across callers
# (who is open when) is far coarser.
ALIGN_FROM_MS: Final = 5.0
_ASKED: Final = struct.Struct("!8s8s")  # a number used once, and room for the answer, which is as long
_TOLD: Final = struct.Struct("!8sd")  # the number, and seconds since the epoch


@dataclasses.dataclass(frozen=True, slots=True)
class Clock:
    """How far an engine's clock is ahead of this machine's, in ms, and how far off that may be."""

    engine: str
    ahead_ms: float
    uncertainty_ms: float


def estimate(engine: Engine, *, rounds: int = ROUNDS) -> Clock | None:
    """Ask an engine for its time; None where it does not say (a JMeter that jmxgen did not start)."""
    best: Clock | None = None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(TIMEOUT_S)
        for _ in range(rounds):
            found = _ask(client, engine)
            if found is None and best is None:
                return None
            if found and (best is None or found.uncertainty_ms < best.uncertainty_ms):
                best = found
    return best


def _ask(client: socket.socket, engine: Engine) -> Clock | None:
    number = secrets.token_bytes(8)
    try:
        sent_at, started = time.time(), time.perf_counter()
        client.sendto(_ASKED.pack(number, b""), (engine.host, engine.port))
        while True:
            answer = client.recv(_TOLD.size)
            took = time.perf_counter() - started
            if len(answer) == _TOLD.size and answer[:8] == number:
                break
    except OSError:
        return None
    there: float = _TOLD.unpack(answer)[1]
    return Clock(engine.name, (there - sent_at - took / 2) * 1000, took * 500)


@contextlib.contextmanager
def telling(host: str, port: int) -> Iterator[None]:
    """Tell this machine's time to who asks, as long as the block lasts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((host, port))
        server.settimeout(0.2)
        over = threading.Event()
        thread = threading.Thread(target=_tell, args=(server, over), name="jmxgen-clock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _tell(server: socket.socket, over: threading.Event) -> None:
    while not over.is_set():
        with contextlib.suppress(OSError):
            asked, who = server.recvfrom(64)
            if len(asked) == _ASKED.size:  # the answer is no longer than the question: nothing to amplify
                server.sendto(_TOLD.pack(asked[:8], time.time()), who)


def align_results(jtl: Path, clocks: Sequence[Clock]) -> None:
    """Move the rows of those engines whose clocks are far enough off to matter."""
    off = [clock for clock in clocks if abs(clock.ahead_ms) >= ALIGN_FROM_MS]
    if off and jtl.exists():
        align(jtl, off)


def align(jtl: Path, clocks: Sequence[Clock]) -> None:
    """Move the times of a CSV JTL's rows to this machine's clock, by the engine in their thread's name.

    Args:
        jtl: the results; replaced as a whole.
        clocks: those whose rows are to be moved.

    Raises:
        JMeterError: there is no room for the moved rows; the results are as they were.
    """
    moves = {f"{clock.engine}-": round(clock.ahead_ms) for clock in clocks}
    part = jtl.with_suffix(".part")
    try:
        _move(jtl, part, moves)
        part.replace(jtl)
    except OSError as error:
        raise JMeterError(
            f"can't write the results on this machine's clock: {error.strerror or error}",
            place=Place(jtl),
            hint="they are kept with the engines' own times",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _move(jtl: Path, part: Path, moves: Mapping[str, int]) -> None:
    with (
        jtl.open(newline="", encoding="utf-8", errors="surrogateescape") as source,
        part.open("w", newline="", encoding="utf-8", errors="surrogateescape") as target,
    ):
        rows, out = csv.reader(source), csv.writer(target, lineterminator="\n")
        head = next(rows, [])
        out.writerow(head)
        times, names = (_column(head, name) for name in ("timeStamp", "threadName"))
        out.writerows(_moved(row, times, names, moves) for row in rows)


def _column(head: Sequence[str], name: str) -> int:
    return head.index(name) if name in head else len(head)


def _moved(row: list[str], times: int, names: int, moves: Mapping[str, int]) -> list[str]:
    # A sampler that gave up before it started its clock writes 0: that is no time.
    if max(times, names) < len(row) and row[times].isdecimal() and row[times] != "0":
        for prefix, ahead in moves.items():
            if row[names].startswith(prefix):
                return [*row[:times], str(int(row[times]) - ahead), *row[times + 1 :]]
    return row
