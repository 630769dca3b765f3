"""Runs and logs joined: by id, caller or time, over runs, engines and nodes; and what comes of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jmxgen.analysis import server_log
from jmxgen.analysis.report import server_log as report
from jmxgen.analysis.server_log.clock import Offset
from jmxgen.errors import ResultError
from tests import made
from tests.connections import connection as bare
from tests.connections import frame

START = made.START
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
RUN = "ab12-" + "".join(DIGITS[int(START) // 36**n % 36] for n in range(7, -1, -1))
DAY = 86_400_000.0


def connection(caller: int, number: int = 1, at: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a connection of 5 s that JMeter closed, unless said otherwise."""
    begun = START + at
    usual = {
        "thread": f"callers 1-{caller}",
        "connection": number,
        "attempted_at": begun,
        "opened_at": begun + 4,
        "last_alive_at": begun + 5000,
        "noticed_at": begun + 5000,
        "last_frame_at": begun + 4900,
        "code": 1000,
    }
    return bare(**(usual | fields))


def refused(caller: int, number: int = 1, at: float = 0, **fields: Any) -> dict[str, Any]:
    begun = START + at
    usual = {
        "opened_at": math.nan,
        "noticed_at": begun + 3,
        "end": "handshake",
        "kind": "rejected",
        "status": 503,
        "code": 0,
    }
    return connection(caller, number, at, **(usual | fields))


def lost(caller: int, number: int = 1, at: float = 0, **fields: Any) -> dict[str, Any]:
    return connection(caller, number, at, **({"end": "data", "kind": "abnormal", "code": 1006} | fields))


def line(row: dict[str, Any], *, offset: float = 0.0, run: str = RUN, **fields: Any) -> str:
    """Return what a server logs of a connection, as a line of the simulator's truth."""
    opened = None if math.isnan(row["opened_at"]) else row["attempted_at"] + 2 + offset
    usual = {
        "id": 1,
        "path": "/ivr",
        "key": f"{run}-{row['thread'].split(' ')[1]}-{row['connection']}",
        "attempted_at": row["attempted_at"] + 2 + offset,
        "opened_at": opened,
        "end": "closed",
        "kind": "",
        "ended_at": row["noticed_at"] - 1 + offset,
        "status": row["status"] or None,
        "by": "client",
        "code": row["code"] or None,
        "close_frame": True,
    }
    return json.dumps(usual | fields)


Write = Callable[..., Path]


@pytest.fixture
def log(tmp_path: Path) -> Write:
    def write(lines: Iterable[str], name: str = "server.log") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{text}\n" for text in lines), encoding="utf-8")
        return path

    return write


def read(rows: list[dict[str, Any]], *paths: Path) -> server_log.ServerView:
    return server_log.read(frame(rows), paths)


def ended_by(view: server_log.ServerView) -> list[str]:
    return list(view.connections["server_ended_by"].astype(str))


# ------ Which line is about which connection


def test_lines_of_another_run_of_the_same_plan_are_left_out(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]
    yesterday = "ab12-" + RUN[5:8] + "00000"
    others = [line(row, run=yesterday, offset=-DAY) for row in rows]

    view = read(rows, log([*others, *map(line, rows)]))

    assert (view.joined, view.agreements, view.outside, view.unmatched_lines) == (8, 8, 8, 0)


def test_a_run_through_several_nodes_is_joined_from_all_their_logs(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]
    first = log(map(line, rows[::2]), "a.log")
    second = log((line(row, offset=3_600_000) for row in rows[1::2]), "b.log")

    view = read(rows, first, second)

    assert view.complete
    assert [file.joined for file in view.files] == [4, 4]
    assert view.files[0].clock_offset_ms == pytest.approx(0, abs=3)
    assert view.files[1].clock_offset_ms == pytest.approx(3_600_000, abs=3)


def test_callers_of_two_engines_with_the_same_numbers_are_told_apart_by_their_times(log: Write) -> None:
    first = [connection(n, at=100 * n) for n in range(1, 9)]
    second = [lost(n, at=100 * n + 7 * n) for n in range(1, 9)]
    for engine, rows in (("10.0.0.1:1099", first), ("10.0.0.2:1099", second)):
        for row in rows:
            row["thread"] = f"{engine}-{row['thread']}"
    lines = [line(row, run=RUN) for row in first]
    lines += [line(row, run=f"cd34-{RUN[5:]}", by="server", end="data") for row in second]

    view = read([*second, *first], log(reversed(lines)))

    assert view.complete
    assert ended_by(view) == ["server"] * 8 + ["client"] * 8


