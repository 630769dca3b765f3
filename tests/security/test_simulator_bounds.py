"""Hostile clients of the simulator: each is ended, memory stays bounded, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import tracemalloc

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from jmxgen.simulator import connection, server
from jmxgen.simulator.truth import TruthRow
from tests.unit.simulator.bench import REQUEST

PATIENCE = 60.0


def served(script: object, **options: object) -> list[TruthRow]:
    rows: list[TruthRow] = []

    async def main() -> None:
        async with server.serving(server.Options(**options), rows.append) as serving:  # type: ignore[arg-type]
            async with asyncio.timeout(PATIENCE):
                await script(serving)  # type: ignore[operator]
                while serving.simulator.connections:
                    await asyncio.sleep(0.01)

    asyncio.run(main())
    return rows


async def raw(serving: server.Serving) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(serving.url.rsplit(":", 1)[1].split("/")[0])
    return await asyncio.open_connection("127.0.0.1", port)


async def upgraded(serving: server.Serving) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await raw(serving)
    writer.write(REQUEST)
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def masked(first: int, payload: bytes) -> bytes:
    """Return a client's frame with a mask of zeros."""
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + length.to_bytes(2, "big")
    return bytes([first]) + size + bytes(4) + payload


def test_a_request_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_TIMEOUT", 0.3)

    async def script(serving: server.Serving) -> None:
        reader, writer = await raw(serving)
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET /ivr HTTP/1.1\r\n")
            while not reader.at_eof():
                writer.write(b"X: y\r\n")
                await asyncio.sleep(0.05)
        writer.close()

    assert [(row.end, row.kind) for row in served(script)] == [("handshake", "timeout")]


@pytest.mark.parametrize(
    "request_",
    [
        b"\x00\xff" * 5000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        REQUEST.replace(b"dGhlIHNhbXBsZSBub25jZQ==", base64.b64encode(b"short")),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500),
    ],
)
def test_a_bad_handshake_is_refused(request_: bytes) -> None:
    async def script(serving: server.Serving) -> None:
        reader, writer = await raw(serving)
        writer.write(request_)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    assert [row.end for row in served(script)] == ["handshake"]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (masked(0x81, b"\xff\xfe\xfa"), 1007),  # text that is not UTF-8
        (masked(0x88, b"\x03\xe8\xff\xfe"), None),  # a reason that is not UTF-8
        (bytes([0x81, 0xFF]) + (2**40).to_bytes(8, "big") + bytes(4), 1009),  # a frame of a terabyte
        (masked(0x89, bytes(126)), 1002),  # a ping with more than a control frame holds
        (masked(0x80, b"x"), 1002),  # a continuation of nothing
        (b"\x81\x05hello", 1002),  # no mask
    ],
)
def test_a_client_that_breaks_the_protocol_is_ended(frames: bytes, code: int | None) -> None:
    async def script(serving: server.Serving) -> None:
        reader, writer = await upgraded(serving)
        writer.write(frames)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    (row,) = served(script)

    assert row.opened_at is not None
    assert code is None or row.code == code


def test_fragments_without_end_do_not_fill_the_memory() -> None:
    async def script(serving: server.Serving) -> None:
        reader, writer = await upgraded(serving)
        tracemalloc.start()
        with contextlib.suppress(ConnectionError):
            writer.write(masked(0x01, b"x" * 60_000))
            for _ in range(400):
                writer.write(masked(0x00, b"x" * 60_000))
                await writer.drain()
            await reader.read()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        writer.close()
        assert peak < 16_000_000

    assert [row.code for row in served(script)] == [1009]


def test_a_client_that_never_reads_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_UNREAD", 100_000)

    async def script(serving: server.Serving) -> None:
        _, writer = await upgraded(serving)
        (line,) = serving.simulator.connections
        while line.outcome is None:
            line.say("x" * 100_000)
            await asyncio.sleep(0)
        writer.close()

    assert [row.end for row in served(script)] == ["data"]


def test_others_are_served_meanwhile() -> None:
    async def script(serving: server.Serving) -> None:
        idle = [await raw(serving) for _ in range(200)]
        async with connect(serving.url, proxy=None) as client:
            await client.send("hello")
            assert await client.recv() == "hello"
        for _, writer in idle:
            writer.close()
        with contextlib.suppress(ConnectionClosed):
            await client.wait_closed()

    assert [row.end for row in served(script)].count("closed") == 1
