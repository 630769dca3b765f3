"""What whole messages cost, and how many streams this machine holds: `python benchmarks/speaking.py`.

`python benchmarks/speaking.py 50 100` measures so many streams alone. Streams: each caller sends 160 bytes
every 20 ms for ten seconds to a sink that reads and drops. Whole messages: the same requests with and without
the script that joins fragments, in turns. A machine that does other work makes chunks late: only the CPU time
is then worth something.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import csv
import hashlib
import os
import re
import resource
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation

STREAMS = (100, 200, 400, 800)
STREAM = """
name: streams
target: {url: "URL"}
load: {callers: COUNT, ramp_up: 4s}
reconnect: {max_attempts: 1}
call:
  - stream: {file: voice.ulaw, chunk: 160B, every: 20ms, loop: true, for: 10s}
    label: voice
"""
REQUESTS = """
name: requests
target: {url: "URL"}
load: {callers: 20, ramp_up: 1s}
call:
  - repeat: {times: 1500, steps: [{request: {send: hello, contains: hello, within: 20s}}]}
"""
JOINS = re.compile(rb"(vars\.getObject\('ws_messages'\))\.opened\(Parameters, (?:true|false)\)")
_LATE = re.compile(r"OK: (\d+) chunks, 95% at most (\d+) ms late")
_KEY = re.compile(rb"sec-websocket-key: *(\S+)", re.IGNORECASE)


class Sink(asyncio.Protocol):
    """Accepts the upgrade, drops what comes, and answers a close frame."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.open = False

    def data_received(self, data: bytes) -> None:
        """Answer the upgrade or a close frame."""
        if not self.open:
            key = _KEY.search(data)
            assert key, "a request in one piece"
            magic = key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(magic, usedforsecurity=False).digest())
            head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            self.transport.write(head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            self.open = True
        elif data[0] == 0x88:
            self.transport.write(b"\x88\x02\x03\xe8")


@contextlib.contextmanager
def sink() -> Iterator[str]:
    """Run the sink in a thread and yield its address."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Sink, "127.0.0.1", 0, backlog=1000))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def measure(text: str, edit: Callable[[bytes], bytes] = bytes) -> tuple[list[dict[str, str]], float]:
    """Return the rows of a scenario, and the CPU seconds that its JMeter took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "voice.ulaw").write_bytes(b"\xff" * 8000)
        plan = build(loads(text, path=folder / "x.yaml"), folder=folder.as_posix())
        (folder / "plan.jmx").write_bytes(edit(render(plan)))
        (folder / "plan.properties").write_text(render_properties(plan), encoding="ascii")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        outcome = run(
            folder / "plan.jmx", folder / "run", home=find(), property_file=folder / "plan.properties"
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        with outcome.jtl.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    assert rows, "nothing ran"
    return rows, cpu


def streams(counts: Sequence[int]) -> None:
    """Print how late chunks are, by the number of streams at once, and how busy the machine is."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the first")
    print("| streams | done | 95 % of a stream's chunks at most, ms late: median, worst | JMeter's CPU s |")
    print("|---|---|---|---|")
    with sink() as url:
        for count in counts:
            rows, cpu = measure(STREAM.replace("URL", url).replace("COUNT", str(count)))
            found = [_LATE.match(row["responseMessage"]) for row in rows if row["label"] == "voice"]
            late = [int(match[2]) for match in found if match and int(match[1]) == 500]
            median, worst = statistics.median(late or [-1]), max(late or [-1])
            print(f"| {count} | {len(late)} | {median:.0f}, {worst} | {cpu:.1f} |", flush=True)


def messages() -> None:
    """Print the CPU time per request, with fragments joined and without."""
    with simulation() as server:
        text = REQUESTS.replace("URL", server.url)
        for name, edit in (
            ("joined", bytes),
            ("as they come", lambda jmx: JOINS.sub(rb"\1", jmx)),
        ) * 2:
            rows, cpu = measure(text, edit)
            print(
                f"{name}: {len(rows)} rows, {1e6 * cpu / len(rows):.0f} µs CPU per row, start included",
                flush=True,
            )


if __name__ == "__main__":
    streams([int(count) for count in sys.argv[1:]] or STREAMS)
    if not sys.argv[1:]:
        messages()
