"""Connections rebuilt from rows: each way that one begins and ends, with rows as the samplers write them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from jmxgen.analysis import reading
from jmxgen.analysis.model import CONNECTION_COLUMNS, Run
from tests import jtl_rows
from tests.jtl_rows import (
    START,
    Row,
    broken,
    closed,
    goodbye,
    idle,
    nothing,
    nothing_to_close,
    opened,
    refused,
    used,
    written,
)


def read(folder: Path, *rows: Row) -> Run:
    return reading.read([jtl_rows.file(folder, rows)])


def lives(folder: Path, *rows: Row) -> list[dict[str, Any]]:
    records = read(folder, *rows).connections.to_dict("records")
    return [{str(name): value for name, value in record.items()} for record in records]


def ends(folder: Path, *rows: Row) -> list[tuple[str, str]]:
    return [(life["end"], life["kind"]) for life in lives(folder, *rows)]


def test_the_table_has_its_columns_in_their_types_even_when_empty(tmp_path: Path) -> None:
    for rows in ([], [used(0)], [opened(0)]):
        frame = read(tmp_path, *rows).connections
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == dict(CONNECTION_COLUMNS)


def test_a_connection_that_is_opened_used_and_closed(tmp_path: Path) -> None:
    (life,) = lives(tmp_path, opened(0), used(10), idle(20), used(1100), closed(1200))
    assert (life["end"], life["kind"], life["code"], life["status"]) == ("closed", "", 1000, 0)
    assert life["attempted_at"] == START
    assert life["opened_at"] == START + 5
    assert life["noticed_at"] == life["last_alive_at"] == START + 1201
    assert (life["opener"], life["label"]) == ("open", "close")
    assert (life["samples"], life["aftermath_rows"], life["stalls"]) == (5, 0, 0)
    assert life["longest_idle"] == 1088  # from the answer at 12 to the request at 1100, idle read included
    assert life["handshake_ms"] == 5


def test_an_end_of_file_on_a_read_is_a_data_closure_and_what_follows_its_aftermath(tmp_path: Path) -> None:
    rows = (
        opened(0),
        used(100),
        broken(900, "end of stream", sent=11),
        broken(910, "Broken pipe"),
        broken(920, "Broken pipe", label="close"),
        nothing(),
    )
    found = read(tmp_path, *rows)
    (life,) = found.connections.to_dict("records")
    assert (life["end"], life["kind"], life["code"]) == ("data", "abnormal", 1006)
    assert (life["label"], life["reason"]) == ("use", "end of stream")
    assert (life["last_alive_at"], life["noticed_at"]) == (START + 102, START + 900)
    assert life["last_frame_at"] == START + 102
    assert life["last_silence"] == 798
    assert life["aftermath_rows"] == found.aftermath == 3
    assert found.errors == 4


def test_a_read_that_was_waiting_tells_the_end_exactly(tmp_path: Path) -> None:
    (life,) = lives(tmp_path, opened(0), used(100), broken(200, "end of stream", took=3000, sent=11))
    assert life["last_alive_at"] == START + 200
    assert life["last_frame_at"] == START + 200  # its own request
    assert life["end_after"] == START + 2950
    assert life["noticed_at"] == START + 3200


def test_a_write_proves_no_life(tmp_path: Path) -> None:
    (life,) = lives(tmp_path, opened(0), written(1000), broken(2000, "Broken pipe"))
    assert life["last_alive_at"] == life["end_after"] == START + 5
    assert life["noticed_at"] == START + 2000


def test_a_reset_is_of_the_phase_of_its_thread(tmp_path: Path) -> None:
    reset = broken(100, "Connection reset")
    assert ends(tmp_path, dataclasses.replace(reset, label="open"), nothing()) == [("handshake", "reset")]
    assert ends(tmp_path, reset) == [("handshake", "reset")]
    assert ends(tmp_path, opened(0), reset) == [("data", "abnormal")]
    assert ends(tmp_path, opened(0), used(10), reset, reset, nothing_to_close()) == [("data", "abnormal")]


def test_an_opener_whose_handshake_fails_ends_what_was_open(tmp_path: Path) -> None:
    reset = dataclasses.replace(broken(100, "Connection reset"), label="open")
    again = [opened(200), closed(300)]
    found = lives(tmp_path, opened(0), used(10), reset, nothing(), *again)
    assert [(life["end"], life["kind"]) for life in found] == [
        ("leaked", ""),
        ("handshake", "reset"),
        ("closed", ""),
    ]
    assert found[0]["noticed_at"] == START + 100


def test_a_sample_that_opens_and_then_fails_is_a_data_closure(tmp_path: Path) -> None:
    for text in ("end of stream", "Connection reset"):
        (life,) = lives(tmp_path, broken(0, text, took=150, received=129, sent=11, connect=3))
        assert (life["end"], life["kind"]) == ("data", "abnormal")
        assert life["opened_at"] == START + 3
    (life,) = lives(tmp_path, goodbye(0, "1013", received=129))
    assert (life["end"], life["kind"], life["code"]) == ("data", "server_close", 1013)


def test_a_close_frame_keeps_its_code_and_reason(tmp_path: Path) -> None:
    rows = (opened(0), goodbye(500, "1008", "policy"), nothing(), nothing_to_close())
    (life,) = lives(tmp_path, *rows)
    assert (life["end"], life["kind"], life["code"]) == ("data", "server_close", 1008)
    assert (life["reason"], life["aftermath_rows"]) == ("policy", 2)


def test_a_connection_that_never_answers_again_is_silent(tmp_path: Path) -> None:
    late = broken(8000, "Read timed out", took=3000, sent=11)
    again = dataclasses.replace(late, at=12000)
    silent = read(tmp_path, opened(0), used(500, took=20), late, again).connections.iloc[0]
    assert (silent["silent"], silent["stalls"], silent["end"]) == (True, 2, "open")
    assert (silent["stalled_at"], silent["stall_idle"]) == (START + 8000, 7480)
    answered = read(tmp_path, opened(0), used(500), late, again, used(16000)).connections.iloc[0]
    assert not answered["silent"]


def test_a_loss_while_an_answer_is_pending_keeps_how_long_it_was(tmp_path: Path) -> None:
    (life,) = lives(tmp_path, opened(0), broken(100, "end of stream", took=4000, sent=11))
    assert life["pending_ms"] == 4000
    (life,) = lives(tmp_path, opened(0), broken(100, "end of stream", took=4000))
    assert math.isnan(life["pending_ms"])


def test_no_answer_is_a_stall_on_an_open_connection_and_a_closure_in_the_handshake(tmp_path: Path) -> None:
    late = broken(100, "Read timed out", took=6000, sent=11)
    found = read(tmp_path, opened(0), late, used(7000), closed(7100))
    assert found.connections["end"].tolist() == ["closed"]
    assert found.connections["stalls"].tolist() == [1]
    assert (found.stalls, found.aftermath, found.seconds["stalls"].sum()) == (1, 0, 1)
    late = dataclasses.replace(late, label="open", sent=0)
    assert ends(tmp_path, late, nothing()) == [("handshake", "timeout")]


def test_an_error_text_that_nobody_knows_is_a_stall_when_the_connection_lives_on(tmp_path: Path) -> None:
    strange = broken(100, "Превышен таймаут", took=6000)
    assert ends(tmp_path, opened(0), used(50), strange, used(7000), closed(7100)) == [("closed", "")]
    assert ends(tmp_path, opened(0), used(50), strange, broken(7000, "Broken pipe")) == [("data", "abnormal")]


def test_attempts_are_numbered_and_their_waits_measured(tmp_path: Path) -> None:
    rows = (
        refused(0),
        refused(1003),
        opened(5006),
        broken(6000, "end of stream"),
        refused(8000, 429),
        opened(9000),
        closed(9100),
    )
    found = lives(tmp_path, *rows)
    assert [life["connection"] for life in found] == [1, 2, 3, 4, 5]
    assert [life["attempt"] for life in found] == [1, 2, 3, 1, 2]
    assert [life["wait"] for life in found[1:]] == [1000, 4000, 2000, 997]
    assert [life["status"] for life in found] == [503, 503, 0, 429, 0]


def test_no_connection_is_never_a_closure(tmp_path: Path) -> None:
    found = read(tmp_path, nothing(), nothing_to_close(), nothing())
    assert len(found.connections) == 0
    assert (found.aftermath, found.unattributed) == (3, 0)


def test_rows_without_a_time_take_that_of_the_row_before_them(tmp_path: Path) -> None:
    found = read(tmp_path, refused(5000), nothing(), nothing(), opened(9000), closed(9500))
    assert found.seconds.index.tolist() == [0, 1, 2, 3, 4]
    assert found.seconds["aftermath"].tolist() == [2, 0, 0, 0, 0]
    assert found.start_ms == START + 5000


@pytest.mark.parametrize(
    ("row", "end"),
    [
        (closed(500, "1001", "going away"), ("data", "server_close")),  # its frame lay unread
        (closed(500, "1000", ""), ("closed", "")),
        (broken(500, "Read timed out", took=6000, label="close", sent=31), ("closed", "")),
        (broken(500, "Broken pipe", label="close"), ("data", "abnormal")),
        (broken(500, "Connection reset by peer", label="close"), ("data", "abnormal")),
        (broken(500, "end of stream", label="close", sent=31), ("data", "abnormal")),
        (
            Row(
                at=500,
                label="close",
                code="WebSocket error: unsuccesful close.",
                message="WebSocket error: received not a close frame, but Text frame with text 'late'",
                good=False,
                sent=31,
            ),
            ("closed", ""),
        ),
    ],
)
def test_what_a_close_meets_tells_whether_the_connection_had_been_lost(
    row: Row, end: tuple[str, str], tmp_path: Path
) -> None:
    assert ends(tmp_path, opened(0), used(10), row, opened(9000), closed(9100)) == [end, ("closed", "")]


def test_a_server_that_hangs_up_on_every_close_loses_nothing(tmp_path: Path) -> None:
    calls = [
        row
        for n in range(25)
        for row in (
            opened(n * 100),
            used(n * 100 + 10),
            broken(n * 100 + 20, "end of stream", label="close", sent=31),
            nothing_to_close(),
        )
    ]
    assert set(ends(tmp_path, *calls)) == {("closed", "")}


def pinged(at: int, took: int) -> Row:
    code, message = "Sampler error: unexpected frame type (ping).", "Received: Ping frame with no data"
    return Row(at=at, took=took, code=code, message=message, good=False)


def test_a_ping_read_at_once_had_lain_in_the_socket_and_one_waited_for_shows_life(tmp_path: Path) -> None:
    rest = (used(5000), broken(9000, "Broken pipe"))
    (found_there,) = lives(tmp_path, opened(0), used(10), pinged(3000, 0), *rest)
    (waited_for,) = lives(tmp_path, opened(0), used(10), pinged(3000, 500), *rest)
    # What is read at 5000 is the answer that the ping was read in place of.
    assert found_there["last_alive_at"] == found_there["end_after"] == START + 12
    assert waited_for["last_alive_at"] == waited_for["end_after"] == START + 3500
    assert (found_there["longest_idle"], waited_for["longest_silence"]) == (5, 2988)
    for life in (found_there, waited_for):
        assert (life["end"], life["pings"], life["samples"]) == ("data", 1, 5)


def test_answers_after_a_ping_are_proved_by_a_close_that_is_answered(tmp_path: Path) -> None:
    (life,) = lives(tmp_path, opened(0), used(10), pinged(3000, 0), used(5000), closed(5100))
    assert (life["end"], life["pings"]) == ("closed", 1)
    assert life["last_alive_at"] == START + 5101
    assert life["longest_silence"] == 2988


def test_a_connection_that_is_opened_over_another_leaves_it_behind(tmp_path: Path) -> None:
    found = lives(tmp_path, opened(0), used(10), opened(500), closed(600))
    assert [life["end"] for life in found] == ["leaked", "closed"]
    assert found[0]["noticed_at"] == START + 500


def test_what_may_still_be_open_at_the_files_end_is_open_and_what_a_finished_thread_left_is_leaked(
    tmp_path: Path,
) -> None:
    first = [dataclasses.replace(row, threads=2) for row in (opened(0), used(100))]
    second = [
        dataclasses.replace(row, thread="callers 1-2", threads=1)
        for row in (opened(1000), used(2000), used(3000))
    ]
    assert [life["end"] for life in lives(tmp_path, *first, *second)] == ["leaked", "open"]
    second = [dataclasses.replace(row, threads=2) for row in second]
    assert [life["end"] for life in lives(tmp_path, *first, *second)] == ["open", "open"]


def test_other_samplers_rows_are_no_frames(tmp_path: Path) -> None:
    http = Row(at=5000, took=50, received=500, sent=100, url="http://127.0.0.1/")
    script = Row(at=6000, took=1, label="script")
    slow = dataclasses.replace(http, url="null", connect=5)
    failed = dataclasses.replace(http, code="500", message="Internal Server Error", good=False)
    (life,) = lives(tmp_path, opened(0), used(10), http, script, slow, failed, broken(9000, "Broken pipe"))
    assert life["last_alive_at"] == START + 12
    assert life["samples"] == 3


def test_a_script_that_returns_something_is_told_from_a_read_by_where_it_runs(tmp_path: Path) -> None:
    def script(at: int) -> Row:
        return Row(at=at, label="prepare", received=5)

    def heard(at: int) -> Row:
        return Row(at=at, label="hear", received=5)

    rows = [script(0), opened(10), heard(20), closed(30), script(40), opened(50), script(60), heard(70)]
    found = lives(tmp_path, *rows, broken(5000, "Broken pipe"))
    assert [life["samples"] for life in found] == [3, 3]
    assert found[1]["last_frame_at"] == START + 70


def test_transactions_are_no_events(tmp_path: Path) -> None:
    told = "Number of samples in transaction : 2, number of failing samples : 1"
    transaction = Row(at=0, took=10, label="call", code=jtl_rows.IO_ERROR, message=told, good=False)
    found = read(tmp_path, transaction, opened(0), broken(7, "end of stream"))
    assert len(found.connections) == 1
    assert (found.samples, found.rows, found.errors) == (2, 3, 2)


def test_a_loss_whose_opening_is_not_in_the_file_is_kept_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, broken(0, "end of stream"), nothing())
    (life,) = found.connections.to_dict("records")
    assert (life["end"], life["kind"], life["aftermath_rows"]) == ("data", "abnormal", 1)
    assert life["attempted_at"] != life["attempted_at"]
    assert any("no opening row" in note for note in found.notes)


def test_a_setting_that_the_sampler_refuses_is_the_clients_own_failure(tmp_path: Path) -> None:
    row = Row(
        at=None,
        label="open",
        code="Sampler error",
        message="Sampler error: Port number '0' is not valid.",
        good=False,
    )
    assert ends(tmp_path, row) == [("handshake", "client")]
    found = read(tmp_path, opened(0), dataclasses.replace(row, label="use"), used(10), closed(20))
    assert found.connections["end"].tolist() == ["closed"]
    assert found.unattributed == 1


def test_one_name_in_two_files_is_two_threads(tmp_path: Path) -> None:
    one = jtl_rows.file(tmp_path, [opened(0), used(100)], "one.jtl")
    reset = broken(200, "Connection reset", label="open")
    other = jtl_rows.file(tmp_path, [reset, opened(300), closed(400)], "two.jtl")
    frame = reading.read([one, other]).connections
    assert frame["end"].tolist() == ["open", "handshake", "closed"]
    assert frame["connection"].tolist() == [1, 1, 2]
    assert frame["file"].tolist() == [str(one), str(other), str(other)]


def test_blazemeters_answer_that_came_too_late_is_no_handshake_closure(tmp_path: Path) -> None:
    late = Row(at=0, took=900, code="", message="Response timeout", good=False)
    gone = Row(at=1000, code="", message="Connection is closed", good=False)
    failed = Row(at=2000, code="", message="Connection error", good=False)
    found = read(tmp_path, late, gone, failed)
    assert found.connections["end"].tolist() == ["data", "handshake"]
    assert (found.unattributed, found.aftermath) == (1, 0)


@pytest.mark.parametrize(
    ("code", "message", "kind", "status"),
    [
        ("503", "Service Unavailable", "rejected", 503),
        ("503", "", "rejected", 503),
        ("429", "anything that a listener wrote", "rejected", 429),
        (
            "Non HTTP response code: java.net.ConnectException",
            "Non HTTP response message: Connection refused",
            "refused",
            0,
        ),
        ("500", "javax.script.ScriptException: nothing came", "protocol", 0),
    ],
)
def test_an_opener_that_fails_in_any_words_has_not_opened(
    tmp_path: Path, code: str, message: str, kind: str, status: int
) -> None:
    odd = Row(at=0, took=3, label="open", code=code, message=message, good=False)

    found = lives(tmp_path, odd, opened(10), used(20), closed(30), dataclasses.replace(odd, at=40))

    assert [(life["end"], life["kind"], life["status"]) for life in found] == [
        ("handshake", kind, status),
        ("closed", "", 0),
        ("handshake", kind, status),
    ]


def test_other_samplers_failures_are_not_handshakes(tmp_path: Path) -> None:
    login = Row(at=0, took=3, label="login", code="503", message="Service Unavailable", good=False)

    assert ends(tmp_path, login, opened(10), used(20), closed(30)) == [("closed", "")]
    assert read(tmp_path, login, opened(10), used(20), closed(30)).errors == 1


def test_an_opening_without_a_message_is_known_by_its_code(tmp_path: Path) -> None:
    silent = dataclasses.replace(opened(0), message="")

    assert ends(tmp_path, silent, used(20), closed(30)) == [("closed", "")]


@pytest.mark.parametrize(("before", "phase"), [([opened(0), used(10)], "data"), ([], "handshake")])
def test_an_exception_of_java_is_a_closure_whose_phase_the_threads_history_says(
    before: list[Row], phase: str, tmp_path: Path
) -> None:
    label = "use" if before else "open"
    code, said = (
        "Non HTTP response code: java.net.SocketException",
        "Non HTTP response message: Connection reset",
    )
    reset = Row(at=500, label=label, code=code, message=said, good=False)
    others = [dataclasses.replace(row, thread="callers 1-2") for row in (opened(0), used(10), closed(20))]
    page = dataclasses.replace(reset, label="page", thread="callers 1-3")
    connections = reading.read([jtl_rows.file(tmp_path, [*before, *others, reset, page])]).connections
    assert sorted(connections["end"].tolist()) == sorted(["closed", phase])
