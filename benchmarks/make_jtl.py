"""Writes JMeter results of any size: callers that open a WebSocket, talk, wait, close, and sometimes lose it.

    python benchmarks/make_jtl.py ROWS FILE [--callers N] [--seed N]

The texts, sizes and the order of columns are those that the Luminis samplers 1.3.1 leave in JMeter 5.6.3's
CSV. About 4 rows in 1000 have a message over several lines.
"""

from __future__ import annotations

import argparse
import heapq
import random
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,"
    "bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"
)
START_MS = 1_767_225_600_000
IO_ERROR = "Websocket I/O error,WebSocket I/O error: "
NO_CONNECTION = 'Sampler error,"Sampler configured for using existing connection, but there is no connection"'


def caller(number: int, callers: int, pick: random.Random) -> Iterator[tuple[int, str]]:
    """Yield the rows of one caller as (end in ms, line), for ever."""
    name = f"callers 1-{number}"
    now = START_MS + number * 50
    counts = f"{callers},{callers}"

    def row(  # noqa: PLR0917
        label: str, elapsed: int, told: str, kind: str, good: str, sizes: str, connect: int = 0
    ) -> tuple[int, str]:
        return (
            now + elapsed,
            f"{now},{elapsed},{label},{told},{name},{kind},{good},,{sizes},{counts},null,0,0,{connect}\n",
        )

    while True:
        elapsed = int(pick.lognormvariate(2.5, 0.8))
        if pick.random() < 0.02:
            told = "503,Got unexpected status 503 with statusLine:HTTP/1.1 503 Service Unavailable"
            yield row("open", elapsed, told, "", "false", "0,0")
            yield 0, f"0,0,request,{NO_CONNECTION},{name},,false,,0,0,{counts},null,0,0,0\n"
            now += elapsed + pick.randrange(500, 4000)
            continue
        yield row("open", elapsed, "101,Switching Protocols", "", "true", "129,214", elapsed)
        now += elapsed + 1
        for _ in range(pick.randrange(8, 20)):
            if pick.random() < 0.001:
                yield row("request", 3, IO_ERROR + "end of stream", "", "false", "0,48")
                yield row("close", 0, IO_ERROR + "Broken pipe", "", "false", "0,0")
                break
            elapsed = int(pick.lognormvariate(3.5, 0.7))
            if pick.random() < 0.004:
                told = '503x,"upstream said:\n  ""busy""\n  try again"'
                yield row("http step", elapsed, told, "text", "false", "120,90")
            else:
                yield row("request", elapsed, "200,OK", "text", "true", f"{pick.randrange(20, 400)},48")
            now += elapsed + pick.randrange(200, 3000)
            if pick.random() < 0.3:
                yield row(
                    "listen", 1000, 'No response,"Read timeout, no response received."', "", "true", "0,0"
                )
                now += 1001
        else:
            told = "1000,Connection closed; close reason: 'sampler requested close'."
            yield row("close", 2, told, "text", "true", "27,31")
        now += pick.randrange(500, 5000)


def write(rows: int, file: TextIO, *, callers: int = 2000, seed: int = 1) -> None:
    """Write the first `rows` rows of `callers` callers, in the order of their ends."""
    file.write(HEADER)
    streams = [caller(number, callers, random.Random(f"{seed}/{number}")) for number in range(1, callers + 1)]
    # A row without a time follows the row before it of its caller.
    queue = [(*next(stream), place) for place, stream in enumerate(streams)]
    heapq.heapify(queue)
    for _ in range(rows):
        end, line, place = queue[0]
        file.write(line)
        following, text = next(streams[place])
        heapq.heapreplace(queue, (following or end, text, place))


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--callers", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with chosen.file.open("w", encoding="utf-8", newline="") as file:
        write(chosen.rows, file, callers=chosen.callers, seed=chosen.seed)


if __name__ == "__main__":
    main()
