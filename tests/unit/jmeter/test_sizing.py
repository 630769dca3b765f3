from __future__ import annotations

import pytest

from jmxgen.jmeter import sizing


def _heap(arguments: list[str]) -> int:
    (heap,) = (a for a in arguments if a.startswith("-Xmx"))
    return int(heap[4:-1])


def test_two_thousand_callers_get_the_heap_that_was_measured() -> None:
    assert sizing.heap_mb(2000) == 2012
    arguments = sizing.java_arguments(2000, available_mb=16_000, environment={})
    assert _heap(arguments) == 2012
    assert "-Xss256k" in arguments


def test_few_callers_keep_the_stacks_of_java() -> None:
    assert not [a for a in sizing.java_arguments(100, available_mb=16_000, environment={}) if "-Xss" in a]


def test_the_heap_stays_within_the_memory_there_is() -> None:
    assert _heap(sizing.java_arguments(2000, available_mb=1000, environment={})) == 700
    assert _heap(sizing.java_arguments(1, available_mb=0, environment={})) == 128


def test_an_unknown_number_of_callers_gets_room_for_a_thousand() -> None:
    assert _heap(sizing.java_arguments(None, available_mb=16_000, environment={})) == sizing.heap_mb(1000)


def test_jvm_args_come_last_and_so_win() -> None:
    environment = {"JVM_ARGS": "-Xmx96m -Dname='a b'"}
    arguments = sizing.java_arguments(10, available_mb=16_000, environment=environment)
    assert arguments[-2:] == ["-Xmx96m", "-Dname=a b"]


@pytest.mark.parametrize("callers", [1, 500, 2000, 100_000])
def test_java_always_ends_when_its_memory_does(callers: int) -> None:
    arguments = sizing.java_arguments(callers, available_mb=4000, environment={})
    assert "-XX:+ExitOnOutOfMemoryError" in arguments