def spread(callers: int, *, calls: int = 3, step: float = 0.0) -> list[dict[str, Any]]:
    """Return connections that callers opened one after the other, at moments without a pattern."""
    return [
        connection(n, call, at=7000 * call + (n * 7919 + call * 104_729) % 6007 + step)
        for n in range(1, callers + 1)
        for call in range(1, calls + 1)
    ]


def identity(row: dict[str, Any]) -> str:
    return f"{RUN}-{row['thread'].split(' ')[1]}-{row['connection']}"


def other_generators(rows: list[dict[str, Any]], run: str) -> list[str]:
    """Return what a log has of another generator with callers of the same numbers."""
    return [
        line(row, run=run, offset=(n * 7919) % 3989, by="server", end="data", code=None)
        for n, row in enumerate(rows)
    ]


def test_callers_of_the_same_numbers_of_other_generators_are_left_out(log: Write) -> None:
    rows = spread(20)
    runs = [f"{n:04x}-{RUN[5:]}" for n in range(20)]  # more than lines are kept of one connection

    view = read(
        rows, log([text for run in runs for text in other_generators(rows, run)] + [*map(line, rows)])
    )

    assert (view.joined, view.agreements, view.contradictions) == (60, 60, ())
    assert view.clock_offset_ms == pytest.approx(0, abs=3)


def test_ids_whose_first_part_differs_in_each_are_joined_by_the_rest(log: Write) -> None:
    rows = spread(20)

    view = read(rows, log(line(row, run=str(int(row["attempted_at"]))) for row in rows))

    assert (view.joined, view.agreements) == (60, 60)


def test_of_an_id_that_was_sent_twice_one_counts(log: Write) -> None:
    rows = spread(20)
    lines = (haproxy(row, "----").replace("{", "{" + identity(row) + ", ") for row in rows)

    assert read(rows, log(lines)).joined == 60


def test_a_log_of_another_generator_alone_has_nothing_in_common(log: Write) -> None:
    rows = spread(20)

    with pytest.raises(ResultError, match="none of its 60 lines is about a connection of this run"):
        read(rows, log(other_generators(rows, f"cd34-{RUN[5:]}")))


def test_callers_named_in_the_query_are_joined_in_order(log: Write) -> None:
    rows = [connection(n, number, at=6000 * number + n) for n in range(1, 6) for number in (1, 2, 3)]
    lines = [
        line(row, key=None, path=f"/ivr?caller={row['thread'].split('-')[1]}", offset=-7_200_000)
        for row in rows
    ]

    view = read(rows, log(reversed(lines)))

    assert view.complete
    assert view.clock_offset_ms == pytest.approx(-7_200_000, abs=3)


def test_callers_of_several_engines_that_only_a_number_names_are_joined_by_time(log: Write) -> None:
    first = [connection(n, at=100 * n) for n in range(1, 9)]
    second = [lost(n, at=1000 + 130 * n) for n in range(1, 5)]
    for row in second:
        row["file"] = "engine2.jtl"
    rows = [*first, *second]
    lines = [line(row, key=None, path=f"/ivr?caller={row['thread'].split('-')[1]}") for row in rows]

    view = read(rows, log(reversed(lines)))

    assert (view.joined, view.by_time, view.unmatched_lines) == (12, 8, 0)
    assert view.files[0].notes == (
        "several engines have callers of the names in it: their times tell which is which",
    )


def test_without_any_id_the_status_decides_among_attempts_of_one_moment(log: Write) -> None:
    rows = [(refused if n % 3 == 0 else connection)(n, at=10 * n + 400 * (n % 7)) for n in range(1, 40)]

    view = read(rows, log(line(row, key=None) for row in rows))

    assert view.joined == len(rows)
    assert view.contradictions == ()


def test_a_log_with_nothing_in_common_is_an_error_in_one_line(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]
    path = log(line(row, run="ab12-aaaaaaaa") for row in rows)

    with pytest.raises(
        ResultError, match=r"none of its 8 lines is about a connection of this run \(the run was"
    ):
        read(rows, path)


