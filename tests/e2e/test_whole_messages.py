"""Messages in fragments, as servers send them, in a real JMeter: RFC 6455, 5.4."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.e2e.speaking import run_scenarios, speaking

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from tests.e2e.generated import Row

pytestmark = pytest.mark.jmeter

LOAD = "load: {callers: 2, ramp_up: 0s}\nreconnect: {max_attempts: 1}\n"
LONG = "x" * 300_000


async def pieces(server: ServerConnection) -> None:
    """Answer each message in three fragments; the second divides a character."""
    answer = '{"type":"opened","id":42,"name":"Zoë"}'.encode()
    async for _ in server:
        cut = answer.index(b"\xab")
        await raw(server, Opcode.TEXT, answer[:10], fin=False)
        await raw(server, Opcode.CONT, answer[10:cut], fin=False)
        await asyncio.sleep(0.05)
        await raw(server, Opcode.CONT, answer[cut:])


async def raw(server: ServerConnection, opcode: Opcode, data: bytes, *, fin: bool = True) -> None:
    """Write a frame as it is, into a message or not."""
    server.transport.write(Frame(opcode, data, fin).serialize(mask=False))
    await asyncio.sleep(0)


async def interrupted(server: ServerConnection) -> None:
    """Answer in fragments with a ping between them, and only go on when it was answered."""
    async for _ in server:
        await raw(server, Opcode.TEXT, b"half", fin=False)
        await (await server.ping("between"))
        await raw(server, Opcode.CONT, b" and half")


async def large(server: ServerConnection) -> None:
    """Answer in forty fragments of 8 kB, then with a binary message in fragments."""
    text = json.dumps({"data": LONG, "last": "end"})
    async for _ in server:
        await server.send([text[n : n + 8192] for n in range(0, len(text), 8192)])
        await server.send([b"\x00\x01", b"", b"\x02\xff"])


async def dribbling(server: ServerConnection) -> None:
    """Begin a message, and end it only after the client's wait; then answer whole."""
    async for message in server:
        if message == "begin":
            await raw(server, Opcode.TEXT, b"late", fin=False)
            await asyncio.sleep(0.6)
            await raw(server, Opcode.CONT, b" answer")
        else:
            await server.send("whole")


async def playing(server: ServerConnection) -> None:
    """Send audio all the time, as a bot that talks does, and answer texts."""

    async def play() -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await server.send(b"\x00audio")
                await asyncio.sleep(0.05)

    audio = asyncio.create_task(play())
    async for message in server:
        await asyncio.sleep(0.3)
        await server.send(f"answer to {message!s}")
    audio.cancel()


async def masked(server: ServerConnection) -> None:
    """Answer with a frame that is masked, as only clients' are."""
    async for _ in server:
        server.transport.write(Frame(Opcode.TEXT, b"half").serialize(mask=True))


async def compressed(server: ServerConnection) -> None:
    """Answer with a compressed frame, which nobody asked for."""
    async for _ in server:
        server.transport.write(b"\xc1\x04half")


async def broken(server: ServerConnection) -> None:
    """Begin a message and end the connection."""
    await server.recv()
    await raw(server, Opcode.TEXT, b"half", fin=False)
    server.transport.close()


SCENARIOS = {
    "pieces": """
  - request: {send: a, contains: '"opened"', within: 20s}
  - set: {variable: id, json: $.id}
  - request: {send: b, json: $.id, equals: "42", within: 20s}
  - if: {regex: 'Zoë"}$', then: [{send: "c", label: whole character}]}
  - expect: {contains: Zoë, within: 20s}
""",
    "interrupted": "  - request: {send: a, contains: half and half, within: 20s}\n",
    "large": """
  - request: {send: a, json: $.last, equals: end, within: 20s}
  - expect: {frame: binary, within: 20s}
""",
    "dribbling": """
  - send: begin
  - listen: 200ms
  - expect: {contains: late answer, within: 20s}
  - request: {send: more, contains: whole, within: 20s}
""",
    "playing": """
  - listen: 2s
  - request: {send: hello, contains: answer, within: 20s}
  - pause: 1s
  - ping:
  - send: again
  - expect: {contains: again, within: 20s}
""",
    "masked": "  - request: {send: a, contains: half, within: 20s}\n",
    "compressed": "  - request: {send: a, contains: half, within: 20s}\n",
    "broken": "  - request: {send: a, contains: half, within: 20s}\n",
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    talks = {
        "pieces": pieces,
        "interrupted": interrupted,
        "large": large,
        "dribbling": dribbling,
        "playing": playing,
        "masked": masked,
        "compressed": compressed,
        "broken": broken,
    }
    with speaking(talks) as url:
        texts = {
            name: f'target: {{url: "{url}/{name}"}}\n{LOAD}call:\n{call}' for name, call in SCENARIOS.items()
        }
        return run_scenarios(texts, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("name", ["pieces", "interrupted", "large", "dribbling", "playing"])
def test_steps_see_whole_messages(seen: dict[str, list[Row]], name: str) -> None:
    rows = seen[name]

    assert len([row for row in rows if row["label"] == "close"]) == 2
    assert [row for row in rows if row["success"] == "false"] == []


def test_binary_messages_that_no_step_reads_end_no_wait(seen: dict[str, list[Row]]) -> None:
    waits = [int(row["elapsed"]) for row in seen["playing"] if row["label"] == "listen"]

    assert len(waits) == 4  # two slices of a second each, of two callers
    assert min(waits) >= 1000


def test_a_fragment_that_divides_a_character_loses_nothing(seen: dict[str, list[Row]]) -> None:
    assert len([row for row in seen["pieces"] if row["label"] == "whole character"]) == 2


def test_a_message_of_any_size_is_one_answer(seen: dict[str, list[Row]]) -> None:
    answers = [int(row["bytes"]) for row in seen["large"] if row["label"] == "request"]

    assert len(answers) == 2
    assert min(answers) > len(LONG)


def test_a_connection_lost_within_a_message_is_lost(seen: dict[str, list[Row]]) -> None:
    failed = [row["responseMessage"] for row in seen["broken"] if row["label"] == "request"]

    assert failed == ["WebSocket I/O error: end of stream"] * 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [("masked", "a frame without a mask"), ("compressed", "no compression, which nobody asked for")],
)
def test_a_server_that_breaks_the_protocol_is_named_as_such(
    seen: dict[str, list[Row]], name: str, expected: str
) -> None:
    failed = [row["responseMessage"] for row in seen[name] if row["label"] == "request"]

    assert failed == [f"WebSocket I/O error: WebSocket protocol error: expected {expected}"] * 2
