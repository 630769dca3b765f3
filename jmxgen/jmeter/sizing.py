"""How large a Java machine a number of callers needs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Measured: 2,000 threads with one request a second each ran in 0.5 GB with -Xmx2g -Xss256k (JMeter 5.6.3,
# WebSocket samplers 1.3.1, Java 21). The heap is what it ran with, in proportion, on top of JMeter itself.
BASE_MB: Final = 512
MB_A_CALLER: Final = 0.75
SMALL_STACKS_FROM: Final = 1000  # callers; below, Java's own 1 MB stacks fit anywhere
SHARE_OF_MEMORY: Final = 0.7  # of what is available; the rest is for stacks, code and sockets


def heap_mb(callers: int) -> int:
    """Return the largest heap, in MB, that `callers` callers may need."""
    return round(BASE_MB + MB_A_CALLER * callers)


def java_arguments(callers: int | None, *, available_mb: int, environment: Mapping[str, str]) -> list[str]:
    """Return the arguments of the Java machine.

    Args:
        callers: how many callers the run has at most; None where unknown.
        available_mb: the memory there is, in MB.
        environment: JVM_ARGS there is JMeter's own way to pass arguments; they come last and so win.
    """
    wanted = heap_mb(callers if callers is not None else SMALL_STACKS_FROM)
    arguments = [f"-Xmx{max(128, min(wanted, round(available_mb * SHARE_OF_MEMORY)))}m"]
    if callers is not None and callers >= SMALL_STACKS_FROM:
        arguments.append("-Xss256k")
    # Not -XX:TieredStopAtLevel=1: it halves what the start costs, but further samples cost 1.4 times as much.
    arguments += [
        "-XX:+UseG1GC",  # as JMeter's own start script, for short pauses
        "-XX:MaxGCPauseMillis=100",
        "-XX:+ExitOnOutOfMemoryError",  # a load generator without memory measures itself: end, and say so
        "-Djava.awt.headless=true",
    ]
    return arguments + shlex.split(environment.get("JVM_ARGS", ""))