def test_what_never_left_the_load_generator_is_not_missed_in_the_log(log: Write) -> None:
    rows = [
        connection(1),
        refused(2, kind="client", status=0),
        refused(3, kind="refused", status=0),
        connection(4),
    ]

    view = read(rows, log([line(rows[0])]))

    assert (view.joined, view.never_sent, view.unmatched_connections) == (1, 2, 1)


def test_a_login_with_the_id_of_the_connection_is_another_request(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)] + [refused(9)]
    logins = [line(row, path="/login", opened_at=None, status=200) for row in rows[:8]]

    view = read(rows, log([*logins, *map(line, rows)]))

    assert (view.joined, view.agreements, view.contradictions, view.outside) == (9, 9, (), 8)
    assert view.files[0].notes == (
        "answers to other requests with a connection's id, such as a login, are left out (8 lines)",
    )


def test_a_login_that_was_refused_first_is_another_request_too(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)] + [refused(9, status=429)]
    logins = [line(row, path="/login", opened_at=None, status=401, by="server") for row in rows]

    view = read(rows, log([*logins, *map(line, rows)]))

    assert (view.joined, view.agreements, view.contradictions, view.outside) == (9, 9, (), 9)
    assert view.clock_offset_ms == pytest.approx(0, abs=3)


@pytest.mark.parametrize("status", [101, None])
def test_an_opening_and_an_end_in_lines_of_their_own_are_one_connection(
    log: Write, tmp_path: Path, status: int | None
) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)] + [lost(9)]
    mapping = tmp_path / "map.yaml"
    mapping.write_text("{id: id, opened: opened, ended: ended, status: status, code: code, who: by}")
    lines = []
    for row in rows:
        identity = f"{RUN}-{row['thread'].split(' ')[1]}-1"
        lines.append(json.dumps({"id": identity, "opened": row["attempted_at"] + 2, "status": status}))
        ender = "server" if row["end"] == "data" else "client"
        lines.append(json.dumps({"id": identity, "ended": row["noticed_at"], "by": ender, "code": 1006}))

    view = server_log.read(frame(rows), [log(lines)], format=str(mapping))

    assert (view.joined, view.agreements, view.contradictions) == (9, 9, ())
    assert ended_by(view) == ["client"] * 8 + ["server"]
    assert view.connections["server_seconds"].tolist() == pytest.approx([4.998] * 9)
    assert view.clock_offset_ms == pytest.approx(0, abs=3)


def test_an_end_without_a_status_refuses_nothing(log: Write, tmp_path: Path) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]
    mapping = tmp_path / "map.yaml"
    mapping.write_text("{id: id, ended: ended}")
    lines = (
        json.dumps({"id": f"{RUN}-{row['thread'].split(' ')[1]}-1", "ended": row["noticed_at"]})
        for row in rows
    )

    view = server_log.read(frame(rows), [log(lines)], format=str(mapping))

    assert (view.joined, view.agreements, view.contradictions) == (8, 8, ())


def test_others_connections_within_the_run_are_counted(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]
    stranger = line(rows[0], key=None, path="/ivr")

    view = read(rows, log([*map(line, rows), stranger]))

    assert (view.joined, view.unmatched_lines, view.complete) == (8, 1, False)
    assert view.peak_open == 9


def test_by_time_what_fits_no_other_connection_is_held_against_it(log: Write) -> None:
    rows = [connection(n, at=500 * n) for n in range(1, 9)] + [lost(9, at=4500), lost(10, at=4503)]
    lines = [line(row, key=None, by="client") for row in rows]

    view = read(rows[:9], log(lines[:9]))
    crowded = read(rows, log(lines))

    assert [(each.kind, each.count) for each in view.contradictions] == [("cut between", 1)]
    assert crowded.contradictions == ()  # the two may be taken for each other
    assert (view.by_time, crowded.by_time) == (9, 10)


def test_by_time_a_log_of_another_generator_at_the_same_moment_is_not_the_runs(log: Write) -> None:
    rows = spread(40)

    with pytest.raises(ResultError, match="none of its 120 lines is about a connection of this run"):
        read(rows, log(line(row, key=None, offset=(n * 7919) % 97) for n, row in enumerate(rows)))


