"""Replies while waiting, text terminators and logins, against servers that insist on them."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.listening import listening
from tests.e2e.speaking import run_scenarios, speaking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.asyncio.server import ServerConnection

    from tests.e2e.generated import Row

pytestmark = pytest.mark.jmeter

LOAD = "load: {callers: 2, ramp_up: 0s}\nreconnect: {max_attempts: 1}\n"
HEARD: dict[str, list[Any]] = {}


async def engine(server: ServerConnection) -> None:
    """Ping with "2" as Engine.IO does, and leave a client that does not say "3" in time."""

    pongs: asyncio.Queue[str] = asyncio.Queue()

    async def ping() -> None:
        while True:
            await asyncio.sleep(0.7)
            try:
                await server.send("2")
                await asyncio.wait_for(pongs.get(), 4.0)
            except TimeoutError:
                await server.close(4000, "ping timeout")
                return
            except ConnectionClosed:
                return

    pings = asyncio.create_task(ping())
    with contextlib.suppress(ConnectionClosed):
        await talk(server, pongs)
    pings.cancel()


async def talk(server: ServerConnection, pongs: asyncio.Queue[str]) -> None:
    async for message in server:
        if message == "3":
            pongs.put_nowait("3")
        elif message == "later":
            await asyncio.sleep(1.5)
            await server.send("came in the pause")
        else:
            await server.send(f"answer to {message!s}")


async def acknowledged(server: ServerConnection) -> None:
    """Send numbered events and keep what the client says."""
    await server.send('{"event":1,"id":"a-1"}')
    await server.send('{"event":2,"id":"b-2"}')
    try:
        async for message in server:
            HEARD.setdefault("acknowledged", []).append(message)
            if message == "done":
                await server.send("bye")
    except ConnectionClosed:
        pass


async def terminated(server: ServerConnection) -> None:
    """Answer only text messages that end with U+001E or NUL, and end the answers so."""
    async for message in server:
        HEARD.setdefault("terminated", []).append(message)
        if not isinstance(message, str) or message[-1:] not in ("\x1e", "\0"):
            await server.close(1007, "no terminator")
            return
        await server.send(f"you said {message}")


async def cookies(server: ServerConnection) -> None:
    """Answer with the cookie and the token of the upgrade request."""
    assert server.request
    sent = (server.request.headers.get("Cookie"), server.request.headers.get("X-Token"))
    HEARD.setdefault("cookies", []).append(sent)
    async for _ in server:
        await server.send(str(sent))


@pytest.fixture(scope="module")
def login() -> Iterator[str]:
    class Login(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            HEARD.setdefault("login", []).append(self.headers.get("Cookie"))
            if self.path == "/welcome":
                self.answer(200, {})
            else:
                self.answer(302, {"Location": "/welcome", "X-Token": "t-7"})

        def answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status == 302:
                self.send_header("Set-Cookie", "theme=dark; Path=/")
                self.send_header("Set-Cookie", "session=s-42; Path=/; HttpOnly")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Login)
    with listening(server):
        yield f"http://127.0.0.1:{server.server_port}/login"


SCENARIOS = {
    "engine": """
on: [{regex: "^2$", send: "3"}]
call:
  - request: {send: hello, within: 20s}
  - listen: 5s
  - expect: {contains: never, within: 2s}
    label: waits in vain
""",
    "pausing": """
on: [{regex: "^2$", send: "3"}]
call:
  - send: later
  - pause: 6s
  - expect: {contains: came in the pause, within: 5s}
  - ping:
  - request: {send: hello, within: 20s}
""",
    "listening": """
call:
  - listen: 6s
    on: [{contains: "2", send: "3"}]
  - request: {send: hello, contains: answer to hello, within: 20s}
""",
    "silent": "call:\n  - listen: 8s\n  - request: {send: hello, contains: answer, within: 20s}\n",
    "acknowledged": """
on:
  - regex: '"event":(\\d+),"id":"([^"]+)"'
    send: '{"ack":${ws_group_1},"of":"${ws_group_2}","by":"${who}"}'
    pass_on: true
call:
  - set: {variable: who, value: ann}
  - expect: {contains: b-2, within: 20s}
  - request: {send: done, contains: bye, within: 20s}
""",
    "terminated": """
