"""Servers that speak as people's systems do, and scenarios against them in one JMeter run."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from tests.e2e.generated import Row, merged, read_rows, write_plan

Talk = Callable[[ServerConnection], Awaitable[None]]


@contextlib.contextmanager
def speaking(talks: Mapping[str, Talk]) -> Iterator[str]:
    """Serve each talk at the path of its name, and yield the address; no pings of its own are sent."""
    loop = asyncio.new_event_loop()

    async def talk(connection: ServerConnection) -> None:
        assert connection.request
        path = connection.request.path.partition("?")[0].strip("/")
        await talks[path](connection)

    async def start() -> Server:
        return await serve(talk, "127.0.0.1", 0, ping_interval=None, compression=None)

    server = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = next(iter(server.sockets)).getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        server.close()
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def run_scenarios(texts: Mapping[str, str], folder: Path) -> dict[str, list[Row]]:
    """Run scenarios in one JMeter and return each one's rows; a text is a YAML without its name."""
    plans = {
        name: build(loads(f"name: {name}\n{text}", path=folder / f"{name}.yaml"), folder=folder.as_posix())
        for name, text in texts.items()
    }
    jmx, properties = write_plan(merged(plans), folder)
    rows = read_rows(run(jmx, folder / "run", home=find(), property_file=properties))
    return {name: [row for row in rows if row["threadName"].split(" ")[0] == name] for name in texts}
