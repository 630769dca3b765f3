from __future__ import annotations

import asyncio

import pytest

from tests.unit.simulator.bench import REQUEST, Bench, Seen, trial


@pytest.mark.parametrize(
    ("form", "kind", "code", "cause", "how"),
    [
        ("cut", "abnormal", 1006, "random-drop", "eof"),
        ("eof", "abnormal", 1006, "random-drop", "eof"),
        ("reset", "abnormal", 1006, "random-drop", "reset"),
        ("1013", "server_close", 1013, "server-close", ""),
    ],
)
def test_a_message_is_answered_by_the_end(form: str, kind: str, code: int, cause: str, how: str) -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=("a", "b", "c"))

    found = trial(script, f"drop:message=2,form={form}")

    row, seen = found.rows[0], found.seen[0]
    assert (row.kind, row.code, row.cause, row.frames_in, row.frames_out) == (kind, code, cause, 2, 1)
    assert seen.answers == ("a",)
    assert seen.how == how


def test_a_cut_leaves_half_a_frame_on_the_wire() -> None:
    received: list[bytes] = []

    async def script(bench: Bench) -> None:
        port = int(bench.base.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x81\x81\0\0\0\0a")  # a text frame, masked with zeros
        received.append(await reader.read())
        writer.close()
        bench.seen["raw"] = Seen("data", "abnormal", code=1006, by="server")

    trial(script, "drop")

    assert received == [b"\x81\x20cut"]  # 32 bytes announced, three sent
