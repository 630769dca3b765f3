"""The jars of a JMeter home, as the project ships them: one line a jar, with the sum it must have.

A line is ``sha256  bytes  group:artifact:version[:classifier]  place``. Nothing is resolved on a user's
machine: what is downloaded is exactly what these files name. A maintainer makes them anew with
``python -m jmxgen.jmeter.manifest 5.6.3`` (needs the network) and reviews the difference.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from jmxgen.errors import JMeterError
from jmxgen.jmeter.versions import SUPPORTED_JMETERS, WEBSOCKET_SAMPLERS

if TYPE_CHECKING:
    from collections.abc import Iterable

Place = Literal[
    "bin", "config", "lib", "lib/ext"
]  # config: a jar whose bin/ is unpacked into the home's bin/

# What a home is made of. jorphan is named because jgo would otherwise settle on an older one for 5.6.2.
_PARTS: Final = ("", "_core", "_http", "_java", "_components", "_functions", "_config")
_COORDINATE = re.compile(r"[\w.-]+(:[\w.-]+){2,3}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Jar:
    """One jar: its Maven coordinate, SHA-256 sum, size in bytes, and where it goes in the home."""

    coordinate: str
    sha256: str
    size: int
    place: Place

    @property
    def name(self) -> str:
        """The file's name in the home."""
        _group, artifact, version, *classifier = self.coordinate.split(":")
        return (
            "ApacheJMeter.jar" if self.place == "bin" else "-".join((artifact, version, *classifier)) + ".jar"
        )


def load(version: str) -> tuple[Jar, ...]:
    """Return the jars of the home of JMeter `version`.

    Raises:
        JMeterError: jmxgen doesn't install that version.
    """
    if version not in SUPPORTED_JMETERS:
        known = " and ".join(SUPPORTED_JMETERS)
        raise JMeterError(
            f"jmxgen does not install JMeter {version}",
            hint=f"it installs {known}; for another, set JMETER_HOME to a JMeter of your own",
        )
    return parse(text(version))


def text(version: str) -> str:
    """Return the shipped manifest of `version`, as it stands in the file."""
    return (resources.files(__package__) / "jars" / f"{version}.txt").read_text(encoding="ascii")


def parse(manifest: str) -> tuple[Jar, ...]:
    """Read a manifest's text. A line that is not a jar raises ValueError: the file is the project's own."""
    lines = [line.split() for line in manifest.splitlines() if line and not line.startswith("#")]
    return tuple(_jar(*line) for line in lines)


def _jar(sha256: str, size: str, coordinate: str, place: str) -> Jar:
    if not re.fullmatch("[0-9a-f]{64}", sha256) or not _COORDINATE.fullmatch(coordinate):
        raise ValueError(f"no jar of a manifest: {sha256} {coordinate}")
    for known in get_args(Place):
        if place == known:
            return Jar(coordinate, sha256, int(size), known)
    raise ValueError(f"no place in a home: {place}")


def render(jars: Iterable[Jar]) -> str:
    """Write a manifest: `parse` backwards, sorted by coordinate so that differences are small."""
    ordered = sorted(jars, key=lambda jar: jar.coordinate)
    return "".join(f"{jar.sha256}  {jar.size:>8}  {jar.coordinate}  {jar.place}\n" for jar in ordered)


def _place(artifact: str) -> Place:
    if artifact == "ApacheJMeter":
        return "bin"
    if artifact == "ApacheJMeter_config":
        return "config"
    return "lib/ext" if artifact.startswith(("ApacheJMeter_", "jmeter-websocket-")) else "lib"


def resolve(version: str, cache: Path) -> tuple[Jar, ...]:
    """Resolve JMeter `version` and the plugin with jgo, download all into `cache`, and return the jars found.

    The plugin is added without what its POM names: that is a JMeter 3, whose old libraries no home needs.
    """
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=cache)
    own = [f"org.apache.jmeter:ApacheJMeter{part}:{version}" for part in _PARTS]
    own.append(f"org.apache.jmeter:jorphan:{version}")
    plugin = f"net.luminis.jmeter:jmeter-websocket-samplers:{WEBSOCKET_SAMPLERS}"
    named, transitive = context.resolver.resolve([context.create_dependency(c) for c in own])
    jars = {}
    for found in (*named, *transitive, context.create_dependency(plugin)):
        if found.type != "jar" or found.scope not in {None, "compile", "runtime"}:
            continue
        artifact = found.artifact
        parts = (artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier)
        coordinate = ":".join(part for part in parts if part)
        content = artifact.resolve().read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        jars[coordinate] = Jar(coordinate, sha256, len(content), _place(artifact.artifactId))
    return tuple(jars.values())


if __name__ == "__main__":
    import tempfile

    for wanted in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(__file__).parent / "jars" / f"{wanted}.txt"
            target.write_text(render(resolve(wanted, Path(folder))), encoding="ascii")
