"""What each plugin's texts mean: what was seen in real runs, and what their sources write."""

from __future__ import annotations

import pytest

from jmxgen.analysis import dialects
from jmxgen.analysis.dialects import Event, Opens

IO = "Websocket I/O error"


def judged(code: str, message: str, success: bool = False) -> dialects.Classification:
    return dialects.classify(code, message, success)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Connection refused", "refused"),
        ("Connection refused (Connection refused)", "refused"),  # Java up to 12
        ("Connection refused: no further information", "refused"),  # Windows
        ("Connection refused: connect", "refused"),
        ("No route to host", "refused"),
        ("Network is unreachable", "refused"),
        ("nosuch.invalid", "refused"),  # an unknown host: its bare name
        ("Connect timed out", "timeout"),
        ("connect timed out", "timeout"),  # Java up to 12
        ("Empty response; connection closed.", "eof"),
        ("Invalid status line", "protocol"),
        ("Socket is closed", "tls"),
        ("PKIX path building failed: unable to find valid certification path", "tls"),
        ("Remote host terminated the handshake", "tls"),
        ("Cannot assign requested address", "client"),
        ("Cannot assign requested address (Address not available)", "client"),
        ("Address already in use: connect", "client"),  # Windows
        ("Too many open files", "client"),
    ],
)
def test_an_io_error_that_only_a_handshake_has_is_a_handshake_closure(text: str, kind: str) -> None:
    found = judged(IO, f"WebSocket I/O error: {text}")
    assert (found.event, found.kind, found.dialect) == (Event.REFUSED, kind, "luminis")
    assert found.reason == text


@pytest.mark.parametrize(
    "text",
    [
        "end of stream",
        "Broken pipe",
        "Broken pipe (Write failed)",
        "WebSocket protocol error: expected payload of length 32, but can only read 3 bytes",
    ],
)
def test_an_io_error_that_only_an_open_connection_has_is_a_data_closure(text: str) -> None:
    found = judged(IO, f"WebSocket I/O error: {text}")
    assert (found.event, found.lost_kind, found.code) == (Event.LOST, "abnormal", 1006)
    assert found.opens is Opens.BY_SIZE


@pytest.mark.parametrize(
    "text",
    [
        "Connection reset",
        "Connection reset (Read failed)",
        "Connection reset by peer",
        "Software caused connection abort: socket write error",
        "Программа на вашем хост-компьютере разорвала установленное подключение",
        "Eine vorhandene Verbindung wurde vom Remotehost geschlossen",
        "",
    ],
)
def test_an_io_error_of_either_phase_or_in_any_language_waits_for_the_threads_history(text: str) -> None:
    assert judged(IO, f"WebSocket I/O error: {text}").event is Event.RESET


def test_a_read_that_timed_out_is_no_loss() -> None:
    assert judged(IO, "WebSocket I/O error: Read timed out").event is Event.TIMEOUT


@pytest.mark.parametrize(
    "message",
    [
        "Got unexpected status 429 with statusLine:HTTP/1.1 429 Too Many Requests",  # 1.3.1
        "Http Upgrade failed with status code 429",  # 1.2.2
        "Connecting proxy failed with status code 429",
    ],
)
def test_a_refusal_keeps_its_status_in_all_versions(message: str) -> None:
    found = judged("429", message)
    assert (found.event, found.kind, found.status) == (Event.REFUSED, "rejected", 429)


@pytest.mark.parametrize(
    "message",
    [
        "Server response should contain 'Upgrade' header with value 'websocket'",
        "Server response should contain 'Connection' header with value 'Upgrade'",
        "Server response should contain 'Sec-WebSocket-Accept' header",
        "Server response header 'Sec-WebSocket-Accept' has incorrect value.",
    ],
)
def test_a_wrong_101_is_a_protocol_error_of_the_handshake(message: str) -> None:
    found = judged("", message)
    assert (found.event, found.kind) == (Event.REFUSED, "protocol")


@pytest.mark.parametrize(
    ("told", "code", "reason"),
    [
        ("status code 1011 and close reason 'null'", 1011, ""),
        ("status code 1001 and close reason 'going away'", 1001, "going away"),
        ("status code null and close reason 'null'", 1005, ""),
        ("status code 4000 and close reason 'it's over\nnow'", 4000, "it's over\nnow"),
    ],
)
def test_a_close_frame_gives_its_code_and_reason(told: str, code: int, reason: str) -> None:
    found = judged("Sampler error: unexpected frame type (close).", f"Received: Close frame with {told}")
    assert (found.event, found.code, found.reason) == (Event.SERVER_CLOSE, code, reason)
    assert found.lost_kind == "server_close"


@pytest.mark.parametrize(("kind", "event"), [("ping", Event.PINGED), ("binary", Event.USED)])
def test_a_frame_of_another_kind_leaves_the_connection_open(kind: str, event: Event) -> None:
    found = judged(f"Sampler error: unexpected frame type ({kind}).", "Received: it")
    assert (found.event, found.opens) == (event, Opens.BY_SIZE)


