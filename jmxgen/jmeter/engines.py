"""Remote JMeter engines: their addresses, and whether they answer."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JMeterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT_PORT: Final = 1099  # of RMI's registry, as JMeter has it
# What names the properties that are sent to an engine, secrets among them, in a log.
QUIET: Final = tuple(
    f"-Lorg.apache.jmeter.engine.{name}=WARN"
    for name in ("ClientJMeterEngine", "RemoteJMeterEngineImpl", "StandardJMeterEngine")
)
# An engine that hangs must not hang the run: RMI waits for ever by default.
TIMEOUTS: Final = (
    "-Dsun.rmi.transport.tcp.handshakeTimeout=30000",
    "-Dsun.rmi.transport.tcp.responseTimeout=60000",
)
_GREETING: Final = b"JRMI\x00\x02\x4b"  # Java RMI specification, 10.2: magic, version, StreamProtocol
CONNECT_S: Final = 5.0
MISSES: Final = 3  # in a row, WATCH_S apart: then an engine counts as lost
WATCH_S: Final = 3.0


@dataclasses.dataclass(frozen=True, slots=True)
class Engine:
    """The address of an engine. `name` is what JMeter puts before its threads' names."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port}"


def parse(addresses: Sequence[str]) -> tuple[Engine, ...]:
    """Read engines written as HOST:PORT, or HOST for JMeter's own port.

    Raises:
        UsageError: an entry is not an address, or is listed twice.
    """
    found = tuple(_engine(address.strip()) for address in addresses)
    if len(set(found)) < len(found):
        raise UsageError("an engine is named twice", hint="each engine runs its part once")
    return found


def _engine(address: str) -> Engine:
    host, _, port = address.partition(":")
    number = int(port) if port.isdecimal() and len(port) <= 5 else 0 if port else DEFAULT_PORT
    good = host and all(c.isalnum() or c in "-." for c in host) and not host.startswith("-")
    if not good or not 0 < number < 65536:
        raise UsageError(
            f"{address!r} is not an engine", hint="engines are written HOST:PORT, with commas between"
        )
    return Engine(host, number)


def answers(engine: Engine, timeout: float = CONNECT_S) -> bool:
    """Return whether an engine answers: whether what accepts the connection also reacts to a word.

    To accept alone proves nothing: the system does that for a process that hangs. The word is RMI's greeting;
    where TLS is spoken it is wrong, and the engine says so or hangs up, which will do.
    """
    try:
        with socket.create_connection((engine.host, engine.port), timeout) as probe:
            probe.sendall(_GREETING)
            probe.recv(1)
    except ConnectionResetError:
        return True
    except OSError:
        return False
    return True


def check(engines: Sequence[Engine]) -> None:
    """Look whether all engines answer, before a run.

    Raises:
        JMeterError: naming those that do not.
    """
    missing = [engine.name for engine in engines if not answers(engine)]
    if missing:
        raise JMeterError(f"no engine answers at {', '.join(missing)}", hint="start it there: jmxgen engine")


def is_here(engine: Engine) -> bool:
    """Return whether the engine's host is this machine."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((engine.host, 0))
    except OSError:
        return False
    return True


def own_address(engines: Sequence[Engine]) -> str:
    """Return this machine's address as the engines see it: they connect back to it.

    Raises:
        JMeterError: an engine's host has no address.
    """
    found = []
    for engine in engines:
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # connect sends nothing
                probe.connect((engine.host, engine.port))
                found.append(str(probe.getsockname()[0]))
        except OSError as error:
            what = f"no way to the engine {engine.name}: {error.strerror or error}"
            raise JMeterError(what) from error
    return next((address for address in found if not address.startswith("127.")), found[0])


class Watch:
    """Looks after engines while a run lasts. `lost` is the name of one that went away, or ""."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.lost = ""
        self._misses = dict.fromkeys(engines, 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="jmxgen-engines", daemon=True)

    def _look(self) -> None:
        while not self._over.wait(WATCH_S) and not self.lost:
            for engine in self._misses:
                self._misses[engine] = 0 if answers(engine) else self._misses[engine] + 1
                if self._misses[engine] >= MISSES and not self.lost:
                    self.lost = engine.name

    @contextlib.contextmanager
    def watching(self) -> Iterator[Watch]:
        """Look from time to time, until the block ends."""
        if self._misses:
            self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            if self._misses:
                self._thread.join()
