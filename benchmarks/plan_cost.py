"""What a generated plan costs JMeter a sample, beside bare plans with the same samplers.

python benchmarks/plan_cost.py [--callers 2000] [--turns 10] [--calls 9] [--rounds 2] [--page FILE]

Three plans run in turns, each in a JMeter and against a simulator of its own: the barest; that with the
filters without which a ping or a frame out of turn fails a sample; and the generated one. (Side by side they
would share the noise of the machine, and fill it: a JMeter that is late finds its work in heaps, and all
plans look alike.) Counted is the CPU time of the whole JMeter process, user and system, once all callers are
there and have made two calls, until the first has made its last: what a sample costs. The rest of the run's
CPU time, beyond so much for each of its samples, is the start: Java, JMeter, the compilers of Java and, for
jmxgen, of its scripts. The aim is 1.15 times what a sample of the barest plan costs.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from jmxgen.cli.output import write_whole
from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import Status, run
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.plan.model import (
    Close,
    Data,
    Element,
    LoopController,
    Open,
    Plan,
    Read,
    RequestResponse,
    TestPlan,
    ThreadGroup,
    Write,
)
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation

CALL = """
name: cost
target: {{url: "{url}", connect_timeout: 20s, read_timeout: 20s}}
load: {{callers: {callers}, ramp_up: {ramp}s, calls: {calls}}}
keep_alive: {{read_slice: 1s}}
call:
  - send: '{{"type":"open"}}'
  - expect: {{contains: opened}}
  - repeat:
      times: {turns}
      steps:
        - request: {{send: '{{"type":"dtmf","digit":"1"}}', contains: ok}}
        - listen: 1s
"""
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "plan-cost.md"
TEXT = """<!-- Written by `make bench` (benchmarks/plan_cost.py): run it again rather than edit. -->
# What a plan costs

The CPU time of the JMeter process, user and system, for a generated plan beside two by hand with the same
samplers, without scripts and without anything that brings a caller back: the barest, and one that has under
each reading sampler the filters that answer pings and pass over frames that the step does not wait for.
In each {callers:,} callers make {calls} calls of {samples} samples, with a wait of a second in every other
one. The plans run in turns; rounds: {rounds}, the figures are their sums. Made on {cores} cores ({machine}),
JMeter {jmeter}. The same plan may cost a tenth more or less another time.

| | samples | CPU s | of them the start | µs a sample | to bare | to filters | the whole run to bare |
|---|---|---|---|---|---|---|---|
{rows}

What a sample costs is measured while all callers are there, from the end of the last one's second call until
the first one's last. The start is what the run cost beyond that for each of its samples: Java and JMeter
themselves, Java's compilers, for which all is new, and for jmxgen Groovy and its scripts. It comes once a
run, however long it is; the scripts run once a caller, and the gate is passed once a call.

The aim is {aim} times what a sample of the barest plan costs, and it is {met}: the generated plan is at
{bare:.2f} ({bare_rounds} round by round), and the filters alone bring the barest one to {filters:.2f}.
Beside the plan with the same filters it is at {filtered:.2f} ({filtered_rounds}).

What filters cost is in the plugin: at each sample it adds each of them anew, puts together a line for its
debug log, and makes a result for each in case that it passes over a frame.