def test_by_time_a_log_that_contradicts_many_statuses_is_still_the_runs(log: Write) -> None:
    rows = [(refused if n % 3 == 0 else connection)(n, at=700 * n) for n in range(1, 40)]

    view = read(
        rows, log(line(row, key=None, opened_at=row["attempted_at"] + 2, by="server") for row in rows)
    )

    assert (view.joined, view.by_time) == (39, 39)
    assert [(each.kind, each.count) for each in view.contradictions] == [("phase", 13)]


def test_callers_of_a_log_with_others_of_their_names_are_held_against_nobody(log: Write) -> None:
    rows = [lost(n, at=900 * n) for n in range(1, 9)]
    named = [f"/ivr?caller={n}" for n in range(1, 9)]
    own = [line(row, key=None, path=path, by="client") for row, path in zip(rows, named, strict=True)]
    others = [line(row, key=None, path=path, offset=2500) for row, path in zip(rows, named, strict=True)]

    assert [each.count for each in read(rows, log(own)).contradictions] == [8]
    assert read(rows, log([*own, *others])).contradictions == ()


# ------ Who ended it, and contradictions


def test_a_client_that_left_by_the_log_alone_was_cut_off_in_between(log: Write) -> None:
    rows = [connection(1), lost(2), lost(3)]

    view = read(
        rows, log([line(rows[0]), line(rows[1], end="leaked"), line(rows[2], by="server", end="data")])
    )

    assert ended_by(view) == ["client", "network", "server"]
    (found,) = view.contradictions
    assert (found.kind, found.count) == ("cut between", 1)
    assert found.what.startswith(
        "1 connection was lost without a close frame, while the log says that the client left"
    )
    assert found.examples == ("callers 1-2 #1: JMeter data abnormal 1006; log 101 leaked 1006 client",)
    assert (view.agreements, view.joined - view.agreements) == (2, 1)


@pytest.mark.parametrize(
    ("row", "fields", "kind"),
    [
        (lost(1), {"end": "data", "by": "server", "code": 1011}, "close frame lost"),
        (
            lost(1, kind="server_close", code=1001),
            {"end": "data", "by": "server", "code": 1011},
            "close code",
        ),
        (connection(1), {"end": "data", "by": "server", "code": 1011}, "closed twice"),
        (connection(1), {"opened_at": None, "status": 503, "by": "server"}, "never opened"),
        (refused(1), {"opened_at": START, "by": "client"}, ""),
        (refused(1), {"opened_at": START, "by": "server"}, "phase"),
        (refused(1), {"status": 502, "by": "server"}, "status"),
        (refused(1, kind="timeout", status=0), {"opened_at": START, "by": "server"}, ""),
        (connection(1, end="open", noticed_at=math.nan), {"ended_at": START + 5009, "end": "leaked"}, ""),
        (connection(1), {"ended_at": START + 500}, "ended early"),
        (lost(1), {"ended_at": START + 500, "by": "server", "end": "data", "code": None}, "ended early"),
    ],
)
def test_what_both_sides_cannot_say_of_one_connection(
    log: Write, row: dict[str, Any], fields: dict[str, Any], kind: str
) -> None:
    view = read([row], log([line(row, **fields)]))

    assert [each.kind for each in view.contradictions] == ([kind] if kind else [])


def test_a_proxys_own_reason_counts_more_than_what_its_server_saw(log: Write) -> None:
    row = lost(1)
    truth = line(row, end="leaked")
    proxy = (
        f"10.0.0.9:5 [21/Sep/2026:14:13:20.001] in ivr/ivr1 0/0/0/1/4990 101 9 - - cD-- 1/1/1/1/0 0/0 "
        f'{{{RUN}-1-1-1}} "GET /ivr HTTP/1.1"'
    )

    view = read([row], log([truth, proxy]))

    assert ended_by(view) == ["proxy"]
    assert view.contradictions == ()
    assert [(named.cause, named.connections) for named in view.named] == [("idle-timeout", 1)]
    assert view.named[0].seconds == pytest.approx(0.09, abs=0.01)


@pytest.mark.parametrize("row", [connection(1), lost(1, kind="server_close", code=1011)])
def test_after_a_close_frame_it_is_no_contradiction_who_closed_tcp_first(
    log: Write, row: dict[str, Any]
) -> None:
    view = read([row], log([line(row, end="closed", by="client"), haproxy(row, "SD--")]))

    assert view.contradictions == ()


