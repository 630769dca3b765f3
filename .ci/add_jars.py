"""Add JMeter's jars, with the sums that jmxgen checks, to the bill of materials that cyclonedx-py wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from jmxgen.jmeter import manifest
from jmxgen.jmeter.versions import JMETER


def component(jar: manifest.Jar) -> dict[str, object]:
    """Return a jar as a component of CycloneDX 1.6."""
    group, name, version, *classifier = jar.coordinate.split(":")
    purl = f"pkg:maven/{group}/{name}@{version}" + "".join(f"?classifier={word}" for word in classifier)
    hashes = [{"alg": "SHA-256", "content": jar.sha256}]
    return {
        "type": "library",
        "bom-ref": purl,
        "group": group,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": hashes,
    }


if __name__ == "__main__":
    path = Path(sys.argv[1])
    document = json.loads(path.read_text(encoding="utf-8"))
    document["components"] += [component(jar) for jar in manifest.load(JMETER)]
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
