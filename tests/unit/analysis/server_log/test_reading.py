"""Log files as they are found: packed, cut, mixed, huge, hostile, or none at all; and mapping files."""

from __future__ import annotations

import gzip
import json
import math
import tracemalloc
from pathlib import Path

import pytest

from jmxgen.analysis import reading, server_log
from jmxgen.analysis.server_log.reading import Reading, chosen
from jmxgen.errors import ResultError

DATA = Path(__file__).parents[3] / "data" / "server_logs"
NGINX = '10.0.0.9 - - [28/Nov/2026:07:19:20 +0000] "GET /ivr HTTP/1.1" 101 144 "-" "-"'
ERROR = "2026/11/28 07:19:20 [info] 7#7: *38 client 10.0.0.9 closed keepalive connection"


def write(path: Path, *lines: str, end: str = "\n") -> Path:
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def counted(path: Path) -> server_log.FileView | object:
    reading = Reading([path])
    list(reading)
    return reading.files[0]


def test_plain_and_gzip_files_are_read_alike(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.log", NGINX, NGINX)
    packed = tmp_path / "a.log.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert len(list(Reading([plain]))) == len(list(Reading([packed]))) == 2


def test_a_cut_last_line_is_left_out_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", NGINX, NGINX[:-30], end="")
    reading = Reading([path])

    assert len(list(reading)) == 1
    assert (reading.files[0].cut, reading.files[0].lines) == (True, 1)


def test_a_cut_gzip_file_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    path.write_bytes(gzip.compress(f"{NGINX}\n".encode() * 20_000, 1)[:-2000])
    reading = Reading([path])

    assert list(reading)
    assert reading.files[0].cut


def test_formats_may_be_mixed_in_one_file_and_what_is_none_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", ERROR, NGINX, "one moment please", "", ERROR, "\x1b]0;owned\x07", NGINX)
    reading = Reading([path])
    found = list(reading)
    (file,) = reading.files

    assert len(found) == 2
    assert dict(file.formats) == {"nginx-error": 2, "nginx-access": 2}
    assert (file.lines, file.unreadable) == (7, 2)


def test_a_file_that_is_no_log_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        ResultError, match=r"is not a server log that jmxgen can read \(known are aws-alb, envoy, "
    ):
        list(Reading([write(tmp_path / "a.log", *["dear diary"] * 3)]))
    with pytest.raises(ResultError, match="can't be read"):
        list(Reading([tmp_path / "none.log"]))


def test_an_endless_line_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", NGINX, "x" * 1_000_000, NGINX)
    reading = Reading([path])

    assert len(list(reading)) == 2
    assert reading.files[0].unreadable == 1


def test_only_lines_of_the_run_are_held_in_memory(tmp_path: Path) -> None:
    # Another run's lines, ids and all, ten thousand times as many as this run has.
    folder = DATA / "nginx-limit-conn"
    mine = gzip.decompress((folder / "websocket.log.gz").read_bytes()).decode()
    others = mine.replace("-mx02xk4m-", "-mx01aaaa-") * 100
    path = tmp_path / "websocket.log"
    path.write_text(others + mine + others)
    connections = reading.read([folder / "results.jtl.gz"]).connections

    tracemalloc.start()
    view = server_log.read(connections, [path])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert view.joined == len(connections)
    assert view.outside == 200 * len(mine.splitlines())
    assert peak < path.stat().st_size / 2


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    folder = DATA / "haproxy-tunnel-timeout"
    text = gzip.decompress((folder / "haproxy.log.gz").read_bytes()).decode()
    path = tmp_path / "haproxy.log"
    path.write_text(text + text.replace("cD--", "<b>-") + '{"__proto__":[[[' * 999 + "\n", encoding="utf-8")

    view = server_log.read(reading.read([folder / "results.jtl.gz"]).connections, [path])

    assert view.joined == 56
    assert view.files[0].unreadable > 0


# ------ The format that is asked for


def test_a_format_is_chosen_by_name_and_a_wrong_name_lists_them() -> None:
    assert [known.NAME for known in chosen("haproxy")] == ["haproxy"]
    with pytest.raises(ResultError, match="no server log format 'nginz'"):
        chosen("nginz")


def test_a_mapping_file_makes_any_json_lines_a_log(tmp_path: Path) -> None:
    mapping = write(
        tmp_path / "map.yaml",
        "id: request.id", "opened: at", "ended: gone", "status: http", "code: ws", "who: closed_by",
    )  # fmt: skip
    log = write(
        tmp_path / "app.log",
        '{"request":{"id":"e-1-2-3"},"at":"2026-11-28T07:19:20.677Z","gone":1795850362.677,"http":101,"ws":1001,'
        '"closed_by":"peer"}',
        '{"msg":"started"}',
        "not JSON",
    )
    reading = Reading([log], chosen(str(mapping)))
    ((_, line),) = list(reading)

    assert (line.id, line.status, line.code, line.ended_by) == ("e-1-2-3", 101, 1001, "client")
    assert line.ended_at - line.asked_at == pytest.approx(2000)
    assert reading.files[0].unreadable == 1


