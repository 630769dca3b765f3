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

STAGES = ("importing", "reading", "classifying", "recording", "summing", "resolving", "causes", "report")


def main() -> None:
    """Analyse a file with a clock around each stage, one after the other: the clock is the process'."""
    path = Path(sys.argv[1])
    spent: dict[str, float] = defaultdict(float)
    clock = time.process_time
    began = clock()
    from jmxgen.analysis import reading, verdict
    from jmxgen.analysis.lifecycle import Classifier, History
    from jmxgen.analysis.reading import files, tally
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

    files.jtl.read = chunks(files.jtl.read)  # type: ignore[attr-defined]
    Classifier.classify = timed("classifying", Classifier.classify)  # type: ignore[method-assign]
    History.add = timed("recording", History.add)  # type: ignore[method-assign]
    tally.Tally.add = timed("summing", tally.Tally.add)  # type: ignore[method-assign]
    read = timed("resolving", reading.finish)(reading.read_file(path))
    analysis = timed("causes", verdict.judge)(read)
    with tempfile.TemporaryDirectory() as folder:
        timed("report", write_all)(analysis, Path(folder))
    json.dump({"rows": read.rows, "seconds": {name: round(spent[name], 3) for name in STAGES}}, sys.stdout)


if __name__ == "__main__":
    main()