def test_what_jmeter_closed_itself_is_no_case_of_a_cause_that_the_log_names(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 5)] + [lost(5)]

    view = read(rows, log(haproxy(row, "cD--") for row in rows))

    assert [(each.cause, each.connections, each.ended_by) for each in view.named] == [
        ("idle-timeout", 1, "proxy")
    ]
    assert list(view.connections["server_flags"].astype(str)) == ["cD"] * 5


def test_the_columns_are_typed_and_empty_where_nothing_is_known(log: Write) -> None:
    rows = [connection(1), connection(2)]

    frame = read(rows, log([line(rows[0])])).connections

    assert {name: str(kind) for name, kind in frame.dtypes.items()} == dict(server_log.SERVER_COLUMNS)
    assert frame.iloc[1].to_dict() | {"server_opened_at": 0, "server_ended_at": 0, "server_seconds": 0} == {
        "server_opened_at": 0,
        "server_ended_at": 0,
        "server_status": 0,
        "server_code": 0,
        "server_flags": "",
        "server_seconds": 0,
        "server_ended_by": "unknown",
        "named_cause": "",
    }
    assert pd.isna(frame["server_ended_at"].iloc[1])
    assert frame["server_seconds"].iloc[0] == pytest.approx(4.997)


# ------ Several logs, and logs of other runs


def haproxy(
    row: dict[str, Any], flags: str, *, offset: float = 0.0, query: str = "", total: str = "4999"
) -> str:
    at = pd.Timestamp(row["attempted_at"] + 1 + offset, unit="ms").strftime("%d/%b/%Y:%H:%M:%S.%f")[:-3]
    captured = "" if query else f"{{{RUN}-{row['thread'].split(' ')[1]}-{row['connection']}}} "
    return (
        f"10.0.0.9:5 [{at}] in ivr/ivr1 0/0/0/1/{total} 101 9 - - {flags} 1/1/1/1/0 0/0 {captured}"
        f'"GET /ivr{query} HTTP/1.1"'
    )


def test_two_logs_that_contradict_each_other_are_said_whatever_their_order(log: Write) -> None:
    rows = [lost(n, at=100 * n) for n in range(1, 9)]
    left = log((haproxy(row, "CD--") for row in rows), "left.log")
    dropped = log((haproxy(row, "SD--") for row in rows), "dropped.log")

    views = [read(rows, left, dropped), read(rows, dropped, left)]

    assert [[(each.kind, each.count) for each in view.contradictions] for view in views] == [
        [("logs disagree", 8)]
    ] * 2
    assert views[0].connections.equals(views[1].connections)


def access(row: dict[str, Any], serial: int, *, status: int = 101) -> str:
    caller = row["thread"].split(" ")[1]
    took = (row["noticed_at"] - row["attempted_at"]) / 1000
    return (
        f'10.0.0.9 - - [21/Sep/2026:14:13:20 +0000] "GET /ivr HTTP/1.1" {status} 9 "-" "-" '
        f'id="{RUN}-{caller}-{row["connection"]}" connection={serial} msec={row["noticed_at"] / 1000:.3f} '
        f"request_time={took:.3f}"
    )


def remark(row: dict[str, Any], serial: int, said: str) -> str:
    at = pd.Timestamp(row["noticed_at"], unit="ms").strftime("%Y/%m/%d %H:%M:%S")
    return f'{at} [error] 7#7: *{serial} {said}, client: 10.0.0.9, request: "GET /ivr HTTP/1.1"'


def test_each_request_of_one_connection_has_its_own_remark(log: Write) -> None:
    rows = [refused(n, at=300 * n) for n in range(1, 9)] + [connection(9)]
    accesses = log([*(access(row, 20, status=503) for row in rows[:8]), access(rows[8], 20)], "access.log")
    errors = log((remark(row, 20, 'limiting connections by zone "all"') for row in rows[:8]), "error.log")

    view = read(rows, accesses, errors)

    assert list(view.connections["server_flags"]) == ["limit_conn"] * 8 + [""]
    assert view.files[1].joined == 8


def test_what_is_said_twice_of_a_request_is_a_flag_once(log: Write) -> None:
    rows = [refused(n, at=5000 * n, status=502) for n in range(1, 4)]
    accesses = log((access(row, n, status=502) for n, row in enumerate(rows)), "access.log")
    errors = log(
        (remark(row, n, "connect() failed") for n, row in enumerate(rows) for _ in "12"), "error.log"
    )

    assert list(read(rows, accesses, errors).connections["server_flags"]) == ["connect failed"] * 3


