from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.analysis.reading import jmeter_log

BEGAN = 1_795_502_598_069
HEAD = f"""\
2026-11-24 06:43:16,796 INFO o.a.j.JMeter: Version 5.6.3
2026-11-24 06:43:16,796 INFO o.a.j.JMeter: java.version=21.0.8
2026-11-24 06:43:16,796 INFO o.a.j.JMeter: os.name=Windows Server 2022
2026-11-24 06:43:16,796 INFO o.a.j.JMeter: Max memory     =694157312
2026-11-24 06:43:16,796 INFO o.a.j.JMeter: Available Processors =2
2026-11-24 06:43:17,719 INFO o.a.j.r.ClassFinder: Will scan jar C:\\lib\\jmeter-websocket-samplers-1.3.1.jar
2026-11-24 06:43:18,069 INFO o.a.j.JMeter: Running test ({BEGAN})
"""


def test_a_log_tells_versions_and_machine() -> None:
    assert jmeter_log.said(HEAD, BEGAN + 3670.0) == {
        "JMeter": "5.6.3",
        "WebSocket samplers": "1.3.1",
        "Java": "21.0.8",
        "System": "Windows Server 2022",
        "Processors": "2",
        "Java's memory": "662 MiB",
    }


@pytest.mark.parametrize("start_ms", [BEGAN - 1.0, BEGAN + 7_200_000.0, float("nan")])
def test_the_log_of_another_run_tells_nothing(start_ms: float) -> None:
    assert jmeter_log.said(HEAD, start_ms) == {}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage", b"INFO o.a.j.JMeter: Version 5.6.3\n"])
def test_what_is_no_log_tells_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "jmeter.log").write_bytes(content)

    assert jmeter_log.read(tmp_path / "jmeter.log", BEGAN + 1.0) == {}


def test_no_log_is_no_error(tmp_path: Path) -> None:
    assert jmeter_log.read(tmp_path / "jmeter.log", 0.0) == {}
