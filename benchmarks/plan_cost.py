"""What a generated plan costs JMeter a sample, beside bare plans with the same samplers.

python benchmarks/plan_cost.py [--callers 2000] [--turns 10] [--calls 6] [--rounds 2] [--pairs 5]
    [--page FILE]

Three plans run side by side, as thread groups of one JMeter: the barest; that with the filters without which
a ping or a frame out of turn fails a sample; and the generated one. So they share the machine, its noise and
Java's compiled code, and differ by what they are made of. Counted is the CPU time of each group's threads,
once all callers are there and have made two calls, until the first has made its last. Java's garbage
collection works for all of them; each gets the share of what its threads allocated.

What a run costs beyond its samples, at its start, is measured by each plan in a short run of its own.

Short calls with a handshake rate are what most plans make: pairs of runs, the plan by hand and the generated
one in turn, each with 5,000 calls and with 100; counted is the CPU time of the whole Java process.

Needs Linux (/proc) and a JDK (jcmd).
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.plan_cost_plans import BY_HAND, bare, filtered, named, short, side_by_side, written
from jmxgen.cli.output import write_whole
from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import Status, run
from jmxgen.plan.build import build
from jmxgen.plan.model import Plan
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation

CALL = """
name: cost
target: {{url: "{url}", connect_timeout: 20s, read_timeout: 20s}}
load: {{callers: {callers}, ramp_up: {ramp}s, calls: {calls}}}
keep_alive: {{read_slice: 3s}}
call:
  - send: '{{"type":"open"}}'
  - expect: {{contains: opened}}
  - repeat:
      times: {turns}
      steps:
        - request: {{send: '{{"type":"dtmf","digit":"1"}}', contains: ok}}
        - listen: 3s
"""
SHORT = """
name: short
target: {{url: "{url}", connect_timeout: 20s, read_timeout: 20s}}
load: {{callers: 50, ramp_up: 5s, calls: {calls}, handshake_rate: 1000/s}}
call:
  - request: {{send: '{{"type":"open"}}', contains: opened}}
  - request: {{send: '{{"type":"dtmf","digit":"1"}}', contains: ok}}
"""
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "plan-cost.md"
TEXT = """<!-- Written by `make bench` (benchmarks/plan_cost.py): run it again rather than edit. -->
# What a plan costs

The CPU time that JMeter spends on a sample of a generated plan, beside two by hand with the same samplers,
without scripts and without anything that brings a caller back: the barest, and one that has under each
reading sampler the filters that answer pings and pass over frames that the step does not wait for.

The three run side by side, as thread groups of {callers:,} callers in one JMeter: {calls} calls each, of
{samples} samples, with a wait of three seconds in every other one. Figures are the sums of {rounds} round(s),
made on {cores} cores ({machine}), JMeter {jmeter}.

| | samples | callers, µs | GC, µs | a sample, µs | to bare | to filters | allocated, kB | start, s |
|---|---|---|---|---|---|---|---|---|
{rows}

*Callers* is the CPU time of the group's threads a sample, while all callers are there and warm. That of
Java's garbage collection, *GC*, is shared out by what the groups' threads *allocated* a sample. *Start* is
the CPU time of a short run of that plan alone, beyond so much for each of its samples: Java and JMeter
themselves, Java's compilers, for which all is new, and for jmxgen Groovy and its scripts. It comes once a
run, however long it is.

A sample of the generated plan costs **{filtered:.2f}** times one of the plan by hand that does the same on
the wire ({filtered_rounds} round by round; the aim is at most {aim}), and {bare:.2f} times one of the barest
({bare_rounds}), which fails a sample as soon as the server pings. The filters alone bring that one to
{filters:.2f}: at each sample the plugin adds each of them anew, puts together a line for its debug log, and
makes a result for each in case that it passes over a frame.
"""
SHORT_TEXT = """
## Short calls with a handshake rate

{short_calls:,} calls by 50 callers: each opens a connection, asks twice and closes; 1,000 openings per second
are allowed, so that none waits. The plan by hand has the same filters, no handshake rate and nothing that
brings a caller back. Runs of the two take turns; figures are CPU seconds of the whole Java process.

| pair | by hand | jmxgen | ratio |
|---|---|---|---|
{pairs}

