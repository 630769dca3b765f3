from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.simulator.bench import Bench, trial


def talk(path: str, *says: str, protocol: str | None = None) -> list[Any]:
    """Say things on one connection, each after the answer to the one before; return the answers."""

    async def script(bench: Bench) -> None:
        await bench.call(path=path, says=says)

    found = trial(script, protocol=protocol)
    assert found.ends() == ["closed"]
    return [_decoded(answer) for answer in found.seen[0].answers]


def _decoded(answer: str) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return answer


def test_the_ivr_answers_by_type_and_echoes_the_rest() -> None:
    answers = talk(
        "anything", '{"type":"open"}', '{"type":"dtmf","digit":"1"}', '{"type":"ping"}', "hello", '{"a":1}',
        '{"type":"close"}',
    )  # fmt: skip

    assert answers == [
        {"type": "opened", "conversation": 1},
        {"type": "ok", "digit": "1"},
        {"type": "pong"},
        "hello",
        {"a": 1},
        {"type": "closed"},
    ]


def test_a_gather_input_prompts_and_waits_for_a_digit() -> None:
    answers = talk("ivr", '{"type":"gather","timeout":60,"prompt":"Digits?"}', '{"type":"dtmf","digit":"5"}')

    assert answers == [{"type": "prompt", "text": "Digits?"}, {"type": "ok", "digit": "5"}]


def test_a_gather_input_without_a_digit_says_so() -> None:
    async def script(bench: Bench) -> None:
        line = await bench.raw_client("ivr?gather=100ms")
        await line.send('{"type":"open"}')
        said = [json.loads(await line.recv())["type"] for _ in range(3)]
        await line.close()
        assert said == ["opened", "prompt", "no-input"]

    trial(script)


def test_notifications_are_answered_as_by_genesys_cloud() -> None:
    answers = talk(
        "notifications/channel",
        '{"message":"ping"}',
        '{"message":"subscribe","topics":["v2.users.1.presence"],"correlationId":"x"}',
        '{"message":"subscribe","topics":"all"}',
        json.dumps({"message": "subscribe", "topics": [str(n) for n in range(1001)]}),
        "hello",
    )

    assert answers[0] == {"topicName": "channel.metadata", "eventBody": {"message": "pong"}}
    assert answers[1] == {"result": "200", "status": "subscribed", "correlationId": "x"}
    assert [answer["result"] for answer in answers[2:]] == ["400", "400", "400"]


def test_a_channel_has_heartbeats() -> None:
    async def script(bench: Bench) -> None:
        line = await bench.raw_client("notifications?heartbeat=100ms")
        beats = [json.loads(await line.recv()) for _ in range(2)]
        await line.close()
        assert {beat["eventBody"]["message"] for beat in beats} == {"WebSocket Heartbeat"}

    trial(script)


def message(kind: str, seq: int, **parameters: Any) -> str:
    return json.dumps({"version": "2", "type": kind, "id": "s-1", "seq": seq, "parameters": parameters})


def test_an_audiohook_session_goes_from_open_to_closed() -> None:
    media = [{"type": "audio", "format": "PCMU", "channels": ["external"], "rate": 8000}]

    answers = talk(
        "audiohook/ws",
        message("open", 1, media=[*media, {"type": "audio", "format": "L16"}]),
        message("ping", 2),
        message("dtmf", 3, digit="1"),
        message("close", 4, reason="end"),
    )

    assert [answer["type"] for answer in answers] == ["opened", "pong", "event", "closed"]
    assert [(answer["seq"], answer["clientseq"]) for answer in answers] == [(n, n) for n in (1, 2, 3, 4)]
    assert {answer["id"] for answer in answers} == {"s-1"}
    assert answers[0]["parameters"] == {"startPaused": False, "media": media}


@pytest.mark.parametrize("said", ["hello", "[]", message("ping", 1), '{"version":"3","type":"open"}'])
def test_an_audiohook_session_that_begins_wrongly_is_disconnected(said: str) -> None:
    (answer,) = talk("ws", said, protocol="audiohook")

    assert (answer["type"], answer["parameters"]["reason"]) == ("disconnect", "error")


def test_audio_and_informing_messages_get_no_answer() -> None:
    async def script(bench: Bench) -> None:
        line = await bench.raw_client("audiohook")
        await line.send(message("open", 1))
        await line.send(b"\0" * 1600)
        await line.send(message("update", 2))
        await line.send(message("ping", 3))
        said = [json.loads(await line.recv())["type"] for _ in range(2)]
        await line.close()
        assert said == ["opened", "pong"]

    trial(script)