Run it: `python benchmarks/plan_cost.py`.
"""
AIM = 1.15
NAMES = ("bare", "filters", "jmxgen")
URL = "ws://127.0.0.1/"  # stands for that of a plan's own simulator
WARM_CALLS = 2  # of each caller: then Java has compiled what each sample runs
_READING = (Read, RequestResponse, Close)


def bare(generated: Plan, turns: int, calls: int) -> Plan:
    """Return the same samplers in a thread group of their own, without anything else."""
    (opener,) = (e for e in generated.tree.walk() if isinstance(e, Open))
    (group,) = (e for e in generated.tree.walk() if isinstance(e, ThreadGroup))
    talk = (
        RequestResponse(
            name="request", data=Data(content='{"type":"dtmf","digit":"1"}'), read_timeout="20000"
        ),
        Read(name="listen", data_type="Any", read_timeout="1000", optional=True),
    )
    call = (
        dataclasses.replace(opener, children=()),
        Write(name="send", data=Data(content='{"type":"open"}')),
        Read(name="expect", data_type="Text", read_timeout="20000"),
        LoopController(name="turns", loops=str(turns), children=talk),
        Close(name="close", code="1000", read_timeout="20000"),
    )
    # `ThreadGroup` loops for ever: the calls are a loop of their own, after which the thread has to stop.
    children = (LoopController(name="calls", loops=str(calls), children=call),)
    tree = TestPlan(name="bare", children=(dataclasses.replace(group, children=children),))
    return dataclasses.replace(generated, tree=tree)


def filtered(plain: Plan, generated: Plan) -> Plan:
    """Return a bare plan with the filters that the generated one has under the same samplers."""
    under = {_kind(e): e.children for e in generated.tree.walk() if isinstance(e, _READING)}

    def fill(element: Element) -> Element:
        children = tuple(map(fill, element.children))
        return dataclasses.replace(element, children=under.get(_kind(element), children))

    return dataclasses.replace(
        plain, tree=dataclasses.replace(plain.tree, children=fill(plain.tree).children)
    )


def _kind(element: Element) -> tuple[type[Element], bool]:
    return type(element), getattr(element, "optional", False)


@dataclasses.dataclass(frozen=True)
class Cost:
    """CPU seconds and samples, of whole runs and of the time in which all callers were there and warm.

    The seconds of whole runs lack what JMeter used after it was last read: in half a second at most.
    """

    seconds: float
    samples: int
    steady_seconds: float
    steady_samples: int

    @property
    def each(self) -> float:
        """What a sample costs, in seconds."""
        return self.steady_seconds / self.steady_samples

    @property
    def start(self) -> float:
        """What the runs cost beyond their samples, in seconds."""
        return self.seconds - self.each * self.samples


class Meter:
    """Reads the CPU time of the JMeter process that this process runs, about twice a second."""

    def __init__(self) -> None:
        self.read: list[tuple[float, float]] = [(time.time(), 0.0)]

    def __call__(self, _status: Status) -> None:
        """Read it now."""
        for child in psutil.Process().children():
            if child.name() == "java":
                used = child.cpu_times()
                self.read.append((time.time(), used.user + used.system))

    def between(self, start: float, end: float) -> float:
        """Return the CPU seconds from one time to another, s since the epoch."""
        times, seconds = zip(*self.read, strict=True)
        return float(np.diff(np.interp((start, end), times, seconds))[0])


def cost(text: str, name: str, turns: int, calls: int) -> Cost:
    """Run one of the plans and return what it cost JMeter.

    Raises:
        SystemExit: a sample failed: what failures cost is another question. Or there were too few calls.
    """
    meter = Meter()
    with tempfile.TemporaryDirectory() as temporary, simulation() as server:
        generated = build(loads(text.replace(URL, server.url), path=Path("cost.yaml")))
        plain = bare(generated, turns, calls)
        plan = {"bare": plain, "filters": filtered(plain, generated), "jmxgen": generated}[name]
        content = render(plan).decode()
        if plan is not generated:
            content = content.replace('LoopController.loops">-1<', 'LoopController.loops">1<')
        jmx, properties = Path(temporary, "plan.jmx"), Path(temporary, "plan.properties")
        jmx.write_text(content, encoding="utf-8")
        properties.write_text(render_properties(plan), encoding="ascii")
        callers = int(next(knob.default for knob in plan.knobs if knob.name == "callers"))
        outcome = run(
            jmx, Path(temporary, "run"), home=find(), property_file=properties, callers=callers, on_poll=meter
        )
        rows = pd.read_csv(outcome.jtl, usecols=["timeStamp", "elapsed", "threadName", "success"])
    if failed := int((~rows["success"]).sum()):
        raise SystemExit(f"{failed} samples of {len(rows)} failed: too many callers for this machine?")
    ends = (rows["timeStamp"] + rows["elapsed"]) / 1000
    callers_ends = ends.groupby(rows["threadName"])
    warm = float(callers_ends.nth(WARM_CALLS * samples_of(turns) - 1).to_numpy(float).max())
    over = float(callers_ends.max().to_numpy(float).min())
    if warm >= over:
        raise SystemExit("the first caller is done before the last is warm: more calls, please")
    steady = int(ends.between(warm, over).sum())
    return Cost(meter.read[-1][1], len(rows), meter.between(warm, over), steady)


def samples_of(turns: int) -> int:
    """Return the number of samples of a call."""
    return 4 + 2 * turns


def page(found: Mapping[str, Sequence[Cost]], *, callers: int, calls: int, turns: int) -> str:
    """Return the page that tells what the plans cost, round by round."""
    sums = {name: total(costs) for name, costs in found.items()}
    bare, filters, jmxgen = (sums[name] for name in NAMES)
    ratio = jmxgen.each / bare.each
    return TEXT.format(
        callers=callers, calls=calls, samples=samples_of(turns), rounds=len(found["bare"]),
        cores=os.cpu_count(), machine=platform.machine(), jmeter=find().version, aim=AIM,
        rows="\n".join(row(name, its, bare, filters) for name, its in sums.items()),
        bare=ratio, met="met" if ratio <= AIM else "not met", bare_rounds=rounds(found, "bare"),
        filters=filters.each / bare.each,
        filtered=jmxgen.each / filters.each, filtered_rounds=rounds(found, "filters"),
    )  # fmt: skip


def row(name: str, its: Cost, bare: Cost, filters: Cost) -> str:
    """Return a line of the page's table."""
    whole = (its.seconds / its.samples) / (bare.seconds / bare.samples)
    return (
        f"| {name} | {its.samples:,} | {its.seconds:.1f} | {its.start:.1f} | {1e6 * its.each:.1f} "
        f"| {its.each / bare.each:.2f} | {its.each / filters.each:.2f} | {whole:.2f} |"
    )


def rounds(found: Mapping[str, Sequence[Cost]], beside: str) -> str:
    """Return what a sample of the generated plan costs beside another plan's, in each round."""
    pairs = zip(found["jmxgen"], found[beside], strict=True)
    return ", ".join(f"{ours.each / other.each:.2f}" for ours, other in pairs)


def total(costs: Sequence[Cost]) -> Cost:
    """Return what several runs cost together."""
    return Cost(*map(sum, zip(*map(dataclasses.astuple, costs), strict=True)))


def main() -> None:
    """Run the plans in turns, and write what each costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=10, help="turns of a second in each call")
    parser.add_argument("--calls", type=int, default=9, help="of each caller")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    text = CALL.format(
        url=URL,
        callers=options.callers,
        ramp=-(-options.callers // 100),
        calls=options.calls,
        turns=options.turns,
    )
    found: dict[str, list[Cost]] = {name: [] for name in NAMES}
    for _ in range(options.rounds):
        for name, costs in found.items():
            costs.append(cost(text, name, options.turns, options.calls))
            print(name, costs[-1], flush=True)
    told = page(found, callers=options.callers, calls=options.calls, turns=options.turns)
    write_whole(options.page, told)
    print(told)


if __name__ == "__main__":
    main()