@pytest.mark.parametrize(
    ("code", "message", "closer"),
    [
        (
            "Sampler error",
            "Sampler configured for using existing connection, but there is no connection",
            False,
        ),
        ("Sampler error", "Sampler must use existing connection, but there is no connection", False),
        (
            "Sampler error",
            "Sampler error: java.lang.IllegalStateException: Cannot connect when state is CLOSED_SERVER",
            False,
        ),
        ("", "No connection; nothing to close.", True),
    ],
)
def test_without_a_connection_there_is_no_closure(code: str, message: str, closer: bool) -> None:
    found = judged(code, message)
    assert (found.event, found.closer) == (Event.NO_CONNECTION, closer)


def test_a_bad_setting_is_the_clients_own() -> None:
    found = judged("Sampler error", "Sampler error: Port number '0' is not valid.")
    assert (found.event, found.kind) == (Event.MISCONFIGURED, "client")


@pytest.mark.parametrize(
    ("code", "message", "event", "echo"),
    [
        ("1000", "Connection closed; close reason: 'sampler requested close'.", Event.CLOSED, True),
        ("1000", "Connection closed.", Event.CLOSED, True),
        ("4001", "Connection closed; close reason: 'sampler requested close'.", Event.CLOSED, True),
        ("1000", "Connection closed; close reason: 'done'.", Event.CLOSED, False),
        ("1001", "Connection closed.", Event.CLOSED, False),
        ("1001", "Connection closed; close reason: 'going away'.", Event.SERVER_CLOSE, False),
    ],
)
def test_an_answer_to_a_close_is_an_echo_or_the_servers_own(
    code: str, message: str, event: Event, echo: bool
) -> None:
    found = judged(code, message, success=True)
    assert (found.event, found.echo, found.closer) == (event, echo, True)


def test_a_close_that_gets_data_was_asked_for_all_the_same() -> None:
    found = judged(
        "WebSocket error: unsuccesful close.", "WebSocket error: received not a close frame, but …"
    )
    assert (found.event, found.closer) == (Event.CLOSE_UNANSWERED, True)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("404", "Not Found"),
        ("500", "Internal Server Error"),
        (
            "Non HTTP response code: java.net.SocketException",
            "Non HTTP response message: Connection reset",
        ),
        ("", "Received Ping frame with application data 'x'"),
        ("", ""),
    ],
)
def test_failures_that_no_plugin_writes_are_left_to_their_label(code: str, message: str) -> None:
    assert judged(code, message).event is Event.FAILED
    assert judged(code, message, success=True).event is Event.IGNORED


def test_a_plain_ok_may_be_of_any_sampler() -> None:
    found = judged("200", "OK", success=True)
    assert (found.event, found.dialect) == (Event.USED, "")


ZALESKI = (
    ' - Using response message pattern """"\n\n\n[Execution Flow]\n{}\n\n[Variables]\n - Message count: {}\n'
)
OPENING = " - Opening new connection\n - Waiting for the server connection for 800 MILLISECONDS\n"
HAS_OPENED = OPENING + " - WebSocket conection has been opened\n - Connection established\n"
REUSING = " - Reusing exising connection\n"
GONE = "[Problems]\n - Unexpected error: RemoteEndpoint unavailable, current state [CLOSED], expecting [OPEN]"


@pytest.mark.parametrize(
    ("code", "flow", "count", "success", "event", "opens", "told"),
    [
        (
            "",
            OPENING + " - Cannot connect to the remote server",
            0,
            False,
            Event.REFUSED,
            Opens.NO,
            "timeout",
        ),
        (
            "200",
            OPENING + " - Cannot connect to the remote server",
            0,
            True,
            Event.REFUSED,
            Opens.NO,
            "timeout",
        ),
        (
            "1006",
            HAS_OPENED + " - WebSocket conection closed unexpectedly by the server: [1006] Read EOF",
            0,
            False,
            Event.LOST,
            Opens.YES,
            1006,
        ),
        (
            "1011",
            HAS_OPENED + " - WebSocket conection closed unexpectedly by the server: [1011] null",
            0,
            False,
            Event.SERVER_CLOSE,
            Opens.YES,
            1011,
        ),
        (
            "1002",
            HAS_OPENED + " - WebSocket conection closed unexpectedly by the server: "
            "[1002] Invalid close code: 1013",
            0,
            False,
            Event.SERVER_CLOSE,
            Opens.YES,
            1013,
        ),
        (
            "1008",
            HAS_OPENED
            + " - WebSocket conection closed unexpectedly by the server: [1008] WebSocketException",
            0,
            False,
            Event.SERVER_CLOSE,
            Opens.YES,
            1005,
        ),
        (
            "1001",
            HAS_OPENED + " - WebSocket conection closed unexpectedly by the server: [1001] Idle Timeout",
            0,
            False,
            Event.CLOSED,
            Opens.YES,
            1001,
        ),
        (
            "200",
            HAS_OPENED + " - WebSocket conection has been successfully closed by the server",
            0,
            True,
            Event.SERVER_CLOSE,
            Opens.YES,
            1000,
        ),
        (
            "200",
            HAS_OPENED + " - WebSocket conection has been successfully closed by the server\n"
            " - WebSocket session closed by the client",
            1,
            True,
            Event.CLOSED,
            Opens.YES,
            1000,
        ),
        ("200", HAS_OPENED + " - Leaving streaming connection open", 2, True, Event.USED, Opens.YES, 0),
        ("200", REUSING + " - Leaving streaming connection open", 1, True, Event.USED, Opens.NO, 0),
        ("200", REUSING + " - Leaving streaming connection open", 0, True, Event.IDLE, Opens.NO, 0),
        ("", REUSING + GONE, 0, False, Event.LOST, Opens.NO, 1006),
        (
            "",
            REUSING + '[Problems]\n - Unexpected error: Cannot invoke "x" because "this.session" is null',
            0,
            False,
            Event.NO_CONNECTION,
            Opens.NO,
            0,
        ),
    ],
)
def test_a_row_of_the_jetty_plugin_tells_its_whole_story(  # noqa: PLR0917
    code: str, flow: str, count: int, success: bool, event: Event, opens: Opens, told: str | int
) -> None:
    found = judged(code, ZALESKI.format(flow, count), success)
    assert (found.event, found.opens, found.dialect) == (event, opens, "zaleski")
    assert told == (found.kind if isinstance(told, str) else found.code)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ("Connection error", Event.REFUSED),
        ("Connection is closed", Event.LOST),
        ("Response timeout", Event.TIMEOUT),
        ("something else", Event.FAILED),
    ],
)
def test_blazemeters_samplers_say_it_in_the_message_alone(message: str, event: Event) -> None:
    assert judged("", message).event is event


