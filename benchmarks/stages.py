"""Where an analysis spends its CPU time: `python benchmarks/stages.py FILE`, seconds by stage as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

STAGES = ("importing", "reading", "judging", "reducing", "resolving", "causes", "report")


def main() -> None:
    """Analyse a file with a clock around each stage, one after the other: the clock is the process'."""
    path = Path(sys.argv[1])
    spent: dict[str, float] = defaultdict(float)
    clock = time.process_time
    began = clock()
    from jmxgen.analysis import cores, parallel, results, tally, verdict
    from jmxgen.cli.analysis import write_all

    spent["importing"] = clock() - began

    def timed(stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            start = clock()
            try:
                return work(*args, **named)
            finally:
                spent[stage] += clock() - start

        return run

    def chunks(read: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def run(*args: Any, **named: Any) -> Iterator[Any]:
            pull = timed("reading", next)
            source = read(*args, **named)
            while (chunk := pull(source, None)) is not None:
                yield chunk

        return run

    results.jtl.read = chunks(results.jtl.read)  # type: ignore[attr-defined]
    tally.understand = timed("judging", tally.understand)  # type: ignore[attr-defined]
    tally.Tally._add = timed("reducing", tally.Tally._add)  # type: ignore[method-assign]
    cores.cores = lambda: 1
    counted = results.count(parallel.whole(path))
    read = timed("resolving", results.finish)(counted)
    analysis = timed("causes", verdict.judge)(read)
    with tempfile.TemporaryDirectory() as folder:
        timed("report", write_all)(analysis, Path(folder))
    json.dump({"rows": read.rows, "seconds": {name: round(spent[name], 3) for name in STAGES}}, sys.stdout)


if __name__ == "__main__":
    main()
