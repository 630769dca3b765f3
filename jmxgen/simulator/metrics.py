"""What a monitoring system would see: a series once a second, and Prometheus' text on a side port."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from jmxgen.units import iso

if TYPE_CHECKING:
    from typing import TextIO

    from jmxgen.simulator.simulator import Simulator

HEADER: Final = "time,open,processing,active_conversations"
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n"
_PERIOD_S: Final = 1.0
_TYPES: Final = {"gauge": ("open", "processing", "active_conversations"), "counter": ("attempts", "admitted")}


def row(simulator: Simulator) -> str:
    """Return one line of the series: ISO time in UTC, then the figures of HEADER."""
    figures = (len(simulator.open_connections()), simulator.processing(), simulator.active_conversations())
    return ",".join((str(iso(simulator.now())), *map(str, figures)))


async def write_series(simulator: Simulator, file: TextIO) -> None:
    """Write the series, a line a second, until cancelled; the last line is of the moment of the stop."""
    loop = asyncio.get_running_loop()
    file.write(HEADER + "\n")
    due = loop.time()
    try:
        while True:
            file.write(row(simulator) + "\n")
            file.flush()
            due += _PERIOD_S
            await asyncio.sleep(due - loop.time())
    finally:
        file.write(row(simulator) + "\n")


def prometheus(simulator: Simulator) -> str:
    """Return the figures in Prometheus' text format, version 0.0.4."""
    figures = {
        "open": len(simulator.open_connections()),
        "processing": simulator.processing(),
        "active_conversations": simulator.active_conversations(),
        "attempts": simulator.attempts,
        "admitted": simulator.admitted,
    }
    lines = []
    for kind, names in _TYPES.items():
        for name in names:
            full = f"jmxgen_simulator_{name}" + ("_total" if kind == "counter" else "")
            lines += [f"# TYPE {full} {kind}", f"{full} {figures[name]}"]
    lines.append("# TYPE jmxgen_simulator_ended_total counter")
    for (end, kind, cause), count in sorted(simulator.closures.items()):
        lines.append(f'jmxgen_simulator_ended_total{{end="{end}",kind="{kind}",cause="{cause}"}} {count}')
    return "\n".join(lines) + "\n"


def summary(simulator: Simulator) -> str:
    """Return in one line what has become of all attempts, the most frequent first."""
    ended = [
        (count, " ".join(part for part in (end, kind, f"({cause})" if cause else "") if part))
        for (end, kind, cause), count in simulator.closures.items()
    ]
    still = simulator.attempts - sum(count for count, _ in ended)
    parts = [f"{count} {what}" for count, what in sorted(ended, reverse=True)]
    return f"{simulator.attempts} attempts: {', '.join([*parts, f'{still} open'])}"


async def serve_prometheus(simulator: Simulator, host: str, port: int) -> asyncio.Server:
    """Serve `prometheus` over HTTP on a port of its own, whatever the path."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            body = prometheus(simulator).encode()
            writer.write(_HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, host, port)
