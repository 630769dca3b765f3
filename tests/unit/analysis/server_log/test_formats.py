"""Each format: what its lines say of a connection."""

from __future__ import annotations

import json
import math

import pytest

from jmxgen.analysis.server_log.formats import (
    aws_alb,
    envoy,
    formats,
    haproxy,
    names,
    nginx_access,
    nginx_error,
    simulator,
)
from jmxgen.analysis.server_log.line import NOTHING, Line, stamp

AT = 1_795_850_360_677.0  # 2026-11-28T07:19:20.677Z
NGINX = '10.0.0.9 - - [28/Nov/2026:07:19:20 +0000] "GET /ivr HTTP/1.1" {} 144 "-" "-"'
NGINX_FIELDS = (
    ' id="a0f7-mx02xk4m-1-19-2" connection=38 msec=1795850360.677 request_time=3.202 upstream_status="{}"'
)
HAPROXY = (
    "10.0.0.9:59818 [28/Nov/2026:07:19:20.677] websocket ivr/ivr1 1/20/3/4/2004 {} 223 - - {} "
    '12/12/11/11/0 0/0 {}"GET /ivr HTTP/1.1"'
)
NGINX_ERROR = '2026/11/28 07:19:20 [{}] 7#7: *38 {}, client: 10.0.0.9, server: , request: "GET /ivr HTTP/1.1"'
ENVOY = (
    '[2026-11-28T07:19:20.677Z] "GET /ivr?caller=7 HTTP/1.1" {} {} 12 144 2004 - "-" "-" "a1b2" "ivr" '
    '"10.0.0.5:8765"'
)
ALB = (
    "wss 2026-11-28T07:19:32.677000Z app/my/50dc6c495c0c9188 10.0.0.140:44244 10.0.0.171:8010 "
    '0.000 0.008 0.000 {} {} 218 587 "GET https://ivr.example.com:443/ivr?ws_id=e1-1-2-3 HTTP/1.1" "-" '
    'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:eu-1:1:targetgroup/a/b "Root=1-5" '
    '"-" "-" 1 2026-11-28T07:19:20.677000Z "forward" "-" "-" "10.0.0.171:8010" "101" "-" "-"'
)
TRUTH = {
    "id": 1,
    "path": "/ivr?caller=3",
    "key": "a-b-1-3-1",
    "token": None,
    "attempted_at": AT,
    "opened_at": AT + 2,
    "last_frame_at": AT + 9,
    "ended_at": AT + 50,
    "end": "data",
    "kind": "abnormal",
    "status": None,
    "code": 1006,
    "by": "server",
    "cause": "",
    "close_frame": False,
    "frames_in": 1,
    "frames_out": 1,
}


def read(parse: object, text: str) -> Line:
    line = parse(text)  # type: ignore[operator]
    assert isinstance(line, Line)
    assert line is not NOTHING
    return line


def test_formats_are_found_by_being_in_the_folder() -> None:
    assert names() == ("aws-alb", "envoy", "haproxy", "nginx-access", "nginx-error", "simulator")


# ------ HAProxy


def test_haproxy_names_the_id_the_times_and_the_flags() -> None:
    text = HAPROXY.format(101, "cD--", "{4d33-mx0307hh-1-3-1} ")
    line = read(haproxy.parse, f"Nov 28 07:19:22 lb1 haproxy[42]: {text}")

    assert line.id == "4d33-mx0307hh-1-3-1"
    assert (line.asked_at, line.opened_at, line.ended_at) == (AT, AT + 28, AT + 2004)
    assert (line.status, line.flags, line.ended_by, line.named_cause) == (101, "cD", "proxy", "idle-timeout")


@pytest.mark.parametrize(
    ("flags", "by", "cause"),
    [
        ("sQ--", "proxy", "concurrency-cap"),
        ("PC--", "proxy", "concurrency-cap"),
        ("SC--", "server", "outage"),
        ("sC--", "proxy", "outage"),
        ("sH--", "proxy", "stall"),
        ("sD--", "proxy", "idle-timeout"),
        ("SD--", "server", ""),
        ("CD--", "client", ""),
        ("PR--", "proxy", ""),
        ("KD--", "proxy", "mass-disconnect"),
        ("UD--", "proxy", "mass-disconnect"),
        ("DD--", "proxy", "outage"),
        ("RD--", "proxy", "concurrency-cap"),
        ("RC--", "proxy", "concurrency-cap"),
        ("ID--", "proxy", ""),
        ("LR--", "proxy", ""),
        ("----", "server", ""),
        ("CDNI", "client", ""),
    ],
)
def test_haproxys_flags_say_who_ended_it_and_why(flags: str, by: str, cause: str) -> None:
    line = read(haproxy.parse, HAPROXY.format(503, flags, ""))

    assert (line.ended_by, line.named_cause) == (by, cause)


