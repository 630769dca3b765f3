from __future__ import annotations

import asyncio
import collections

from tests.unit.simulator.bench import REQUEST, Bench, Seen, trial


def test_five_hundred_callers_are_held_at_once_and_none_is_lost() -> None:
    most = 0

    async def script(bench: Bench) -> None:
        nonlocal most
        calls = asyncio.create_task(bench.calls(500, hold=0.3, together=True, patience=60))
        while not calls.done():
            most = max(most, len(bench.simulator.open_connections()))
            await asyncio.sleep(0.1)
        await calls

    found = trial(script, "cap:limit=450,form=503", "pings:interval=1s,timeout=30s")

    assert collections.Counter(found.ends()) == {"closed": 450, "handshake": 50}
    assert most == 450


def test_faults_combine_and_the_first_that_acts_is_the_cause() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(6, hold=10)

    found = trial(script, "rate:limit=1/m,burst=5", "cap:limit=3", "mass:open=3,at=300ms")

    assert collections.Counter(row.cause for row in found.rows) == {
        "mass-disconnect": 3,
        "concurrency-cap": 2,
        "handshake-rate-limit": 1,
    }


def test_the_log_names_path_and_header_but_no_secret() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(path="ivr?caller=3", headers={"Authorization": "Bearer s3cret"})

    row = trial(script).rows[0]

    assert row.path == "/ivr?caller=3"
    assert row.key == "c1"
    assert "s3cret" not in row.line()


def test_times_are_in_order() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(3)

    for row in trial(script).rows:
        assert row.attempted_at <= (row.opened_at or 0) <= (row.last_frame_at or 0) <= row.ended_at


def test_a_request_that_is_no_upgrade_is_rejected() -> None:
    async def script(bench: Bench) -> None:
        reader, writer = await raw(bench)
        writer.write(REQUEST.replace(b"Upgrade: websocket\r\n", b""))
        assert (await reader.readline()).startswith(b"HTTP/1.1 426")
        writer.close()
        bench.seen["raw"] = Seen("handshake", "rejected", 426, by="server")

    assert trial(script).causes() == {""}


def test_a_strange_request_does_no_harm() -> None:
    async def script(bench: Bench) -> None:
        reader, writer = await raw(bench)
        strange = REQUEST.replace(b"/ivr", b"//[?token=%FF&token=&=x")
        writer.write(
            strange.replace(b"\r\n\r\n", b"\r\nX-Connection-Id: 2\r\nX-API-KEY: a\r\nX-API-KEY: b\r\n\r\n")
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 101")
        writer.close()
        bench.seen["raw"] = Seen("leaked")

    assert trial(script, "auth:key=a").rows[0].path == "//[?token=%FF&token=&=x"


def test_what_is_not_http_is_a_protocol_error() -> None:
    async def script(bench: Bench) -> None:
        reader, writer = await raw(bench)
        writer.write(b"\x16\x03\x01 this is no request\r\n\r\n")
        assert await reader.read() == b""
        writer.close()
        bench.seen[""] = Seen("handshake", "protocol", by="server")

    trial(script)


def test_a_client_that_connects_and_says_nothing_has_given_up() -> None:
    async def script(bench: Bench) -> None:
        _, writer = await raw(bench)
        writer.close()
        await bench.until(lambda: bench.simulator.attempts == 1)
        bench.seen[""] = Seen("handshake", "timeout")

    assert trial(script).rows[0].path is None


def test_a_client_that_breaks_the_protocol_is_sent_off() -> None:
    async def script(bench: Bench) -> None:
        reader, writer = await raw(bench)
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x81\x01a")  # not masked: RFC 6455, 5.1
        assert (await reader.read())[2:4] == (1002).to_bytes(2, "big")
        writer.close()
        bench.seen["raw"] = Seen("data", "server_close", code=1002, by="server")

    assert trial(script).causes() == {""}


async def raw(bench: Bench) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(bench.base.rpartition(":")[2]))
