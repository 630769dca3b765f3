"""The rows of one caller in each situation, as the plugin writes them (docs: what a JTL shows)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jmxgen.simulator.runs import Fault, Script, play
from jmxgen.simulator.runs.plan import Plan, Step, Times
from jmxgen.simulator.runs.rows import Row
from jmxgen.simulator.runs.server import Service

ERROR = "Websocket I/O error"
NOBODY = "Sampler configured for using existing connection, but there is no connection"


def played(*call: Step, faults: tuple[Fault, ...] = (), wait: float = 3.0, **plan: Any) -> list[Row]:
    """Return the rows of one caller's one pass."""
    made = Plan(
        callers=1,
        ramp=0.0,
        duration=120.0,
        loops=1,
        call=call,
        think=Times(kind="fixed", low=wait),
        listen=Times(kind="fixed", low=wait),
        **plan,
    )
    return play(Script(seed=1, plan=made, service=Service(warm_up=0.0), faults=faults)).rows


def shown(rows: list[Row]) -> list[tuple[str, str, bool]]:
    return [(row.code, row.message.removeprefix("WebSocket I/O error: "), row.ok) for row in rows]


def fault(name: str, **values: Any) -> tuple[Fault, ...]:
    return (Fault(name=name, values=values),)


def test_a_call_in_good_health() -> None:
    rows = played("open", "request", "write", "read", "optional read", "ping", "close")

    assert shown(rows) == [
        ("101", "Switching Protocols", True),
        ("200", "OK", True),
        ("200", "OK", True),
        ("200", "OK", True),
        ("No response", "Read timeout, no response received.", True),
        ("200", "OK", True),
        ("1000", "Connection closed; close reason: 'sampler requested close'.", True),
    ]
    assert [row.connected is not None for row in rows] == [True, *[False] * 6]
    assert [row.sent > 0 for row in rows] == [True, True, True, False, False, True, True]


@pytest.mark.parametrize(
    ("form", "code", "message"),
    [
        (429, "429", "Got unexpected status 429 with statusLine:HTTP/1.1 429 Too Many Requests"),
        (504, "504", "Got unexpected status 504 with statusLine:HTTP/1.1 504 Gateway Time-out"),
        ("reset", ERROR, "Connection reset"),
        ("eof", ERROR, "Empty response; connection closed."),
        ("refused", ERROR, "Connection refused"),
        ("tls", ERROR, "Socket is closed"),
        ("unreachable", ERROR, "Connect timed out"),
    ],
)
def test_a_refused_opening_and_what_follows_it(form: str | int, code: str, message: str) -> None:
    rows = played("open", "request", "close", faults=fault("endpoint", form=form))

    assert shown(rows) == [
        (code, message, False),
        ("Sampler error", NOBODY, False),
        ("", "No connection; nothing to close.", False),
    ]
    assert [row.start is None for row in rows] == [False, True, True]
    assert [row.closure for row in rows] == ["handshake", "", ""]


def test_an_opening_without_an_answer_times_out() -> None:
    rows = played("open", faults=fault("stall"), read_timeout=2.0)

    assert shown(rows) == [(ERROR, "Read timed out", False)]
    assert rows[0].end - (rows[0].start or 0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("form", "messages", "sent"),
    [
        ("reset", ["Connection reset by peer", "Broken pipe"], [False, False]),
        ("eof", ["end of stream", "Broken pipe"], [True, False]),
    ],
)
def test_a_loss_during_a_pause_is_noticed_by_the_next_request_and_repeated(
    form: str, messages: list[str], sent: list[bool]
) -> None:
    rows = played("open", "think", "request", "request", faults=fault("max-age", limit=1.0, form=form))[1:]

    assert [message for _, message, _ in shown(rows)] == messages
    assert [row.sent > 0 for row in rows] == sent
    assert [row.closure for row in rows] == ["data", ""]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("reset", "Connection reset"),
        ("eof", "end of stream"),
        ("cut", "WebSocket protocol error: expected payload of length 32, but can only read 3 bytes"),
    ],
)
def test_a_loss_during_a_read_is_noticed_at_once(form: str, message: str) -> None:
    rows = played("open", "read", faults=fault("max-age", limit=1.0, form=form))

    assert shown(rows)[1] == (ERROR, message, False)
    assert rows[1].end == pytest.approx(1.0, abs=0.2)


def test_a_close_frame_leaves_no_connection() -> None:
    rows = played("open", "think", "request", "request", faults=fault("max-age", limit=1.0, form=1011))[1:]

    assert shown(rows) == [
        (
            "Sampler error: unexpected frame type (close).",
            "Received: Close frame with status code 1011 and close reason 'maximum age'",
            False,
        ),
        ("Sampler error", NOBODY, False),
    ]


def test_a_close_sampler_that_finds_the_server_s_close_frame_succeeds() -> None:
    rows = played("open", "think", "close", faults=fault("max-age", limit=1.0, form=1001))

    assert shown(rows)[1] == ("1001", "Connection closed; close reason: 'maximum age'.", True)
    assert rows[1].closure == "data"


def test_a_late_answer_is_a_stall_and_is_taken_for_the_next_one_s() -> None:
    slow = fault("freeze", at=1.0, lasts=4.0)
    rows = played("open", "think", "request", "request", faults=slow, wait=2.0, read_timeout=2.0)[1:]

    assert shown(rows) == [(ERROR, "Read timed out", False), ("200", "OK", True)]
    assert [row.stall for row in rows] == [True, False]


def test_pings_without_a_filter_fail_the_sampler_that_reads_them() -> None:
    pings = fault("pings", interval=1.0, timeout=60.0)
    unfiltered = played("open", "think", "request", faults=pings, wait=1.5)
    answered = played("open", "think", "request", faults=pings, wait=1.5, pings="answered")

    assert shown(unfiltered)[1] == (
        "Sampler error: unexpected frame type (ping).",
        "Received: Ping frame with no application data",
        False,
    )
    assert shown(answered)[1] == ("200", "OK", True)


def test_the_first_request_opens_where_it_makes_a_new_connection() -> None:
    rows = played("request new", "request", "close")

    assert [row.code for row in rows] == ["101", "200", "1000"]
    assert rows[0].bytes > rows[1].bytes > 0
    assert rows[0].connected is not None


def test_texts_with_commas_are_quoted_and_unknown_times_are_zero(tmp_path: Path) -> None:
    made = Plan(callers=1, ramp=0.0, duration=10.0, loops=1, call=("request",))
    play(Script(seed=1, plan=made)).write_jtl(tmp_path / "x.jtl")

    lines = (tmp_path / "x.jtl").read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("timeStamp,elapsed,label,responseCode,")
    assert lines[1] == f'0,0,request,Sampler error,"{NOBODY}",Callers 1-1,,false,,0,0,1,1,null,0,0,0'