@pytest.mark.parametrize(
    ("status", "cause"), [(403, "denied"), (401, "denied"), (429, "handshake-rate-limit"), (400, "")]
)
def test_a_rule_of_haproxys_refuses_as_its_status_says(status: int, cause: str) -> None:
    assert read(haproxy.parse, HAPROXY.format(status, "PR--", "")).named_cause == cause


def test_what_no_server_answered_was_refused_by_nobody_known() -> None:
    refused = HAPROXY.format(503, "----", "").replace("ivr/ivr1 1/20/3/4/", "ivr/<NOSRV> 1/-1/-1/-1/")

    assert read(haproxy.parse, refused).ended_by == "unknown"


def test_haproxy_without_captured_headers_has_no_id_and_of_several_headers_takes_the_plans() -> None:
    assert read(haproxy.parse, HAPROXY.format(101, "----", "")).id == ""
    assert read(haproxy.parse, HAPROXY.format(101, "----", "{} ")).id == ""
    assert read(haproxy.parse, HAPROXY.format(101, "----", "{curl/8|e-1-2-3} {x} ")).id == "e-1-2-3"
    assert read(haproxy.parse, HAPROXY.format(101, "----", "{ivr.example.com|curl} ")).id == ""


# ------ nginx


def test_nginxs_combined_log_has_second_and_status_alone() -> None:
    line = read(nginx_access.parse, NGINX.format(101))

    assert (line.status, line.id, line.resolution_ms) == (101, "", 1000)
    assert line.ended_at == AT - 677
    assert math.isnan(line.asked_at)


def test_nginxs_added_fields_give_id_serial_and_milliseconds() -> None:
    line = read(nginx_access.parse, NGINX.format(101) + NGINX_FIELDS.format("101"))

    assert (line.id, line.serial, line.resolution_ms) == ("a0f7-mx02xk4m-1-19-2", "38", 1)
    assert line.asked_at == pytest.approx(AT - 3202)
    assert line.ended_at == AT


def test_nginxs_two_fields_may_stand_without_names() -> None:
    line = read(nginx_access.parse, NGINX.format(101) + ' "e-1-2-3" 3.202')

    assert line.id == "e-1-2-3"
    assert line.ended_at - line.asked_at == pytest.approx(3202)


@pytest.mark.parametrize(
    ("added", "seconds"),
    [
        (' rt=3.202 uct="0.000" urt="3.2" us="101"', 3.202),  # nginx's blog
        (" request_time=3.202", 3.202),
        (" 3.202", 3.202),  # Kong
        (' "-" 3.202 0.004', 3.202),
        (" 1795850360.677 3.202", 3.202),
    ],
)
def test_nginxs_request_time_is_known_by_its_names_and_by_its_form(added: str, seconds: float) -> None:
    line = read(nginx_access.parse, NGINX.format(101) + added)

    assert line.ended_at - line.asked_at == pytest.approx(seconds * 1000)


def test_nginxs_time_may_be_in_iso_8601() -> None:
    text = NGINX.format(101).replace("28/Nov/2026:07:19:20 +0000", "2026-11-28T08:19:20+01:00")

    assert read(nginx_access.parse, text).ended_at == 1_795_850_360_000


@pytest.mark.parametrize(("upstream", "by"), [("127.0.0.1:8765 0 3.203 503", "server"), ("- - - -", "proxy")])
def test_ingress_nginxs_own_format_is_read(upstream: str, by: str) -> None:
    added = " 223 3.202 [default-ivr-8765] [] {} {}"
    made = NGINX.format(503) + added.format(upstream, "d4df5889c7c041121151c2107f1b7417")
    sent = NGINX.format(503) + added.format(upstream, "e-1-2-3")

    line = read(nginx_access.parse, made)

    assert (line.id, line.ended_by) == ("", by)
    assert line.ended_at - line.asked_at == pytest.approx(3202)
    assert read(nginx_access.parse, sent).id == "e-1-2-3"  # X-Request-ID, where the client sends it


