from __future__ import annotations

import socket
from pathlib import Path

import pytest

from jmxgen.cli import execute
from jmxgen.simulator import faults


def test_help_lists_every_fault_with_its_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["simulate", "--help"]) == 0

    said = capsys.readouterr().out
    for kind in faults.registry().values():
        assert f"  {kind.name}" in said
    assert "cap:limit=…[,form=503][,after=10ms][,workers=1]" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fault", "cop"], "no fault 'cop' (did you mean 'cap'?)"),
        (
            ["--protocol", "sip"],
            (
                "no protocol 'sip' (known: audiohook, graphql, ivr, notifications, signalr, "
                "socket.io, stomp, twilio-media)"
            ),
        ),
        (["--ping-interval", "5"], "fault pings: interval=5 is not a duration"),
        (["--timeline", "none.yaml"], "can't read the timeline"),
        (["--port", "70000"], "70000"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["simulate", *arguments]) == 2

    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert execute(["simulate", "--port", str(port)]) == 2

    said = capsys.readouterr().err
    assert f"can't listen on 127.0.0.1:{port}" in said
    assert said.count("\n") == 1


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["simulate", "--port", "0", "--truth", str(tmp_path)]) == 2

    assert f"{tmp_path} is a folder" in capsys.readouterr().err


def test_a_log_makes_no_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "new" / "truth.jsonl"

    assert execute(["simulate", "--port", "0", "--truth", str(log)]) == 2

    assert "new/truth.jsonl" in capsys.readouterr().err
    assert not log.parent.exists()


def test_another_address_says_who_can_reach_it(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        assert execute(["simulate", "--host", "0.0.0.0", "--port", str(port)]) == 2

    assert "warning: --host 0.0.0.0: every machine" in capsys.readouterr().err
