from __future__ import annotations

import socket
import socketserver
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jmxgen.errors import JMeterError, UsageError
from jmxgen.jmeter import engine_key, engines
from jmxgen.jmeter.engines import Engine
from jmxgen.jmeter.home import Home, find_java


def test_engines_are_read_with_jmeters_own_port_as_the_default() -> None:
    found = engines.parse(["10.0.0.1:2100", " load-2.example.com "])
    assert found == (Engine("10.0.0.1", 2100), Engine("load-2.example.com", 1099))
    assert found[1].name == "load-2.example.com:1099"


@pytest.mark.parametrize(
    "address", ["", ":1", "a:b", "a:0", "a:70000", "-R:1", "a b:1", "a;b", "a,b:1", "a:1:2"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is not an engine"):
        engines.parse([address])


def test_an_engine_is_named_once() -> None:
    with pytest.raises(UsageError, match="named twice"):
        engines.parse(["a", "a:1099"])


class _Answering(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(10)


@pytest.fixture
def good() -> Iterator[Engine]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Engine("127.0.0.1", server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture
def gone() -> Engine:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return Engine("127.0.0.1", server.getsockname()[1])


def test_engines_that_do_not_answer_are_named(good: Engine, gone: Engine) -> None:
    engines.check([good])
    with pytest.raises(JMeterError) as error:
        engines.check([good, gone])
    assert f"no engine answers at {gone.name} (" in str(error.value)


def test_an_engine_that_hangs_does_not_answer_though_the_system_accepts_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not engines.answers(Engine("127.0.0.1", server.getsockname()[1]), timeout=0.3)


def test_engines_on_loopback_see_this_machine_there() -> None:
    assert engines.own_address([Engine("127.0.0.1", 1099)]) == "127.0.0.1"


def test_a_watch_names_the_engine_that_goes(
    good: Engine, gone: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WATCH_S", 0.02)
    watch = engines.Watch([good, gone])
    with watch.watching():
        watch._thread.join(60)
    assert watch.lost == gone.name


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, find_java({}), "5.6.3", "1.3.1")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_the_key_is_made_once_and_only_its_owner_reads_it(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "key"
    file = engine_key.keys(home, folder)
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert engine_key.keys(home, folder) == file
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == made
    assert sorted(made) == [".lock", "engine.p12", "engine.properties"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("engine.p12", "engine.properties")} == {
        0o600
    }
    said = engine_key.key_properties(file)
    assert said["server.rmi.ssl.keystore.file"] == str(folder / "engine.p12")
    assert len(said["server.rmi.ssl.keystore.password"]) >= 32


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_key_that_others_read_is_refused(home: Home, tmp_path: Path) -> None:
    engine_key.keys(home, tmp_path / "key").chmod(0o644)
    with pytest.raises(JMeterError, match="others can read the engines' key"):
        engine_key.keys(home, tmp_path / "key")


def test_a_java_without_keytool_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path / "bin" / "java", "5.6.3", "1.3.1")
    with pytest.raises(JMeterError, match="has no keytool"):
        engine_key.keys(home, tmp_path / "key")
