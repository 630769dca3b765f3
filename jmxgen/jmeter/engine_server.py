"""A JMeter engine on this machine, for `run --remote` on another or this one."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JMeterError
from jmxgen.jmeter import trouble
from jmxgen.jmeter.child import start
from jmxgen.jmeter.control import interrupts
from jmxgen.jmeter.engine_key import INSECURE, key_properties
from jmxgen.jmeter.engines import QUIET, Engine, answers
from jmxgen.jmeter.folder import tail
from jmxgen.jmeter.private import private_folder, write_private
from jmxgen.jmx import java_properties

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jmxgen.jmeter.home import Home

POLL_S: Final = 0.2
END_S: Final = 10.0  # to end by itself; then it is killed


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """How an engine is started on this machine."""

    host: str
    port: int
    data_port: int  # of the engine itself; `port` is its registry's
    log: Path
    files: Path | None  # where a scenario's files are on this machine; None: where the plan says
    key: Path | None  # None: no TLS


def free_port() -> int:
    """Return a TCP port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve(server: Server, home: Home, java_arguments: Sequence[str], *, on_ready: Callable[[], None]) -> None:
    """Run an engine until Ctrl-C or SIGTERM.

    Args:
        server: where it listens, and how.
        home: the JMeter.
        java_arguments: those of the Java machine.
        on_ready: called once it listens.

    Raises:
        JMeterError: it does not start, or fails.
    """
    own = key_properties(server.key) if server.key else INSECURE
    with interrupts() as received, private_folder() as private:
        path, output = private / "engine.properties", private / "engine.out"
        write_private(path, java_properties.render(own))
        with output.open("wb") as out:
            child = start(_command(server, home, java_arguments, path), out)
        try:
            ready = False
            while not received and child.poll() is None:
                if not ready and _listens(server, output):
                    ready = True
                    path.unlink()  # it has been read
                    on_ready()
                time.sleep(POLL_S)
            if child.poll() is not None:
                raise _failure(server, output, child.returncode)
        finally:
            _end(child)


def _command(server: Server, home: Home, java_arguments: Sequence[str], path: Path) -> list[str]:
    files = (f"-Jfiles={server.files.absolute().as_posix()}",) if server.files else ()
    return [
        *(str(home.java), *java_arguments, f"-Djava.rmi.server.hostname={server.host}"),
        *("-jar", str(home.jar), "-s", "-j", str(server.log.absolute()), "-q", str(path), *files),
        *(f"-Jserver_port={server.port}", f"-Jserver.rmi.localport={server.data_port}", *QUIET),
    ]


def _listens(server: Server, output: Path) -> bool:
    """Return whether the engine is created and its registry answers."""
    return "Created remote object" in tail(output) and answers(Engine(server.host, server.port))


def _failure(server: Server, output: Path, status: int) -> JMeterError:
    """Return why an engine ended by itself."""
    fault = trouble.find(tail(server.log), tail(output), status=status, results=True, stopped=False)
    what = fault.what if fault else "the engine ended by itself"
    hint = f"{fault.hint}; see {server.log}" if fault and fault.hint else f"see {server.log}"
    return JMeterError(what, hint=hint)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(END_S)
    child.kill()
    child.wait()