def test_a_list_with_a_single_value_is_its_value(tmp_path: Path) -> None:
    # Caddy and Go log each header as a list.
    text = json.dumps({"request": {"headers": {"X-Connection-Id": ["e-1-2-3"]}}, "at": [1795850360.5]})
    mapping = write(tmp_path / "map.yaml", "id: request.headers.X-Connection-Id", "opened: at")

    ((_, line),) = list(Reading([write(tmp_path / "app.log", text)], chosen(str(mapping))))

    assert (line.id, line.asked_at) == ("e-1-2-3", 1795850360500)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("opend: at", r"unknown key 'opend' \(known are id, opened, ended, status, code, who\)"),
        ("id: x", "has neither `opened` nor `ended`"),
        ("- a", "must say which key of the log means what"),
        ("{", "is not valid YAML"),
    ],
)
def test_a_wrong_mapping_file_is_an_error_in_one_line(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ResultError, match=what):
        chosen(str(write(tmp_path / "map.yaml", text)))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id: id\nopened: zero\nended: b", "app.log:1: opened: zero is not a time, in all of 2 lines"),
        ("id: id\nopened: b\nended: a", "app.log:1: ended: a is before opened: b"),
        ("id: id\nopened: a\ncode: s", "app.log:1: code: s is not a close code"),
        ("id: id\nopened: a\nstatus: c", "app.log:1: status: c is not an HTTP status"),
        ("id: idd\nopened: a", "app.log:1: id: idd is not there"),
        ("id: id\nopened: a\nwho: id", "app.log:1: who: id is not one of client"),
    ],
)
def test_a_mapping_that_means_another_key_is_an_error_with_key_and_line(
    tmp_path: Path, text: str, what: str
) -> None:
    line = '{"id":"e-1-2-3","a":1795850360.1,"b":1795850362.1,"s":101,"c":1006,"zero":0}'
    reading = Reading(
        [write(tmp_path / "app.log", line, line)], chosen(str(write(tmp_path / "m.yaml", text)))
    )

    with pytest.raises(ResultError) as error:
        list(reading)

    assert what in str(error.value)


NGINX = (
    '127.0.0.1 - - [28/Nov/2026:07:19:20 +0000] "GET /ivr HTTP/1.1" 503 197 "-" "-" '
    'id="a0f7-mx02xk4m-1-19-1" connection=38 msec=1795850360.677 request_time=0.000'
)


@pytest.mark.parametrize(
    "text",
    [
        f"nginx-1  | {NGINX}",
        f"[pod/nginx-abc/nginx] {NGINX}",
        f"2026-11-28T07:19:20.677000123Z stdout F {NGINX}",
        f"Nov 28 07:19:20 lb1 nginx[3]: {NGINX}",
        f"<190>Nov  8 07:19:20 lb1 nginx: {NGINX}",
        f"<190>1 2026-11-28T07:19:20.677Z lb1 nginx 3 - - {NGINX}",
        json.dumps({"log": NGINX + "\n", "stream": "stdout", "time": "2026-11-28T07:19:20Z"}),
        "web-1 | " + json.dumps({"log": json.dumps({"MESSAGE": NGINX})}),
        json.dumps({"__REALTIME_TIMESTAMP": "1795850360677000", "MESSAGE": NGINX}),
    ],
)
def test_what_a_collector_puts_around_a_line_is_taken_off(tmp_path: Path, text: str) -> None:
    reading = Reading([write(tmp_path / "x.log", text)])
    ((_, line),) = list(reading)

    assert (line.id, line.status) == ("a0f7-mx02xk4m-1-19-1", 503)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_says_how_a_log_is_written(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.log"
    path.write_text(f"{NGINX}\n{NGINX}\n", encoding=encoding)

    assert [line.status for _, line in Reading([path])] == [503, 503]


def test_times_that_cannot_be_are_taken_for_none(tmp_path: Path) -> None:
    without = NGINX.partition(" msec=")[0]
    path = write(
        tmp_path / "x.log",
        f"{without} msec=1795850360.677 request_time=1e308",
        f"{without} msec=99999999999.000 request_time=1.000",
    )
    ((_, line),) = list(Reading([path]))

    assert math.isnan(line.asked_at)
    assert line.ended_at == 1_795_850_360_677


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(tmp_path: Path, end: str) -> None:
    (tmp_path / "x.log").write_bytes(f"{NGINX}{end}{NGINX}{end}".encode())

    assert [line.status for _, line in Reading([tmp_path / "x.log"])] == [503, 503]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('[{"id": "a", "at": 1}, {"id": "b", "at": 2}]', r"jq -c '\.\[\]'"),
        ('{\n "id": "a",\n "at": 1\n}\n', r"jq -c \. FILE"),
        ("a line without its end", "known are"),
    ],
)
def test_a_file_without_a_line_of_its_own_is_not_called_empty(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "x.log"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ResultError, match=f"not a server log that jmxgen can read.*{hint}"):
        list(Reading([path]))


def test_haproxys_tcp_log_is_refused_with_what_to_change(tmp_path: Path) -> None:
    text = "haproxy[1]: 10.0.0.9:5 [28/Nov/2026:07:19:20.677] in ivr/ivr1 0/0/9 197 -- 5/5/4/4/0 0/0"

    with pytest.raises(ResultError, match="option httplog"):
        list(Reading([write(tmp_path / "x.log", text)]))
