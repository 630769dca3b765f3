from __future__ import annotations

from jmxgen.jmeter import preflight
from jmxgen.jmeter.preflight import Limits

WIDE = Limits(descriptors=None, ports=None, threads=None, memory_mb=1_000_000)


def _resources(callers: int, limits: Limits) -> list[str]:
    return [shortage.resource for shortage in preflight.check(callers, limits)]


def test_a_machine_without_limits_is_no_trouble() -> None:
    assert not preflight.check(100_000, WIDE)


def test_each_limit_is_told_with_what_to_change() -> None:
    narrow = Limits(descriptors=1024, ports=1000, threads=500, memory_mb=256)
    found = preflight.check(2000, narrow)
    assert [shortage.resource for shortage in found] == ["descriptors", "ports", "threads", "memory"]
    assert found[0].what == "2000 callers need about 2400 file descriptors; the limit is 1024"
    assert "ulimit -n 2400" in found[0].hint
    assert all(shortage.hint for shortage in found)


def test_limits_that_suffice_are_not_told() -> None:
    assert _resources(500, Limits(descriptors=1024, ports=28_232, threads=4096, memory_mb=4000)) == []


def test_ports_of_closed_connections_count_too() -> None:
    assert _resources(900, Limits(descriptors=None, ports=1000, threads=None, memory_mb=100_000)) == ["ports"]


def test_the_system_answers() -> None:
    limits = preflight.limits()
    assert limits.memory_mb > 0
    assert limits.descriptors is None or limits.descriptors > 0
