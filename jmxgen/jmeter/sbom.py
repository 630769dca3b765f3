"""What jmxgen runs with, as a CycloneDX document: `python -m jmxgen.jmeter.sbom > sbom.json`.

The Python distributions are those of this environment, as their metadata name one another; the jars are those
of the shipped manifest, with their sums. The specification: https://cyclonedx.org/docs/1.6/json/.
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

import jmxgen
from jmxgen.jmeter import manifest
from jmxgen.jmeter.versions import JMETER

if TYPE_CHECKING:
    from collections.abc import Iterator


def document(version: str = JMETER) -> dict[str, Any]:
    """Return the document, for JMeter `version`; the same environment gives the same document.

    Raises:
        JMeterError: jmxgen doesn't install that version.
    """
    own = {"type": "application", "name": "jmxgen", "version": jmxgen.__version__, "bom-ref": "jmxgen"}
    components = [*_distributions(), *(_jar(jar) for jar in manifest.load(version))]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": "jmxgen", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _distributions() -> Iterator[dict[str, Any]]:
    """Yield the distributions that jmxgen needs, directly or not, extras left out."""
    from packaging.requirements import Requirement  # matplotlib brings it

    known: dict[str, str] = {}
    waiting = ["jmxgen"]
    while waiting:
        for text in metadata.requires(waiting.pop()) or ():
            needed = Requirement(text)
            name = needed.name.lower().replace("_", "-")
            if name not in known and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                known[name] = metadata.version(name)
                waiting.append(name)
    for name, version in sorted(known.items()):
        yield _component(name, version, f"pkg:pypi/{name}@{version}")


def _jar(jar: manifest.Jar) -> dict[str, Any]:
    group, name, version, *classifier = jar.coordinate.split(":")
    purl = f"pkg:maven/{group}/{name}@{version}" + "".join(f"?classifier={one}" for one in classifier)
    hashes = [{"alg": "SHA-256", "content": jar.sha256}]
    return {**_component(name, version, purl), "group": group, "hashes": hashes}


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1)
    sys.stdout.write("\n")
