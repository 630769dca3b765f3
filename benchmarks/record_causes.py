"""Records real JMeter runs for every cause, each with the server's truth and what the verdict must say.

    python benchmarks/record_causes.py tests/data/causes [--only REGEX] [--jobs 2]

Each recording is a folder: results.jtl.gz (or .xml.gz), truth.jsonl.gz, expected.json, and server.csv where
the server's series goes with it. What is recorded is in cause_recordings.py.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses
import gzip
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.cause_plans import Hand, Target, plan
from benchmarks.cause_recordings import RECORDINGS, Recording
from jmxgen.jmeter.home import Home, find
from jmxgen.jmeter.run import run
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator import truth
from jmxgen.simulator.process import Server, simulation

# Two engines have callers of the same number: the whole name of the thread tells them apart.
WHO = {1: "${__threadNum}", 2: '${__groovy(java.net.URLEncoder.encode(ctx.thread.threadName\\,"UTF-8"),)}'}


def record(name: str, folder: Path) -> str:
    """Run the recording of that name and write its files; return a line about it."""
    (recording,) = (recording for recording in RECORDINGS if recording.name == name)
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        work = Path(scratch)
        remote = stack.enter_context(engines(recording.engines, work))
        with served(recording, work) as server:
            properties = write_plan(recording, server, work)
            outcome = run(
                work / "plan.jmx",
                work / "run",
                home=limited(find(), recording.files, work),
                properties={"jmeter.save.saveservice.output_format": recording.form},
                property_file=properties,
                callers=recording.plan.callers,
                remote=remote,
                key=work / "key" if remote else None,
            )
        rows = truth.read(work / "truth.jsonl")
        expected = {
            "cause": recording.cause,
            "side": recording.side,
            "phase": recording.phase,
            "evidence": {**recording.evidence, **(recording.logged(rows) if recording.logged else {})},
            "plan": style(recording),
            "faults": faults(recording),
        }
        suffix = "xml" if recording.form == "xml" else "jtl"
        files = {f"results.{suffix}.gz": outcome.jtl, "truth.jsonl.gz": work / "truth.jsonl"}
        place = folder / recording.cause / recording.name
        place.mkdir(parents=True, exist_ok=True)
        for file, source in files.items():
            (place / file).write_bytes(gzip.compress(source.read_bytes(), mtime=0))
        if recording.metrics:
            shutil.copy(work / "server.csv", place / "server.csv")
        (place / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    return (
        f"{recording.name}: {len(rows)} connections, {sum(p.stat().st_size for p in place.iterdir()):,} bytes"
    )


def style(recording: Recording) -> str:
    """Say in a few words what kind of plan it was."""
    made = f"by hand, {recording.plan.style}" if isinstance(recording.plan, Hand) else "generated"
    return (
        made
        + (", XML" if recording.form == "xml" else "")
        + (", two engines" if recording.engines > 1 else "")
    )


def faults(recording: Recording) -> list[str]:
    """Say what was made to fail, a text each."""
    own = [f"ulimit -n {recording.files}"] if recording.files else []
    return [*recording.faults, *recording.timeline.splitlines(), *own]


@contextlib.contextmanager
def served(recording: Recording, work: Path) -> Iterator[Server]:
    """Run the server, with a side port that HTTP steps may ask."""
    options = ["--seed", str(recording.seed), "--prometheus", "0"]
    if recording.timeline:
        (work / "timeline.yaml").write_text(recording.timeline, encoding="utf-8")
        options += ["--timeline", str(work / "timeline.yaml")]
    with simulation(
        faults=recording.faults, truth=work / "truth.jsonl", metrics=work / "server.csv", options=options
    ) as server:
        yield server


def write_plan(recording: Recording, server: Server, work: Path) -> Path | None:
    """Write plan.jmx, and plan.properties where there are some."""
    path = f"/ivr?caller={WHO[recording.engines]}{recording.query}"
    if isinstance(recording.plan, Hand):
        assert server.metrics_url is not None
        web = urlsplit(server.metrics_url).port or 0
        text = plan(recording.plan, Target(port=server.port, web=web, path=path))
        (work / "plan.jmx").write_text(text, encoding="utf-8")
        return None
    built = build(loads(recording.plan.scenario(server.url_for(path)), path=work / "scenario.yaml"))
    (work / "plan.jmx").write_bytes(render(built))
    (work / "plan.properties").write_text(render_properties(built), encoding="utf-8")
    return work / "plan.properties"


@contextlib.contextmanager
def engines(number: int, work: Path) -> Iterator[tuple[str, ...]]:
    """Start engines and yield their names; none where one JMeter does it all."""
    if number == 1:
        yield ()
        return
    command = [sys.executable, "-m", "jmxgen", "engine", "--port", "0", "--callers", "50"]
    command += ["--key", str(work / "key")]
    with contextlib.ExitStack() as stack:
        started = []
        for _ in range(number):
            child = subprocess.Popen(
                [*command, "--callers", "50"], cwd=work, stdout=subprocess.PIPE, text=True
            )
            started.append(stack.enter_context(child))
            stack.callback(child.send_signal, signal.SIGINT)
        yield tuple(
            child.stdout.readline().removeprefix("engine ").strip() for child in started if child.stdout
        )


def limited(home: Home, files: int | None, work: Path) -> Home:
    """Return a home whose Java may open only so many files."""
    if files is None:
        return home
    java = work / "java"
    java.write_text(f'#!/bin/sh\nulimit -n {files}\nexec "{home.java}" "$@"\n', encoding="utf-8")
    java.chmod(0o755)
    return dataclasses.replace(home, java=java)


def main() -> None:
    """Record what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="a regular expression for CAUSE/NAME")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    wanted = [each for each in RECORDINGS if re.search(chosen.only, f"{each.cause}/{each.name}")]
    with concurrent.futures.ProcessPoolExecutor(chosen.jobs) as pool:
        done = {pool.submit(record, recording.name, chosen.folder): recording.name for recording in wanted}
        for future in concurrent.futures.as_completed(done):
            error = future.exception()
            print(f"{done[future]}: FAILED: {error}" if error else future.result(), flush=True)


if __name__ == "__main__":
    main()