def test_dialects_are_found_by_themselves() -> None:
    assert set(dialects.names()) >= {"luminis", "zaleski", "blazemeter"}


FLOW = "[Execution Flow]\n - Opening new connection\n - WebSocket conection has been opened\n"


def test_zaleskis_own_close_before_a_1006_is_a_close() -> None:
    ended = " - WebSocket conection closed unexpectedly by the server: [1006] WebSocket Read EOF\n"
    asked = " - WebSocket session closed by the client\n"
    assert judged("1006", FLOW + asked + ended, success=False).event is Event.CLOSED
    assert judged("1006", FLOW + ended + asked, success=False).event is Event.LOST


def test_a_zaleski_sampler_that_throws_keeps_its_connection() -> None:
    threw = " - Received message #2 (23 bytes)\n[Problems]\n - Unexpected error: null\n"
    found = judged("", FLOW + threw, success=False)
    assert (found.event, found.opens) == (Event.USED, Opens.YES)
    reused = "[Execution Flow]\n - Reusing exising connection\n"
    assert judged("", reused + threw, success=False).event is Event.USED
    assert judged("", reused + " - Unexpected error: null\n", success=False).event is Event.NO_CONNECTION


def test_older_versions_say_websocket_error_with_the_code_of_any_sampler_error() -> None:
    found = judged("Sampler error", "WebSocket error: end of stream")
    assert (found.event, found.lost_kind, found.code) == (Event.LOST, "abnormal", 1006)
    assert judged("Sampler error", "WebSocket error: example").event is Event.REFUSED
    assert judged("Sampler error", "WebSocket error: what it may be").event is Event.UNKNOWN


def test_a_close_frame_is_read_where_the_message_has_it_and_not_the_code() -> None:
    text = 'unexpected frame type (Close frame with status code 1001 and close reason "going away")'
    found = judged("Sampler error", f"Sampler error: {text}")
    assert (found.event, found.code, found.reason) == (Event.SERVER_CLOSE, 1001, "going away")


def test_jettys_end_without_the_log_around_it_is_a_loss() -> None:
    text = "WebSocket conection closed unexpectedly by the server: [1006] Read EOF"
    found = judged("1006", text)
    assert (found.event, found.lost_kind, found.dialect) == (Event.LOST, "abnormal", "zaleski")


@pytest.mark.parametrize(
    "code",
    [
        "Sampler error: unexpected frame type (non-final text).",
        "Sampler error: unexpected frame type (non-final binary).",
        "Sampler error: unexpected frame type (continuation).",
        "Sampler error: unexpected frame type (final continuation).",
    ],
)
def test_a_fragment_in_place_of_a_message_is_known_as_one(code: str) -> None:
    found = judged(code, "Received: Text frame with text 'ened'")

    assert found.fragment
    assert found.event is Event.USED


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ('{"type":"op', True),
        ('[{"a":{"b":1},"c":"', True),
        ('{"type":"opened"}', False),
        ('{"type":6}\x1e', False),
        ('{"type":"opened"}\n', False),
        ("{greeting", False),
        ('42["message"', False),
        ("ened", False),
    ],
)
def test_a_discarded_text_that_ends_within_its_json_is_a_fragment(text: str, cut: bool) -> None:
    found = judged("", f"Received Text frame with text '{text}'", success=True)

    assert found.event is Event.IGNORED
    assert found.fragment is cut