def test_nginxs_json_may_have_the_query_and_the_time_by_themselves() -> None:
    fields = {
        "@timestamp": "2026-11-28T07:19:20+00:00",
        "uri": "/ivr",
        "args": "ws_id=e-1-2-3",
        "status": 101,
        "request_time": 3.202,
    }
    line = read(nginx_access.parse, json.dumps(fields))

    assert (line.id, line.ended_at) == ("e-1-2-3", 1_795_850_360_000)


def test_nginxs_json_says_the_same() -> None:
    fields = {
        "time_iso8601": "2026-11-28T07:19:20+00:00",
        "msec": "1795850360.677",
        "request": "GET /ivr HTTP/1.1",
        "status": "101",
        "request_time": "3.202",
        "http_x_connection_id": "e-1-2-3",
        "connection": "38",
        "upstream_status": "101",
    }
    line = read(nginx_access.parse, json.dumps(fields))

    assert (line.id, line.serial, line.status) == ("e-1-2-3", "38", 101)
    assert line.asked_at == pytest.approx(AT - 3202)
    assert line.ended_at == AT


@pytest.mark.parametrize(
    ("status", "upstream", "by"),
    [
        (503, "-", "proxy"),
        (503, "503", "server"),
        (502, "502", "server"),
        (504, "504", "proxy"),
        (499, "-", "client"),
    ],
)
def test_nginx_says_who_refused(status: int, upstream: str, by: str) -> None:
    assert read(nginx_access.parse, NGINX.format(status) + NGINX_FIELDS.format(upstream)).ended_by == by


@pytest.mark.parametrize(
    ("level", "said", "flags", "by", "cause"),
    [
        ("error", 'limiting connections by zone "all"', "limit_conn", "proxy", "concurrency-cap"),
        ("error", 'limiting requests, excess: 2.5 by zone "a"', "limit_req", "proxy", "handshake-rate-limit"),
        (
            "info",
            "upstream timed out (110: Connection timed out) while proxying upgraded connection",
            "upstream timed out",
            "proxy",
            "idle-timeout",
        ),
        (
            "error",
            "connect() failed (111: Connection refused) while connecting to upstream",
            "connect failed",
            "server",
            "outage",
        ),
        ("error", "no live upstreams while connecting to upstream", "no live upstreams", "server", "outage"),
        (
            "info",
            "recv() failed (104: Connection reset by peer) while proxying upgraded connection",
            "reset by the client",
            "client",
            "",
        ),
        (
            "error",
            "recv() failed (104: Connection reset by peer) while proxying upgraded connection",
            "reset by the upstream",
            "server",
            "",
        ),
        ("alert", "512 worker_connections are not enough", "worker_connections", "proxy", "concurrency-cap"),
    ],
)
def test_nginxs_error_log_says_why(level: str, said: str, flags: str, by: str, cause: str) -> None:
    line = read(nginx_error.parse, NGINX_ERROR.format(level, said))

    assert (line.flags, line.ended_by, line.named_cause) == (flags, by, cause)
    assert (line.serial, line.remark, line.ended_at) == ("38", True, AT - 677)


@pytest.mark.parametrize(
    "said",
    [
        "client 10.0.0.9 closed keepalive connection",
        "client closed connection while waiting for request",
        "signal process started",
        'limiting connections by zone "all", dry run',
    ],
)
def test_nginxs_error_log_says_much_that_ends_nothing(said: str) -> None:
    assert nginx_error.parse(NGINX_ERROR.format("info", said)) is NOTHING


def test_what_a_client_writes_into_its_request_is_no_reason() -> None:
    text = NGINX_ERROR.format("info", "client 10.0.0.9 closed keepalive connection")

    assert nginx_error.parse(text.replace("/ivr", "/limiting connections by zone")) is NOTHING


# ------ Envoy, AWS, the simulator


def test_envoys_default_text_is_read() -> None:
    line = read(envoy.parse, ENVOY.format(101, "DC"))

    assert (line.caller, line.status, line.flags, line.ended_by) == ("7", 101, "DC", "client")
    assert (line.asked_at, line.ended_at) == (AT, AT + 2004)


