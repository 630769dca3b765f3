"""Installing from a Maven repository on loopback: a real server, and jars small enough to make here."""

from __future__ import annotations

import collections
import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jmxgen.cli.jmeter import ready
from jmxgen.errors import JMeterError
from jmxgen.jmeter import home, install, manifest
from jmxgen.jmeter.manifest import Jar


def _zip(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return buffer.getvalue()


_MANIFEST = "Manifest-Version: 1.0\nImplementation-Version: 5.6.3\n"
_NAMES = ("jmeter.properties", "saveservice.properties", "upgrade.properties", "log4j2.xml")
_CONFIG = {**{f"bin__{name}": "#" for name in _NAMES}, "x": ""}
_JARS = {
    "org.apache.jmeter:ApacheJMeter:5.6.3": ("bin", _zip(**{"META-INF__MANIFEST.MF": _MANIFEST})),
    "org.apache.jmeter:ApacheJMeter_config:5.6.3": ("config", _zip(**_CONFIG)),
    "net.luminis.jmeter:jmeter-websocket-samplers:1.3.1": ("lib/ext", _zip(a="plugin")),
    "org.xmlresolver:xmlresolver:5.2.1:data": ("lib", _zip(a="data")),
    "oro:oro:2.0.8": ("lib", _zip(a="oro")),
}


def _jar(coordinate: str) -> Jar:
    place, content = _JARS[coordinate]
    return manifest.parse(f"{hashlib.sha256(content).hexdigest()} {len(content)} {coordinate} {place}")[0]


class Repository(http.server.ThreadingHTTPServer):
    """Serves the jars; `spoilt` counts down the wrong answers that a file's name gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.served: collections.Counter[str] = collections.Counter()
        self.spoilt: collections.Counter[str] = collections.Counter()
        self.files = {}
        for coordinate, (_, content) in _JARS.items():
            group, artifact, version, *classifier = coordinate.split(":")
            name = "-".join((artifact, version, *classifier)) + ".jar"
            self.files[f"/{group.replace('.', '/')}/{artifact}/{version}/{name}"] = content

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        name = Path(self.path).name
        self.server.served[name] += 1
        if self.server.spoilt[name] > 0:
            self.server.spoilt[name] -= 1
            content = b"something else"
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    jars = tuple(_jar(coordinate) for coordinate in _JARS)
    monkeypatch.setattr(manifest, "load", lambda version: jars)
    monkeypatch.setattr(manifest, "text", lambda version: manifest.render(jars))
    monkeypatch.setenv("JMXGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(install, "RETRY_S", 0.0)
    with Repository() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_home_is_put_together_from_the_manifest(repository: Repository) -> None:
    seen: list[tuple[int, int]] = []
    made = install.install(repository=repository.url, progress=lambda done, total: seen.append((done, total)))
    assert (made.version, made.plugin_version, made.own) == ("5.6.3", "1.3.1", False)
    found = {str(p.relative_to(made.path)) for p in made.path.rglob("*") if p.is_file()}
    assert found == {
        "bin/ApacheJMeter.jar",
        *(f"bin/{name}" for name in _NAMES),
        "lib/ext/jmeter-websocket-samplers-1.3.1.jar",
        "lib/oro-2.0.8.jar",
        "lib/xmlresolver-5.2.1-data.jar",
        home.MARKER,
    }
    assert (made.path / "lib" / "junit").is_dir()
    total = sum(len(content) for _, content in _JARS.values())
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_second_install_downloads_nothing(repository: Repository) -> None:
    install.install(repository=repository.url)
    repository.served.clear()
    install.install(repository=repository.url)
    assert not repository.served


def test_a_jar_that_is_not_what_it_should_be_is_asked_for_once_more(repository: Repository) -> None:
    repository.spoilt["oro-2.0.8.jar"] = 1
    install.install(repository=repository.url)
    assert repository.served["oro-2.0.8.jar"] == 2


def test_a_jar_that_stays_wrong_is_refused_deleted_and_named_with_both_sums(repository: Repository) -> None:
    repository.spoilt["oro-2.0.8.jar"] = 99
    with pytest.raises(JMeterError) as error:
        install.install(repository=repository.url)
    expected = hashlib.sha256(_JARS["oro:oro:2.0.8"][1]).hexdigest()
    got = hashlib.sha256(b"something else").hexdigest()
    assert f"oro-2.0.8.jar is not the file that jmxgen knows: SHA-256 expected {expected}, got {got}" in str(
        error.value
    )
    assert not list(home.cache_folder().rglob("oro-2.0.8.jar"))
    assert not home.installed_path("5.6.3").exists()


def test_an_interrupted_install_goes_on_where_it_stopped(repository: Repository) -> None:
    repository.spoilt["oro-2.0.8.jar"] = 99
    with pytest.raises(JMeterError):
        install.install(repository=repository.url)
    kept = {path.name for path in home.cache_folder().rglob("*.jar")}
    repository.spoilt.clear()
    repository.served.clear()
    install.install(repository=repository.url)
    assert "oro-2.0.8.jar" in repository.served
    assert not kept & set(repository.served)


def test_half_a_jar_left_by_a_killed_install_is_replaced(repository: Repository) -> None:
    path = home.cache_folder() / "maven" / "oro" / "oro" / "2.0.8" / "oro-2.0.8.jar"
    path.parent.mkdir(parents=True)
    path.write_bytes(_JARS["oro:oro:2.0.8"][1][:10])
    install.install(repository=repository.url)
    assert path.read_bytes() == _JARS["oro:oro:2.0.8"][1]


def test_a_damaged_home_is_noticed_and_repaired(repository: Repository) -> None:
    made = install.install(repository=repository.url)
    (made.path / "lib" / "oro-2.0.8.jar").write_bytes(b"damaged")
    (made.path / "lib" / "xmlresolver-5.2.1-data.jar").unlink()
    assert not install.is_whole(made.path, "5.6.3")
    install.install(repository=repository.url)
    assert install.is_whole(made.path, "5.6.3")
    assert [p.name for p in made.path.parent.iterdir() if p.is_dir()] == ["5.6.3"]


@pytest.mark.parametrize("content", [None, b"", b"cut"])
@pytest.mark.parametrize("name", ["bin/ApacheJMeter.jar", "lib/oro-2.0.8.jar", "bin/jmeter.properties"])
def test_a_damaged_home_heals_where_it_is_used(
    repository: Repository, name: str, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.endswith("properties") and content:
        return  # users change it: only that there is something counts
    monkeypatch.setenv("JMXGEN_REPOSITORY", repository.url)
    file = install.install(repository=repository.url).path / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(home.DamagedHomeError, match=f"{name} is damaged"):
        home.find()

    healed = ready(quiet=True)

    assert install.is_whole(healed.path, "5.6.3")
    assert home.find() == healed


def test_what_a_killed_install_left_beside_the_home_is_removed(repository: Repository) -> None:
    left = home.installed_path("5.6.3").parent / ".5.6.3-abandoned" / "home"
    left.mkdir(parents=True)
    install.install(repository=repository.url)
    assert not left.parent.exists()


def test_without_a_network_there_is_one_clear_line(repository: Repository) -> None:
    url = repository.url
    repository.shutdown()
    repository.server_close()
    with pytest.raises(JMeterError) as error:
        install.install(repository=url)
    assert "no answer from the Maven repository" in str(error.value)
    assert "HTTPS_PROXY" in str(error.value)
    assert error.value.exit_status == 4


def test_a_repository_without_the_jar_is_told(repository: Repository) -> None:
    del repository.files["/oro/oro/2.0.8/oro-2.0.8.jar"]
    with pytest.raises(JMeterError, match=r"the Maven repository has no oro:oro:2\.0\.8"):
        install.install(repository=repository.url)


def test_a_cache_that_cannot_be_written_is_told(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JMXGEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(JMeterError, match="can't write JMeter's folder"):
        install.install(repository=repository.url)


def test_two_installs_at_once_download_each_jar_once_and_both_succeed(repository: Repository) -> None:
    made: list[home.Home] = []
    waited: list[int] = []

    def one() -> None:
        made.append(install.install(repository=repository.url, on_wait=lambda: waited.append(1)))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert set(repository.served.values()) == {1}
