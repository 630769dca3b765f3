"""Times jmxgen's reading beside other ways to read results, and writes docs/reference/benchmarks.md.

python benchmarks/bench.py [--peers VENV] [--rows 1000000 5000000] [--rounds 3] [--large ROWS] [--page FILE]

All of a size are run in turns, so that a busy machine is busy for each; the figures are the system's own of
each child process (wait4). Needs some GB in the temporary folder.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.make_jtl import write
from jmxgen.cli.output import write_whole
from jmxgen.jmeter.home import find

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "reference" / "benchmarks.md"
BARE = "pandas"
DASHBOARD = "jmeter -g"
SLOW = {DASHBOARD, "lysiro"}  # one round of a size is enough of them
XML_ROWS = 200_000
XML_NAMES = {
    "elapsed": "t", "IdleTime": "it", "Latency": "lt", "Connect": "ct", "timeStamp": "ts", "success": "s",
    "label": "lb", "responseCode": "rc", "responseMessage": "rm", "threadName": "tn", "dataType": "dt",
    "bytes": "by", "sentBytes": "sby", "grpThreads": "ng", "allThreads": "na",
}  # fmt: skip

TEXT = """\
<!-- Written by `make bench` (benchmarks/bench.py): run it again rather than edit. -->
# Benchmarks

What an analysis costs beside other ways to read the same results. The files come from
`benchmarks/make_jtl.py`: JMeter's 17 columns, 2,000 callers, some messages over several lines. jmxgen
rebuilds the connections, weighs all causes and prints its verdict; pandas, polars and duckdb read the columns
and group by label; lysiro and `jmeter -g` write their reports. Made on {machine}, load {load} at the start;
Python {python}, {versions}.

Seconds are the median of {rounds} rounds [least–most], one round for {slow}; all of a size ran in turns.
The ratio is of the wall times, to pandas in the same run.

{tables}
## By stage

CPU seconds of one process, one stage after the other.

{stages}

- XML: {xml:,.0f} rows a CPU second (reading, classifying and adding up {xml_rows:,} rows).
- `jmxgen --help` takes {help:.2f} times as long as `python -c 'import click'` (medians of {starts} starts).

Run it: `make bench`.
"""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one process cost."""

    wall: float
    cpu: float
    peak: float  # MiB