def two_nodes(log: Write, names: str, *, later: float) -> tuple[list[dict[str, Any]], list[Path]]:
    """Return a run through two nodes that number their connections alike, and their logs."""
    first = [lost(n, at=1000 * n) for n in range(1, 9)]
    second = [lost(10 + n, at=1000 * n + later) for n in range(1, 9)]
    said = {
        "a": "upstream timed out (110) while proxying upgraded connection",
        "b": "client timed out while proxying upgraded connection",
    }
    paths = []
    for node, rows in (("a", first), ("b", second)):
        for kind in ("access", "error"):
            path = Path(names.format(node=node, kind=kind))
            lines = [
                access(row, n) if kind == "access" else remark(row, n, said[node])
                for n, row in enumerate(rows)
            ]
            paths.append(log(lines, str(path)))
    return [*first, *second], paths


@pytest.mark.parametrize(
    ("names", "later"),
    [("{node}/{kind}.log", 100), ("{kind}-{node}.log", 1500), ("{kind}-{node}.log", -1500)],
)
def test_an_error_log_goes_with_the_access_log_of_its_node(
    log: Write, tmp_path: Path, names: str, later: float
) -> None:
    for node in "ab":
        (tmp_path / node).mkdir()
    rows, paths = two_nodes(log, names, later=later)

    view = read(rows, *sorted(paths))

    flags = list(view.connections["server_flags"])
    assert flags == ["upstream timed out"] * 8 + ["client timed out"] * 8


def test_an_error_log_that_may_be_of_either_node_is_left_out_and_said(log: Write) -> None:
    rows, paths = two_nodes(log, "{kind}-{node}.log", later=0)

    view = read(rows, *paths)

    assert set(view.connections["server_flags"]) == {""}
    assert ["fits the access logs of several nodes" in str(file.notes) for file in view.files] == [
        False, True, False, True,
    ]  # fmt: skip


def test_a_log_written_before_the_ends_says_nothing_of_them(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]

    view = read(rows, log(haproxy(row, "----", total="+1") for row in rows))

    assert view.connections["server_ended_at"].isna().all()
    assert (view.agreements, view.contradictions) == (8, ())
    assert "option logasap" in view.files[0].notes[0]


def test_a_log_without_any_end_keeps_nothing_open(log: Write, tmp_path: Path) -> None:
    rows = spread(5)
    mapping = tmp_path / "map.yaml"
    mapping.write_text("{id: id, opened: opened}")
    lines = (json.dumps({"id": identity(row), "opened": row["attempted_at"]}) for row in rows)

    view = server_log.read(frame(rows), [log(lines)], format=str(mapping))

    assert (view.joined, view.peak_open) == (15, 0)
    assert "it doesn't say when connections ended" in view.files[0].notes[0]


def test_callers_at_an_offset_that_no_two_clocks_have_are_another_runs(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]
    earlier = [
        haproxy(row, "CD--", offset=-7_620_000, query=f"?caller={row['thread'].split('-')[1]}")
        for row in rows
    ]

    with pytest.raises(ResultError, match="further apart than any time zone explains"):
        read(rows, log(earlier))
    view = read(rows, log(map(line, rows), "own.log"), log(earlier, "earlier.log"))

    assert [(file.joined, file.other_run) for file in view.files] == [(8, False), (0, True)]


def test_a_log_of_ends_in_whole_seconds_is_joined_by_its_ends(log: Write) -> None:
    rows = [connection(n, at=700 * n, noticed_at=START + 5000 + 2100 * n) for n in range(1, 30)]
    for row in rows:
        row["last_alive_at"] = row["noticed_at"]
    lines = [
        f"10.0.0.9 - - [{pd.Timestamp(row['noticed_at'], unit='ms').strftime('%d/%b/%Y:%H:%M:%S')} +0000] "
        '"GET /ivr HTTP/1.1" 101 9 "-" "-"'
        for row in rows
    ]

    view = read(rows, log(lines))

    low, high = view.clock_interval_ms
    assert (view.joined, view.unmatched_lines) == (29, 0)
    assert low <= 0 <= high
    assert high - low >= 1000
    assert view.files[0].notes == (
        "it has only the ends of connections: log $msec and $request_time for the openings",
    )


