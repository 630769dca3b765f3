from __future__ import annotations

import errno
import socket
import time
from pathlib import Path

import pytest

from jmxgen.errors import JMeterError
from jmxgen.jmeter import clocks
from jmxgen.jmeter.clocks import Clock
from jmxgen.jmeter.engines import Engine


def _free() -> Engine:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return Engine("127.0.0.1", probe.getsockname()[1])


def test_the_same_clock_is_not_ahead_of_itself() -> None:
    engine = _free()
    with clocks.telling(engine.host, engine.port):
        found = clocks.estimate(engine)
    assert found is not None
    assert abs(found.ahead_ms) <= found.uncertainty_ms + 1
    assert found.engine == engine.name


def test_a_clock_that_is_ahead_is_seen_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = _free()
    tell = clocks._TOLD

    class Ahead:
        size = tell.size
        unpack = tell.unpack

        @staticmethod
        def pack(number: bytes, now: float) -> bytes:
            return tell.pack(number, now + 2.5)

    monkeypatch.setattr(clocks, "_TOLD", Ahead)
    with clocks.telling(engine.host, engine.port):
        found = clocks.estimate(engine)
    assert found is not None
    assert abs(found.ahead_ms - 2500) <= found.uncertainty_ms + 1


def test_who_does_not_tell_has_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "TIMEOUT_S", 0.1)
    assert clocks.estimate(_free()) is None


def test_what_is_no_question_gets_no_answer() -> None:
    engine = _free()
    with (
        clocks.telling(engine.host, engine.port),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(0.3)
        client.sendto(b"x", (engine.host, engine.port))
        with pytest.raises(TimeoutError):
            client.recv(100)


def test_rows_of_an_engine_move_to_this_clock_and_all_else_stays(tmp_path: Path) -> None:
    jtl = tmp_path / "results.jtl"
    jtl.write_text(
        "timeStamp,elapsed,label,threadName\n"
        "5000,1,open,a:1-callers 1-1\n"
        '5001,1,"two, lines\nof ""it""",b:1-callers 1-1\n'
        "0,0,send,b:1-callers 1-1\n"
        "5002,1,open,b:11-callers 1-1\n"
        "cut",
        encoding="utf-8",
    )
    clocks.align(jtl, [Clock("b:1", 1000.4, 0.1)])
    assert jtl.read_text(encoding="utf-8") == (
        "timeStamp,elapsed,label,threadName\n"
        "5000,1,open,a:1-callers 1-1\n"
        '4001,1,"two, lines\nof ""it""",b:1-callers 1-1\n'
        "0,0,send,b:1-callers 1-1\n"
        "5002,1,open,b:11-callers 1-1\n"
        "cut\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["results.jtl"]


def test_results_that_can_not_be_moved_are_kept_and_one_line_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jtl = tmp_path / "results.jtl"
    content = "timeStamp,elapsed,label,threadName\n5000,1,open,b:1-callers 1-1\n"
    jtl.write_text(content, encoding="utf-8")

    def full(*_: object) -> list[str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(clocks, "_moved", full)
    with pytest.raises(JMeterError) as raised:
        clocks.align(jtl, [Clock("b:1", 1000.4, 0.1)])

    assert str(raised.value) == (
        f"{jtl}: can't write the results on this machine's clock: No space left on device"
        " (they are kept with the engines' own times)"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["results.jtl"]
    assert jtl.read_text(encoding="utf-8") == content


def test_asking_takes_its_time_only_where_there_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "TIMEOUT_S", 0.2)
    started = time.monotonic()
    clocks.estimate(_free(), rounds=1000)
    assert time.monotonic() - started < 60
