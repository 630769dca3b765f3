"""The simulator as a process: it listens, writes its files, and stops cleanly on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import logging
import signal
from typing import TYPE_CHECKING, Any, TextIO, cast

from websockets.asyncio.server import serve

from jmxgen.errors import UsageError
from jmxgen.simulator import metrics, protocols, timeline
from jmxgen.simulator.simulator import Simulator

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from websockets.asyncio.server import Server

    from jmxgen.simulator.faults.base import Fault
    from jmxgen.simulator.truth import TruthRow

# How long the stop waits for clients to answer the goodbye.
_GOODBYE_S = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How a simulator is set up. Port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    protocol: str | None = None
    faults: tuple[Fault, ...] = ()
    seed: int | None = None
    changes: tuple[timeline.FaultChange, ...] = ()
    truth: Path | None = None
    metrics: Path | None = None
    prometheus: int | None = None
    tls: ssl.SSLContext | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Serving:
    """A simulator that listens."""

    simulator: Simulator
    url: str
    metrics_url: str | None


async def run(options: Options, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, then complete the files.

    Args:
        options: the set-up.
        say: is given each line for stdout; the first line names the address.

    Raises:
        UsageError: the port is taken, or a file can't be written.
    """
    _allow_many_sockets()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with contextlib.ExitStack() as files:
        truth = _open(files, options.truth)
        async with serving(options, _recorder(truth), _open(files, options.metrics)) as served:
            say(f"listening on {served.url}")
            if served.metrics_url:
                say(f"metrics on {served.metrics_url}")
            await stopped.wait()
            say(metrics.summary(served.simulator))


@contextlib.asynccontextmanager
async def serving(
    options: Options, record: Callable[[TruthRow], None], series: TextIO | None = None
) -> AsyncIterator[Serving]:
    """Serve as long as the block lasts.

    Args:
        options: the set-up; its files are the caller's affair.
        record: is given each row of the truth, also those that are open at the end.
        series: where the metrics go.
    """
    simulator = Simulator(
        options.faults, protocol=options.protocol, seed=options.seed, tls=options.tls, record=record
    )
    simulator.begin()
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        server = await _listen(simulator, options)
        stack.push_async_callback(_stop, simulator, server)
        side = await _side_port(simulator, options)
        if side:
            stack.callback(side.close)
        tasks = [loop.create_task(timeline.play(simulator, options.changes))]
        if series:
            tasks.append(loop.create_task(metrics.write_series(simulator, series)))
        stack.push_async_callback(_cancel, tasks)
        scheme = "wss" if options.tls else "ws"
        yield Serving(
            simulator=simulator,
            url=f"{scheme}://{_authority(server)}/{options.protocol or protocols.DEFAULT}",
            metrics_url=f"http://{_authority(side)}/metrics" if side else None,
        )


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def _stop(simulator: Simulator, server: Server) -> None:
    # From here on the clients' ends are our doing: what is open now stays "open" in the truth.
    rest = simulator.record_rest()
    for name in tuple(simulator.faults):
        simulator.clear_fault(name)
    server.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(server.wait_closed(), _GOODBYE_S)
    for connection in rest:
        connection.transport.abort()
    await server.wait_closed()


async def _listen(simulator: Simulator, options: Options) -> Server:
    try:
        return await serve(
            simulator.serve,
            options.host,
            options.port,
            compression=None,
            process_request=simulator.process_request,
            process_response=simulator.process_response,
            create_connection=cast("Any", simulator.make_connection),
            open_timeout=None,  # a stalled handshake is a fault, to be ended by the client or the fault
            ping_interval=None,  # pings are a fault of their own
            close_timeout=5,
            server_header="jmxgen-simulator",
            backlog=4096,
            logger=logging.getLogger("jmxgen.simulator.websockets"),
        )
    except OSError as error:
        raise UsageError(
            f"can't listen on {options.host}:{options.port}: {error.strerror or error}",
            hint="choose another --port; 0 takes a free one" if error.errno == errno.EADDRINUSE else None,
        ) from error


async def _side_port(simulator: Simulator, options: Options) -> asyncio.Server | None:
    if options.prometheus is None:
        return None
    try:
        return await metrics.serve_prometheus(simulator, options.host, options.prometheus)
    except OSError as error:
        raise UsageError(
            f"can't serve metrics on port {options.prometheus}: {error.strerror or error}"
        ) from error


def _allow_many_sockets() -> None:
    """Raise the soft limit on open files, often 1,024, to the hard one."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _open(files: contextlib.ExitStack, path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        return files.enter_context(path.open("w", encoding="utf-8", buffering=1))
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error


def _recorder(truth: TextIO | None) -> Callable[[TruthRow], None]:
    def record(row: TruthRow) -> None:
        if truth:
            truth.write(row.line())

    return record


def _authority(server: Server | asyncio.Server) -> str:
    host, port = server.sockets[0].getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