def run(command: Sequence[str | Path]) -> Cost:
    """Run a program to its end; Python keeps what it compiled, as installed packages are."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=output, stderr=output, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{command} failed: {output.read().decode(errors='replace')[-2000:]}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def commands(path: Path, folder: Path, peers: Path | None, number: int) -> dict[str, list[str | Path]]:
    """Return what is run on a file; the first is jmxgen."""
    jmxgen: list[str | Path] = [sys.executable, "-m", "jmxgen", "analyze", path]
    found: dict[str, list[str | Path]] = {
        "jmxgen": jmxgen,
        BARE: [sys.executable, HERE / "peers.py", "pandas", path],
    }
    if peers is not None:
        python = peers / "bin" / "python"
        found |= {name: [python, HERE / "peers.py", name, path] for name in ("polars", "duckdb")}
        found["lysiro"] = [peers / "bin" / "lysiro", "report", path]
    home = find()
    found[DASHBOARD] = [
        home.java, "-Xmx1g", "-jar", home.jar, "-g", path, "-o", folder / f"dashboard{number}",
        "-j", folder / "jmeter.log", "-f",
    ]  # fmt: skip
    return found


def measure(path: Path, folder: Path, peers: Path | None, rounds: int) -> dict[str, list[Cost]]:
    """Run everything on a file, in turns."""
    costs: dict[str, list[Cost]] = {}
    for number in range(rounds):
        for name, command in commands(path, folder, peers, number).items():
            if name in SLOW and number:
                continue
            costs.setdefault(name, []).append(run(command))
            print(f"{path.name:20}{name:24}{costs[name][-1]}", file=sys.stderr)
    return costs


def table(rows: int, costs: Mapping[str, Sequence[Cost]]) -> str:
    """Return the table of one size."""
    walls = {name: statistics.median(cost.wall for cost in found) for name, found in costs.items()}
    bare, dashboard = walls.get(BARE), walls.get(DASHBOARD)
    lines = [
        f"## {rows:,} rows",
        "",
        "| | wall s | CPU s | peak MiB | to pandas | faster than jmeter -g |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in costs.items():
        wall = [cost.wall for cost in found]
        middle = walls[name]
        lines.append(
            f"| {name} | {middle:.2f} [{min(wall):.2f}–{max(wall):.2f}] "
            f"| {statistics.median(cost.cpu for cost in found):.2f} | {max(cost.peak for cost in found):.0f} "
            f"| {f'{middle / bare:.2f}' if bare else ''} "
            f"| {f'{dashboard / middle:.1f} ×' if dashboard else ''} |"
        )
    return "\n".join([*lines, ""])


def stages(path: Path) -> tuple[int, dict[str, float]]:
    """Return a file's rows, and the CPU seconds of each stage of its analysis."""
    done = subprocess.run(
        [sys.executable, HERE / "stages.py", path], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    return found["rows"], found["seconds"]


def stage_table(found: Mapping[int, Mapping[str, float]]) -> str:
    """Return the table of the stages, a column a size."""
    names = list(next(iter(found.values())))
    lines = [
        "| stage | " + " | ".join(f"{rows:,} rows" for rows in found) + " |",
        "|---" * (len(found) + 1) + "|",
    ]
    lines += [
        f"| {name} | " + " | ".join(f"{each[name]:.2f}" for each in found.values()) + " |" for name in names
    ]
    return "\n".join(lines)


def as_xml(source: Path, target: Path, rows: int) -> None:
    """Write the first rows of a CSV file as JMeter's XML."""
    with source.open(encoding="utf-8", newline="") as read, target.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n')
        for _, row in zip(range(rows), csv.DictReader(read), strict=False):
            attributes = " ".join(f"{short}={quoteattr(row[name])}" for name, short in XML_NAMES.items())
            file.write(f"<sample {attributes}/>\n")
        file.write("</testResults>\n")


def start_ratio(starts: int) -> float:
    """Return how much longer `jmxgen --help` takes than Python with click."""
    tools: dict[str, list[str | Path]] = {
        "jmxgen": [Path(sys.executable).with_name("jmxgen"), "--help"],
        "click": [sys.executable, "-c", "import click"],
    }
    walls: dict[str, list[float]] = {name: [] for name in tools}
    for _ in range(starts):
        for name, command in tools.items():
            walls[name].append(run(command).wall)
    return statistics.median(walls["jmxgen"]) / statistics.median(walls["click"])


def versions(peers: Path | None) -> str:
    """Return what was measured, with versions."""
    import numpy as np
    import pandas as pd

    found = [f"pandas {pd.__version__}", f"numpy {np.__version__}", f"JMeter {find().version}"]
    if peers is not None:
        code = (
            "import importlib.metadata as m, sys; "
            "print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep=', ')"
        )
        command = [str(peers / "bin" / "python"), "-c", code, "polars", "duckdb", "lysiro"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found.append(done.stdout.strip())
    return ", ".join(found)


def made(folder: Path, rows: int) -> Path:
    """Return a file of so many rows, made when it is missing."""
    path = folder / f"{rows}.jtl"
    if not path.exists():
        with path.open("w", encoding="utf-8", newline="") as file:
            write(rows, file)
    return path


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, help="a virtual environment with requirements.txt")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, help="rows that jmxgen alone reads, once")
    parser.add_argument("--folder", type=Path, help="keep the files here, for the next time")
    parser.add_argument("--page", type=Path, default=PAGE)
    chosen = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}"
    tables, staged = [], {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        for rows in chosen.rows:
            path = made(folder, rows)
            costs = measure(path, Path(temporary), chosen.peers, chosen.rounds)
            tables.append(table(rows, costs))
            staged[rows] = stages(path)[1]
        xml = Path(temporary) / "results.xml"
        as_xml(made(folder, chosen.rows[0]), xml, XML_ROWS)
        xml_rows, spent = stages(xml)
        if chosen.large:
            path = made(Path(temporary), chosen.large)
            ours = {
                name: it for name, it in commands(path, folder, None, 0).items() if name.startswith("jmxgen")
            }
            tables.append(table(chosen.large, {name: [run(command)] for name, command in ours.items()}))
            path.unlink()
    page = TEXT.format(
        machine=f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}",
        load=load,
        python=platform.python_version(),
        versions=versions(chosen.peers),
        rounds=chosen.rounds,
        slow=" and ".join(sorted(SLOW)),
        tables="\n".join(tables),
        stages=stage_table(staged),
        xml=xml_rows / sum(spent[name] for name in ("reading", "classifying", "recording", "summing")),
        xml_rows=xml_rows,
        help=start_ratio(20),
        starts=20,
    )
    write_whole(chosen.page, page)
    print(page)


if __name__ == "__main__":
    main()