call:
  - set: {variable: name, value: "Zoë"}
  - request:
      send: "{\\"type\\":1,\\"name\\":\\"${name} \\\\\\\\ \\"}\\x1e"
      contains: "\\"}\\x1e"
      within: 20s
  - request: {send: "CONNECT\\nhost:${name}\\n\\n\\0", regex: "\\n\\0$", within: 20s}
  - if:
      contains: "\\0"
      then: [{request: {send: "ends\\0", contains: ends, within: 20s}, label: ended with NUL}]
""",
    "cookies": """
call:
  - http: {url: "LOGIN"}
  - set: {variable: token, header: X-Token}
  - set: {variable: session, cookie: session}
  - request: {send: hi, contains: session=s-42, within: 20s}
  - request: {send: "${session}", contains: t-7, within: 20s}
""",
}
PATHS = {"pausing": "engine", "listening": "engine", "silent": "engine"}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, login: str) -> dict[str, list[Row]]:
    talks = {"engine": engine, "acknowledged": acknowledged, "terminated": terminated, "cookies": cookies}
    HEARD.clear()
    with speaking(talks) as url:
        texts = {
            name: f'target: {{url: "{url}/{PATHS.get(name, name)}"{_headers(name)}}}\n{LOAD}{text}'
            for name, text in SCENARIOS.items()
        }
        texts["cookies"] = texts["cookies"].replace("LOGIN", login).replace("load: {", "load: {calls: 2, ")
        return run_scenarios(texts, tmp_path_factory.mktemp("talking"))


def _headers(name: str) -> str:
    return (
        ', headers: {X-Token: "${token}"}, cookies: {node: "n-${__threadNum}"}' if name == "cookies" else ""
    )


def failures(rows: list[Row]) -> list[tuple[str, str, str]]:
    return [(r["label"], r["responseMessage"], r["failureMessage"]) for r in rows if r["success"] == "false"]


def test_pings_of_the_application_are_answered_while_any_step_waits(seen: dict[str, list[Row]]) -> None:
    waits = "waits in vain"
    assert failures(seen["engine"]) == [(waits, "WebSocket I/O error: Read timed out", "")] * 2
    assert len([r for r in seen["engine"] if r["label"] == "close after a failed call"]) == 2
    assert failures(seen["pausing"]) == failures(seen["listening"]) == []


def test_a_pause_keeps_what_a_later_step_waits_for(seen: dict[str, list[Row]]) -> None:
    assert len([r for r in seen["pausing"] if r["label"] == "expect came in the pause"]) == 2


def test_without_replies_the_server_leaves(seen: dict[str, list[Row]]) -> None:
    assert {message for _, message, _ in failures(seen["silent"])} == {
        "Received: Close frame with status code 4000 and close reason 'ping timeout'"
    }


def test_replies_hold_what_the_message_and_the_variables_say(seen: dict[str, list[Row]]) -> None:
    assert failures(seen["acknowledged"]) == []
    acknowledged = [json.loads(text) for text in HEARD["acknowledged"] if text != "done"]
    assert sorted(acknowledged, key=lambda m: int(m["ack"])) == [
        *[{"ack": 1, "of": "a-1", "by": "ann"}] * 2,
        *[{"ack": 2, "of": "b-2", "by": "ann"}] * 2,
    ]


def test_a_text_message_ends_with_its_terminator(seen: dict[str, list[Row]]) -> None:
    assert failures(seen["terminated"]) == []
    assert len([r for r in seen["terminated"] if r["label"] == "ended with NUL"]) == 2
    assert set(HEARD["terminated"]) == {
        '{"type":1,"name":"Zoë \\\\ "}\x1e',
        "CONNECT\nhost:Zoë\n\n\0",
        "ends\0",
    }


def test_a_login_by_http_goes_with_the_upgrade(seen: dict[str, list[Row]]) -> None:
    assert failures(seen["cookies"]) == []
    sent = [({*cookie.split("; ")}, token) for cookie, token in HEARD["cookies"]]
    assert len(sent) == 4
    for cookie, token in sent:
        assert {"theme=dark", "session=s-42"} < cookie
        assert len([c for c in cookie if c.startswith("node=n-")]) == 1
        assert token == "t-7"


def test_each_login_begins_without_the_cookies_of_the_one_before(seen: dict[str, list[Row]]) -> None:
    assert seen["cookies"]
    first = [cookie for cookie in HEARD["login"] if "session" not in (cookie or "")]
    assert len(first) == 4  # and after the redirect four with the session
    assert len(HEARD["login"]) == 8