As a whole the generated plan costs **{whole:.2f}** times the other; the aim is at most {whole_aim}. Runs of
{few_calls:,} calls cost {start_hand:.1f} s and {start_jmxgen:.1f} s: Java and JMeter start, for jmxgen Groovy
with its scripts. Without that a call costs **{call:.2f}** times as much: {call_jmxgen:.2f} ms beside
{call_hand:.2f} ms. Per call the generated plan looks back, waits for its turn, looks at the outcome, puts
whole messages beneath the plugin and notes that the call is done: five scripts beside four samples.

The load average of the machine was {load}: with other work beside it, seconds are
too many and ratios less sharp than they look.

Run it: `python benchmarks/plan_cost.py`.
"""
AIM = 1.05
NAMES = (*BY_HAND, "jmxgen")
SHORT_AIM = 1.3
SHORT_CALLS = 2  # of each caller, in the runs that tell what the start costs
MANY_CALLS = 100  # of each of the 50 callers that make short calls
READ_EVERY_S = 3.0
ALLOCATED = re.compile(r'^"(\S+) [^"]*".*? allocated=([\d.]+)([BKMG]) ', re.MULTILINE)
UNITS = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
COLLECTORS = ("GC", "G1", "VM")  # the first words of the names of the threads that collect garbage
WARM_CALLS = 2  # of each caller: then Java has compiled what each sample runs


@dataclasses.dataclass(frozen=True)
class Cost:
    """What the samples of one plan cost, in the time in which all callers were there and warm."""

    samples: int
    seconds: float  # CPU, of the callers' threads
    allocated: float  # bytes, by them
    collecting: float  # CPU seconds of garbage collection, its share

    @property
    def each(self) -> float:
        """What a sample costs, in seconds."""
        return (self.seconds + self.collecting) / self.samples


class Meter:
    """Reads the CPU time of the JMeter that this process runs, and of its threads by their first names."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.process: list[float] = []
        self.threads: list[dict[str, float]] = []
        self._last: dict[int, float] = {}  # of each thread, those that have ended among them
        self._name: dict[int, str] = {}

    def __call__(self, _status: Status) -> None:
        """Read it now, unless it was read a moment ago."""
        if self.times and time.time() - self.times[-1] < READ_EVERY_S:
            return
        for java in java_processes():
            used = java.cpu_times()
            self._read(Path("/proc", str(java.pid), "task"))
            total: dict[str, float] = collections.defaultdict(float)
            for thread, seconds in self._last.items():
                total[self._name[thread]] += seconds
            self.times.append(time.time())
            self.process.append(used.user + used.system)
            self.threads.append(total)

    def _read(self, tasks: Path) -> None:
        for task in tasks.iterdir():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                number = int(task.name)
                if number not in self._name:
                    self._name[number] = task.joinpath("comm").read_text().split()[0].split("-")[0]
                # ns on a processor: https://docs.kernel.org/scheduler/sched-stats.html
                self._last[number] = int(task.joinpath("schedstat").read_text().split()[0]) / 1e9

    def between(self, start: float, end: float, *names: str) -> float:
        """Return the CPU seconds of the threads of some names from one time to another, s since the epoch."""
        seconds = [sum(read.get(name, 0.0) for name in names) for read in self.threads]
        return float(np.diff(np.interp((start, end), self.times, seconds))[0])


class Heap:
    """Reads what the threads of the JMeter that this process runs have allocated, at times of the run."""

    def __init__(self, *after: float) -> None:
        self._after = list(after)  # seconds of the run, rising
        self.times: list[float] = []
        self.allocated: list[dict[str, float]] = []  # bytes, by the threads' first names

    def __call__(self, status: Status) -> None:
        """Read it, if it is time."""
        if not self._after or status.seconds < self._after[0]:
            return
        self._after.pop(0)
        for java in java_processes():
            told = subprocess.run(
                ["jcmd", str(java.pid), "Thread.print", "-e"], capture_output=True, text=True, check=True
            )
            total: dict[str, float] = collections.defaultdict(float)
            for name, number, unit in ALLOCATED.findall(told.stdout):
                total[name] += float(number) * UNITS[unit]
            self.times.append(time.time())
            self.allocated.append(total)

    def between(self, name: str) -> float:
        """Return what the threads of a name allocated from the first reading to the last."""
        return self.allocated[-1][name] - self.allocated[0][name]


def java_processes() -> list[psutil.Process]:
    """Return the Java processes among this one's children."""
    return [child for child in psutil.Process().children() if child.name() == "java"]


