from __future__ import annotations

import re

import pytest

from jmxgen.errors import JMeterError
from jmxgen.jmeter import manifest
from jmxgen.jmeter.versions import SUPPORTED_JMETERS, WEBSOCKET_SAMPLERS

_SUM = "0" * 64


@pytest.mark.parametrize("version", SUPPORTED_JMETERS)
def test_a_shipped_manifest_names_a_whole_jmeter_with_the_plugin(version: str) -> None:
    jars = manifest.load(version)
    coordinates = {jar.coordinate for jar in jars}
    for part in ("", "_core", "_http", "_java", "_components", "_functions", "_config"):
        assert f"org.apache.jmeter:ApacheJMeter{part}:{version}" in coordinates
    assert f"org.apache.jmeter:jorphan:{version}" in coordinates
    assert f"net.luminis.jmeter:jmeter-websocket-samplers:{WEBSOCKET_SAMPLERS}" in coordinates
    assert [jar.name for jar in jars if jar.place == "bin"] == ["ApacheJMeter.jar"]
    assert {jar.place for jar in jars} == {"bin", "config", "lib", "lib/ext"}


@pytest.mark.parametrize("version", SUPPORTED_JMETERS)
def test_no_two_jars_of_a_home_are_the_same_library(version: str) -> None:
    libraries = [re.sub(r":\d[^:]*", "", jar.coordinate) for jar in manifest.load(version)]
    assert len(libraries) == len(set(libraries))
    assert len({jar.name for jar in manifest.load(version)}) == len(libraries)


@pytest.mark.parametrize("version", SUPPORTED_JMETERS)
def test_a_shipped_manifest_is_as_its_maker_writes_it(version: str) -> None:
    assert manifest.render(manifest.load(version)) == manifest.text(version)


def test_a_version_that_is_not_shipped_is_refused_with_those_that_are() -> None:
    with pytest.raises(JMeterError, match=r"JMeter 5\.5 .*5\.6\.2 and 5\.6\.3"):
        manifest.load("5.5")


def test_the_name_of_a_jar_carries_its_classifier() -> None:
    (jar,) = manifest.parse(f"{_SUM} 12 org.xmlresolver:xmlresolver:5.2.1:data lib")
    assert (jar.name, jar.size) == ("xmlresolver-5.2.1-data.jar", 12)


@pytest.mark.parametrize(
    "line",
    [
        f"{_SUM[1:]} 12 a:b:1 lib",
        f"{_SUM} 12 a:b lib",
        f"{_SUM} 12 a:b/../c:1 lib",
        f"{_SUM} 12 a:b:1 ../lib",
        f"{_SUM} twelve a:b:1 lib",
    ],
)
def test_a_line_that_is_no_jar_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        manifest.parse(line)
