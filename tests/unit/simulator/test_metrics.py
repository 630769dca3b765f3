from __future__ import annotations

import asyncio
import datetime as dt
import io
import urllib.request

from jmxgen.simulator import metrics, server
from jmxgen.simulator.faults import parse
from tests.unit.simulator.bench import Bench


def test_the_series_and_prometheus_tell_the_state() -> None:
    file = io.StringIO()
    scraped = ""

    async def main() -> None:
        nonlocal scraped
        options = server.Options(faults=(parse("cap:limit=2"),), prometheus=0)
        async with server.serving(options, lambda row: None, file) as served:
            bench = Bench(served)
            calls = asyncio.create_task(bench.calls(3, hold=1.5))
            await bench.until(lambda: served.simulator.active_conversations() == 2)
            scraped = await asyncio.to_thread(_get, served.metrics_url or "")
            await calls

    asyncio.run(main())

    header, *lines = file.getvalue().splitlines()
    assert header == metrics.HEADER == "time,open,processing,active_conversations"
    rows = [line.split(",") for line in lines]
    assert all(dt.datetime.fromisoformat(row[0]).tzinfo is dt.UTC for row in rows)
    assert ["2", "0", "2"] in [row[1:] for row in rows]
    assert rows[0][1:] == ["0", "0", "0"]
    assert "\njmxgen_simulator_active_conversations 2\n" in scraped
    assert "\njmxgen_simulator_attempts_total 3\n" in scraped
    assert (
        'jmxgen_simulator_ended_total{end="handshake",kind="rejected",cause="concurrency-cap"} 1\n' in scraped
    )


def test_the_summary_counts_every_attempt() -> None:
    said = ""

    async def main() -> None:
        nonlocal said
        async with server.serving(server.Options(faults=(parse("cap:limit=2"),)), lambda row: None) as served:
            bench = Bench(served)
            held = asyncio.create_task(bench.call(hold=10))
            await bench.until(lambda: bench.told == 1)
            await bench.calls(3, together=True)
            await bench.until(lambda: len(served.simulator.connections) == 1)
            said = metrics.summary(served.simulator)
            held.cancel()

    asyncio.run(main())

    assert said == "4 attempts: 2 handshake rejected (concurrency-cap), 1 closed, 1 open"


def _get(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"
        text: str = answer.read().decode()
    return text