@dataclasses.dataclass(frozen=True)
class Course:
    """How long the plans run."""

    callers: int
    turns: int
    calls: int

    @property
    def ramp(self) -> int:
        """The seconds in which the callers come."""
        return -(-self.callers // 40)

    @property
    def samples(self) -> int:
        """The samples of a call."""
        return 4 + 2 * self.turns

    @property
    def first_ends(self) -> float:
        """When the first caller has made its calls, in seconds; JMeter's own start comes on top."""
        return 3.05 * self.turns * self.calls

    def plans(self, url: str) -> dict[str, Plan]:
        """Return the three plans, each with a thread group of its name."""
        text = CALL.format(url=url, callers=self.callers, ramp=self.ramp, calls=self.calls, turns=self.turns)
        generated = build(loads(text, path=Path("cost.yaml")))
        plain = bare(generated, self.turns, self.calls)
        plans = {"bare": plain, "filters": filtered(plain, generated), "jmxgen": generated}
        return {name: named(plan, name) for name, plan in plans.items()}


def together(course: Course) -> dict[str, Cost]:
    """Run the three plans side by side and return what each cost.

    Raises:
        SystemExit: a sample failed: what failures cost is another question. Or there were too few calls.
    """
    meter, heap = Meter(), Heap(course.first_ends * 0.7, course.first_ends * 0.95)

    def on_poll(status: Status) -> None:
        meter(status)
        heap(status)

    with tempfile.TemporaryDirectory() as temporary, simulation() as server:
        plans = course.plans(server.url)
        jmx, properties = written(side_by_side(plans["jmxgen"], plans), Path(temporary))
        rows = ran(jmx, properties, Path(temporary, "run"), 3 * course.callers, on_poll)
    ends = (rows["timeStamp"] + rows["elapsed"]) / 1000
    of_caller = ends.groupby(rows["threadName"])
    warm = float(of_caller.nth(WARM_CALLS * course.samples - 1).to_numpy(float).max())
    over = float(of_caller.max().to_numpy(float).min())
    if warm >= over:
        raise SystemExit("the first caller is done before the last is warm: more calls, please")
    group = rows["threadName"].str.split().str[0]
    samples = group[ends.between(warm, over)].value_counts()
    meanwhile = group[ends.between(heap.times[0], heap.times[-1])].value_counts()
    allocated = {name: heap.between(name) / meanwhile[name] * samples[name] for name in NAMES}
    collecting = meter.between(warm, over, *COLLECTORS) / sum(allocated.values())
    return {
        name: Cost(
            samples=int(samples[name]),
            seconds=meter.between(warm, over, name),
            allocated=allocated[name],
            collecting=collecting * allocated[name],
        )
        for name in NAMES
    }


def alone(course: Course, name: str) -> tuple[float, int]:
    """Run one of the plans and return the CPU seconds of JMeter, and the number of its samples."""
    meter = Meter()
    with tempfile.TemporaryDirectory() as temporary, simulation() as server:
        jmx, properties = written(course.plans(server.url)[name], Path(temporary))
        rows = ran(jmx, properties, Path(temporary, "run"), course.callers, meter)
    return meter.process[-1], len(rows)


def short_calls(calls: int) -> dict[str, float]:
    """Run short calls by 50 callers in both plans, one after the other; return the CPU seconds of JMeter."""
    used = {}
    for name in ("filters", "jmxgen"):
        meter = Meter()
        with tempfile.TemporaryDirectory() as temporary, simulation() as server:
            generated = build(loads(SHORT.format(url=server.url, calls=calls), path=Path("short.yaml")))
            plan = generated if name == "jmxgen" else short(generated, calls)
            jmx, properties = written(plan, Path(temporary))
            ran(jmx, properties, Path(temporary, "run"), 50, meter)
        used[name] = meter.process[-1]
    return used


def ran(
    jmx: Path, properties: Path, folder: Path, callers: int, on_poll: Callable[[Status], None]
) -> pd.DataFrame:
    """Run a plan and return its rows."""
    outcome = run(jmx, folder, home=find(), property_file=properties, callers=callers, on_poll=on_poll)
    rows = pd.read_csv(outcome.jtl, usecols=["timeStamp", "elapsed", "threadName", "success"])
    if failed := int((~rows["success"]).sum()):
        raise SystemExit(f"{failed} samples of {len(rows)} failed: too many callers for this machine?")
    return rows


Pair = Mapping[str, float]  # CPU seconds of JMeter, by the plan's name


def page(
    found: Sequence[Mapping[str, Cost]], starts: Mapping[str, float], course: Course, short_part: str
) -> str:
    """Return the page that says what the plans cost, round by round and pair by pair."""
    sums = {name: total([costs[name] for costs in found]) for name in NAMES}
    bare, filters, jmxgen = (sums[name] for name in NAMES)
    return TEXT.format(
        callers=course.callers, calls=course.calls, samples=course.samples, rounds=len(found),
        cores=os.cpu_count(), machine=platform.machine(), jmeter=find().version, aim=AIM,
        rows="\n".join(row(name, its, bare, filters, starts[name]) for name, its in sums.items()),
        bare=jmxgen.each / bare.each, bare_rounds=rounds(found, "bare"), filters=filters.each / bare.each,
        filtered=jmxgen.each / filters.each, filtered_rounds=rounds(found, "filters"),
    ) + short_part  # fmt: skip


def short_section(many: Sequence[Pair], few: Sequence[Pair], load: str) -> str:
    """Return what short calls cost, pair by pair; `few` are runs of hardly more than the start."""
    each = {name: _mean(many, name) - _mean(few, name) for name in many[0]}
    calls = 50 * (MANY_CALLS - SHORT_CALLS)
    return SHORT_TEXT.format(
        short_calls=50 * MANY_CALLS, few_calls=50 * SHORT_CALLS, whole_aim=SHORT_AIM, load=load,
        pairs="\n".join(
            f"| {n} | {p['filters']:.1f} | {p['jmxgen']:.1f} | {p['jmxgen'] / p['filters']:.2f} |"
            for n, p in enumerate(many, 1)
        ),
        whole=_mean(many, "jmxgen") / _mean(many, "filters"), call=each["jmxgen"] / each["filters"],
        call_hand=1000 * each["filters"] / calls, call_jmxgen=1000 * each["jmxgen"] / calls,
        start_hand=_mean(few, "filters"), start_jmxgen=_mean(few, "jmxgen"),
    )  # fmt: skip


def _mean(pairs: Sequence[Pair], name: str) -> float:
    return sum(pair[name] for pair in pairs) / len(pairs)


def row(name: str, its: Cost, bare: Cost, filters: Cost, start: float) -> str:
    """Return a line of the page's table."""
    callers, collecting = 1e6 * its.seconds / its.samples, 1e6 * its.collecting / its.samples
    return (
        f"| {name} | {its.samples:,} | {callers:.1f} | {collecting:.1f} | {1e6 * its.each:.1f} "
        f"| {its.each / bare.each:.2f} | {its.each / filters.each:.2f} "
        f"| {its.allocated / its.samples / 1000:.1f} | {start:.1f} |"
    )


def rounds(found: Sequence[Mapping[str, Cost]], beside: str) -> str:
    """Return what a sample of the generated plan costs beside another plan's, in each round."""
    return ", ".join(f"{costs['jmxgen'].each / costs[beside].each:.2f}" for costs in found)


def total(costs: Sequence[Cost]) -> Cost:
    """Return what several runs cost together."""
    return Cost(*map(sum, zip(*map(dataclasses.astuple, costs), strict=True)))


def main() -> None:
    """Run the plans, and write what each costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=2000, help="of each plan")
    parser.add_argument("--turns", type=int, default=10, help="turns of three seconds in each call")
    parser.add_argument("--calls", type=int, default=6, help="of each caller")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=5, help="of runs with short calls")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    load = f"{os.getloadavg()[0]:.0f}"
    few = [short_calls(SHORT_CALLS) for _ in range(max(1, options.pairs // 2))]
    print("few", *few, sep="\n", flush=True)
    many = []
    for _ in range(options.pairs):
        many.append(short_calls(MANY_CALLS))
        print(many[-1], f"{many[-1]['jmxgen'] / many[-1]['filters']:.2f}", flush=True)
    course = Course(options.callers, options.turns, options.calls)
    found = []
    for _ in range(options.rounds):
        found.append(together(course))
        print(*found[-1].items(), sep="\n", flush=True)
    short = dataclasses.replace(course, calls=SHORT_CALLS)
    starts = {}
    for name in NAMES:
        seconds, samples = alone(short, name)
        starts[name] = seconds - samples * total([costs[name] for costs in found]).each
        print(name, "alone", seconds, samples, flush=True)
    written_page = page(
        found, starts, course, short_section(many, few, f"{load} before and {os.getloadavg()[0]:.0f} after")
    )
    write_whole(options.page, written_page)
    print(written_page)


if __name__ == "__main__":
    main()