@pytest.mark.parametrize(
    ("flags", "by", "cause"),
    [
        ("UO", "proxy", "concurrency-cap"),
        ("UF,URX", "server", "outage"),
        ("RL", "proxy", "handshake-rate-limit"),
        ("SI", "proxy", "idle-timeout"),
        ("-", "unknown", ""),
    ],
)
def test_envoys_json_and_its_flags_are_read(flags: str, by: str, cause: str) -> None:
    fields = {
        "start_time": "2026-11-28T07:19:20.677Z",
        "response_flags": flags,
        "response_code": 503,
        "duration": 5,
        "path": "/ivr",
        "x_connection_id": "e-1-2-3",
    }
    line = read(envoy.parse, json.dumps(fields))

    assert (line.id, line.ended_by, line.named_cause) == ("e-1-2-3", by, cause)


def test_a_refusal_without_a_flag_of_envoys_is_its_upstreams() -> None:
    answered = ENVOY.format(503, "-")

    assert read(envoy.parse, answered).ended_by == "server"
    assert read(envoy.parse, answered.replace('"10.0.0.5:8765"', '"-"')).ended_by == "unknown"


def test_lines_that_a_real_envoy_wrote_are_read() -> None:
    # Envoy of the PyPI package pyvoy, 2026-11, with a route's idle_timeout of 2 s.
    text = (
        '[2026-11-28T08:49:56.303Z] "GET /ivr HTTP/1.1" 101 SI 21 37 2376 - "-" "-" '
        '"2ffb3759-6d1f-4170-be87-6bc1b0cd6382" "127.0.0.1:45235" "127.0.0.1:58541"'
    )
    fields = (
        '{"duration":2376,"path":"/ivr","response_code":101,"response_flags":"SI",'
        '"start_time":"2026-11-28T08:49:56.303Z","x_connection_id":"e06f-mx0665ie-1-12-1"}'
    )
    for line in (read(envoy.parse, text), read(envoy.parse, fields)):
        assert (line.status, line.ended_by, line.named_cause) == (101, "proxy", "idle-timeout")
        assert line.ended_at - line.asked_at == 2376


def test_an_albs_line_has_its_id_in_the_query() -> None:
    line = read(aws_alb.parse, ALB.format(101, 101))

    assert (line.id, line.status) == ("e1-1-2-3", 101)
    assert (line.asked_at, line.ended_at) == (AT, AT + 12_000)
    assert read(aws_alb.parse, ALB.format(503, "-")).ended_by == "proxy"
    assert read(aws_alb.parse, ALB.format(460, "-")).ended_by == "client"


def test_an_albs_plain_requests_say_nothing_of_a_connection() -> None:
    assert aws_alb.parse(ALB.format(200, 200).replace("wss", "https", 1)) is NOTHING


def test_the_simulators_truth_is_read() -> None:
    line = read(simulator.parse, json.dumps(TRUTH))

    assert (line.id, line.caller, line.status, line.code, line.ended_by) == (
        "a-b-1-3-1",
        "3",
        101,
        1006,
        "server",
    )
    assert (line.asked_at, line.opened_at, line.ended_at) == (AT, AT + 2, AT + 50)
    assert math.isnan(read(simulator.parse, json.dumps({**TRUTH, "end": "open"})).ended_at)


# ------ All of them


def test_a_long_word_is_looked_at_once() -> None:
    word = "a" * 1_000_000  # tried from each letter on it would take hours

    for known in formats():
        for text in (word, f"{NGINX.format(101)} {word}"):
            known.parse(text)

    assert haproxy.hint(word) == ""


def test_no_format_takes_anothers_lines() -> None:
    texts = {
        "haproxy": HAPROXY.format(101, "----", ""),
        "nginx-access": NGINX.format(101) + NGINX_FIELDS.format("101"),
        "nginx-error": NGINX_ERROR.format("info", "signal process started"),
        "envoy": ENVOY.format(101, "-"),
        "aws-alb": ALB.format(101, 101),
        "simulator": json.dumps(TRUTH),
    }
    for name, text in texts.items():
        assert [known.NAME for known in formats() if known.parse(text) is not None] == [name]


def test_a_zone_and_dates_that_are_none() -> None:
    assert stamp("28/Nov/2026:12:49:20 +0530") == AT - 677
    assert math.isnan(stamp("31/Feb/2026:12:49:20 +0530"))
    assert math.isnan(stamp("28/Foo/2026:12:49:20"))