@pytest.mark.parametrize("step", [3000.0, -2000.0, 3_600_000.0, 400.0])
@pytest.mark.parametrize("ends_move", [True, False])
def test_a_clock_that_was_set_within_the_run_is_corrected_and_said(
    log: Write, step: float, ends_move: bool
) -> None:
    rows = spread(20)
    moment = START + 17_000
    lines = []
    for row in rows:
        begun, over = (step if at > moment else 0.0 for at in (row["attempted_at"], row["noticed_at"]))
        ended = (
            row["noticed_at"] - 1 + (over if ends_move else begun)
        )  # a steady clock counts the life, or none
        lines.append(line(row, offset=begun, ended_at=ended))

    view = read(rows, log(lines))

    assert (view.joined, view.agreements, view.contradictions) == (60, 60, ())
    (_, before), (since, after) = view.files[0].clock_steps
    assert [before, after] == pytest.approx([0, step], abs=3)
    assert since == pytest.approx(moment, abs=1000)
    assert view.connections["server_seconds"].tolist() == pytest.approx([4.997] * 60, abs=0.01)
    forward = "forward" if step > 0 else "back"
    assert f"its clock was set {forward} by about" in " ".join(report.sentences(view))


def test_a_clock_may_be_set_twice(log: Write) -> None:
    rows = spread(20)

    view = read(rows, log(line(row, offset=(0, 3000, -2000)[n % 3]) for n, row in enumerate(rows)))

    assert (view.joined, view.contradictions) == (60, ())
    assert [ms for _, ms in view.files[0].clock_steps] == pytest.approx([0, 3000, -2000], abs=3)


def test_a_clock_set_by_an_hour_is_found_by_time_alone(log: Write) -> None:
    rows = spread(20)
    lines = [line(row, key=None, offset=3_600_000 if n % 3 == 2 else 0) for n, row in enumerate(rows)]

    view = read(rows, log(lines))

    assert (view.joined, view.contradictions) == (60, ())
    assert [round(ms / 3_600_000) for _, ms in view.files[0].clock_steps] == [0, 1]


def test_a_clock_that_drifts_was_not_set(log: Write) -> None:
    rows = spread(20)

    view = read(rows, log(line(row, offset=(row["attempted_at"] - START) * 5e-6) for row in rows))

    assert view.files[0].clock_steps == ()


def test_a_clock_that_runs_away_is_known_no_better_than_that(log: Write) -> None:
    rows = spread(20)

    view = read(rows, log(line(row, offset=(row["attempted_at"] - START) * 0.01) for row in rows))

    assert view.clock_interval_ms == pytest.approx((80, 260), abs=60)


def test_times_that_are_all_of_whole_seconds_are_no_better_than_that(log: Write, tmp_path: Path) -> None:
    rows = spread(20)
    mapping = tmp_path / "map.yaml"
    mapping.write_text("{id: id, opened: opened, ended: ended}")
    lines = [
        json.dumps({
            "id": f"{RUN}-{row['thread'].split(' ')[1]}-{row['connection']}",
            "opened": pd.Timestamp(row["attempted_at"], unit="ms").strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ended": row["noticed_at"],
        })
        for row in rows
    ]  # fmt: skip

    view = server_log.read(frame(rows), [log(lines)], format=str(mapping))

    low, high = view.clock_interval_ms
    assert low < 0 < high
    assert high - low >= 1000


def test_clocks_of_nodes_that_differ_are_known(log: Write) -> None:
    rows = [connection(n, at=100 * n) for n in range(1, 9)]
    first = log(map(line, rows[::2]), "a.log")
    second = log((line(row, offset=3_600_000) for row in rows[1::2]), "b.log")

    assert read(rows, first, second).clocks_differ
    assert not read(rows, first).clocks_differ


@pytest.mark.parametrize(
    ("hours", "zone"),
    [(0, True), (0.1, True), (5.75, True), (-12, True), (2.12, False), (24, False), (8760, False)],
)
def test_an_offset_is_a_clocks_or_a_zones_or_neither(hours: float, zone: bool) -> None:
    off = hours * 3_600_000

    assert Offset(off, (off - 2, off + 2)).is_a_zone() is zone
