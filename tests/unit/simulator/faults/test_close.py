from __future__ import annotations

import asyncio

import pytest

from jmxgen.errors import UsageError
from jmxgen.simulator.faults import parse
from tests.unit.simulator.bench import REQUEST, Bench, Seen, trial


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1013, 3000, 4999])
def test_the_code_reaches_the_client(code: int) -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=(), hold=10)

    found = trial(script, f"close:code={code},after=50ms,reason=enough")

    row = found.rows[0]
    assert (row.kind, row.code, row.cause, row.close_frame) == ("server_close", code, "server-close", True)


@pytest.mark.parametrize("code", [1005, 1006, 1015, 2000])
def test_a_code_that_must_not_be_sent_is_sent_all_the_same(code: int) -> None:
    received: list[bytes] = []

    async def script(bench: Bench) -> None:
        port = int(bench.base.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
        received.append(await reader.read())
        writer.close()
        bench.seen["raw"] = Seen("data", "server_close", code=code, by="server")

    trial(script, f"close:code={code}")

    assert received == [b"\x88\x02" + code.to_bytes(2, "big")]


def test_a_word_is_no_code() -> None:
    with pytest.raises(UsageError, match="a close code"):
        parse("close:code=reset")
