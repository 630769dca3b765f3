"""Audio in real time, as the server hears it: chunks against a clock, replies between them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.speaking import run_scenarios, speaking

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from tests.e2e.generated import Row

pytestmark = pytest.mark.jmeter

LOAD = "load: {callers: 2, ramp_up: 0s}\nreconnect: {max_attempts: 1}\n"
VOICE = bytes(range(200)) * 4  # five chunks of 160 bytes
HEARD: dict[str, list[Any]] = {}


async def deaf(server: ServerConnection) -> None:
    """Read nothing, for longer than the client waits."""
    server.transport.pause_reading()
    await asyncio.sleep(15)
    server.transport.abort()


async def audio(server: ServerConnection) -> None:
    """Keep when each message came; ping after every fiftieth, and want a reply."""
    assert server.request
    name = server.request.path.partition("?")[2]
    heard: list[Any] = []
    HEARD.setdefault(name, []).append(heard)
    async for message in server:
        heard.append((time.monotonic(), message))
        if len(heard) % 50 == 0:
            await server.send('{"type":"ping"}')
            await server.ping()
        if name == "until" and len(heard) == 30:
            await server.send('{"type":"bargein","id":7}')
        if name == "in-vain":
            await server.send(
                '{"type":"progress","of":"a text longer than the head of a handshake\'s answer"}'
            )
        if name == "closing" and len(heard) == 20:
            await server.close(1011, "no more")


SCENARIOS = {
    "binary": """
call:
  - stream: {file: voice.ulaw, chunk: 160B, every: 20ms, loop: true, for: 5s}
  - send: after
""",
    "media": """
on: [{contains: '"ping"', send: pong}]
call:
  - stream:
      {file: voice.ulaw, chunk: 160B, every: 20ms, loop: true, for: 2s, text: '{"event":"media",
       "sequenceNumber":"${__intSum(${ws_chunk},1)}","media":{"timestamp":"${ws_chunk_ms}","payload":"${ws_chunk_base64}"}}'}
""",
    "once": "call:\n  - stream: {file: voice.ulaw, chunk: 150B, every: 20ms}\n",
    "until": """
call:
  - stream: {file: voice.ulaw, chunk: 160B, every: 20ms, loop: true, until: {contains: bargein}}
  - set: {variable: id, json: $.id}
  - send: "id ${id}"
""",
    "in vain": """
call:
  - stream: {file: voice.ulaw, chunk: 160B, every: 20ms, until: {contains: bargein}}
""",
    "unusable": """
call:
  - set: {variable: name, value: gone.ulaw}
  - stream: {file: "${name}", chunk: 160B, every: 20ms}
""",
    "empty": "call:\n  - stream: {file: empty.ulaw, chunk: 160B, every: 20ms}\n",
    "deaf": "call:\n  - stream: {file: long.ulaw, chunk: 8000kB, every: 20ms, loop: true, for: 2s}\n",
    "closing": "call:\n  - stream: {file: voice.ulaw, chunk: 160B, every: 20ms, loop: true, for: 20s}\n",
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "voice.ulaw").write_bytes(VOICE)
    (folder / "long.ulaw").write_bytes(bytes(8_000_000))
    (folder / "empty.ulaw").touch()
    HEARD.clear()
    with speaking({"audio": audio, "deaf": deaf}) as url:
        texts = {}
        for each, text in SCENARIOS.items():
            name = each.replace(" ", "-")
            path = "deaf" if name == "deaf" else f"audio?{name}"
            texts[name] = f'target: {{url: "{url}/{path}", read_timeout: 1s}}\n{LOAD}{text}'
        return run_scenarios(texts, folder)


def row(seen: dict[str, list[Row]], name: str) -> Row:
    streams = [row for row in seen[name] if row["label"].startswith("stream")]
    assert len(streams) == 2, "one row per stream"
    return streams[0]


def test_a_stream_keeps_to_the_clock(seen: dict[str, list[Row]]) -> None:
    took = [int(row["elapsed"]) for row in seen["binary"] if row["label"] == "stream voice.ulaw"]
    assert 5000 <= min(took) <= 5050  # 1 %, however long each chunk took
    assert row(seen, "binary")["responseMessage"].startswith("OK: 250 chunks, 95% at most ")
    for heard in HEARD["binary"]:
        assert len(heard) == 251
        assert b"".join(message for _, message in heard[:250]) == (VOICE * 50)[: 250 * 160]


def test_each_chunk_may_be_a_text_with_its_number_time_and_bytes(seen: dict[str, list[Row]]) -> None:
    assert row(seen, "media")["success"] == "true"
    for heard in HEARD["media"]:
        messages = [json.loads(text) for _, text in heard if text != "pong"]
        assert [m["sequenceNumber"] for m in messages] == [str(n) for n in range(2, 102)]
        assert [m["media"]["timestamp"] for m in messages] == [str(20 * n) for n in range(100)]
        assert base64.b64decode(messages[1]["media"]["payload"]) == VOICE[160:320]


def test_between_chunks_messages_are_answered(seen: dict[str, list[Row]]) -> None:
    assert row(seen, "media")["success"] == "true"
    for heard in HEARD["media"]:
        assert "pong" in [text for _, text in heard[:-1]]  # the ping after the last chunks may come too late


def test_a_file_is_sent_once_to_its_last_byte(seen: dict[str, list[Row]]) -> None:
    assert row(seen, "once")["responseMessage"].startswith("OK: 6 chunks, ")
    assert [len(message) for _, message in HEARD["once"][0]] == [150] * 5 + [50]


def test_a_message_ends_the_stream_and_is_its_answer(seen: dict[str, list[Row]]) -> None:
    assert row(seen, "until")["success"] == "true"
    for heard in HEARD["until"]:
        assert heard[-1][1] == "id 7"
        assert 30 <= len(heard) - 1 <= 60


def test_a_stream_whose_message_never_comes_is_a_missing_answer(seen: dict[str, list[Row]]) -> None:
    assert row(seen, "in-vain")["responseMessage"] == "WebSocket I/O error: Read timed out"


def test_a_close_frame_ends_the_stream(seen: dict[str, list[Row]]) -> None:
    failed = row(seen, "closing")

    assert failed["responseCode"] == "Sampler error: unexpected frame type (close)."
    assert failed["responseMessage"] == (
        "Received: Close frame with status code 1011 and close reason 'no more'"
    )


def test_what_came_during_a_stream_that_failed_is_not_taken_for_an_opening(
    seen: dict[str, list[Row]],
) -> None:
    assert row(seen, "in-vain")["bytes"] == "0"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("unusable", "gone.ulaw cannot be loaded: NoSuchFileException"),
        ("empty", "empty.ulaw cannot be loaded: it is empty"),
    ],
)
def test_a_file_that_cannot_be_sent_is_not_a_lost_connection(
    seen: dict[str, list[Row]], name: str, why: str
) -> None:
    failed = row(seen, name)

    assert failed["responseCode"] == "Sampler error"
    assert failed["responseMessage"].endswith(why)
    assert [r["success"] for r in seen[name] if r["label"] == "close after a failed call"] == ["true"] * 2


def test_a_server_that_reads_no_more_holds_no_caller_for_ever(seen: dict[str, list[Row]]) -> None:
    assert row(seen, "deaf")["responseMessage"] == "WebSocket I/O error: Write timed out"
