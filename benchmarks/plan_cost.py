"""What a generated plan costs JMeter a sample, beside bare plans with the same samplers.

python benchmarks/plan_cost.py [--callers 2000] [--turns 10] [--calls 2 8] [--rounds 1] [--page FILE]

Three plans run in turns, each in a JMeter and against a simulator of its own: the barest; that with the
filters without which a ping or a frame out of turn fails a sample; and the generated one. They do so in a
short and a long run, as often as there are rounds, whose sums are compared. (Side by side they would share
the noise of the machine, and fill it: a JMeter that is late finds its work in heaps, and all plans look
alike.) Counted is the CPU time of the whole JMeter process, user and system. The long run less the short
one is what further samples cost; the rest is the start: Java, JMeter, and for jmxgen the compiling of its
scripts. The aim is 1.15 times the barest plan's cost.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import os
import platform
import resource
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from jmxgen.cli.output import write_whole
from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
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
In each {callers:,} callers make calls of {samples} samples, with a wait of a second in every other one. The
plans run in turns, in a short run of {short} calls each and a long one of {long}; rounds: {rounds}, the
seconds are their sums. Made on {cores} cores ({machine}), load {load:.1f} at the start, JMeter {jmeter}. On
a busy machine all plans cost more.

| | samples | CPU s: bare | filters | jmxgen | µs a sample: bare | filters | jmxgen | to bare | to filters |
|---|---|---|---|---|---|---|---|---|---|
{rows}

The last line is the long runs less the short ones: what each further sample costs, without the start; round
by round jmxgen was at {each} of the barest plan. The first line is the start: one caller makes one call.
There a generated plan loads Groovy and compiles its scripts, once a run, however long it is; later it runs
one of them once a caller, and passes the gate once a call.

The aim is a ratio of {aim} to the barest plan:

{verdict}

What filters cost is in the plugin: at each sample it adds each of them anew, puts together a line for its
debug log, and makes a result for each in case that it passes over a frame.

Run it: `python benchmarks/plan_cost.py`.
"""
AIM = 1.15
NAMES = ("bare", "filters", "jmxgen")
URL = "ws://127.0.0.1/"  # stands for that of a plan's own simulator
Cost = tuple[float, int]
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


def cost(text: str, name: str, turns: int, calls: int) -> Cost:
    """Run one of the plans in a process of its own, and return JMeter's CPU seconds and its samples.

    Raises:
        SystemExit: a sample failed: what failures cost is another question.
    """
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
        outcome = run(jmx, Path(temporary, "run"), home=find(), property_file=properties, callers=callers)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)  # the simulator is not waited for yet
        rows = outcome.jtl.read_text(encoding="utf-8").splitlines()[1:]
    if failed := sum(",false," in row for row in rows):
        raise SystemExit(f"{failed} samples of {len(rows)} failed: too many callers for this machine?")
    return used.ru_utime + used.ru_stime, len(rows)


def row(name: str, costs: Sequence[Cost]) -> str:
    """Return a line of the page's table."""
    each = [1e6 * seconds / samples for seconds, samples in costs]
    told = [f"{seconds:.1f}" for seconds, _ in costs]
    told += [f"{one:.0f}" for one in each]
    told += [f"{each[-1] / one:.2f}" for one in each[:-1]]
    return f"| {name} | {costs[-1][1]:,} | {' | '.join(told)} |"


def total(costs: Iterable[Cost]) -> Cost:
    """Return the sum of what a plan cost in several runs."""
    seconds, samples = zip(*costs, strict=True)
    return sum(seconds), sum(samples)


def ratio(costs: Sequence[Cost]) -> float:
    """Return how many times what a sample of the barest plan costs one of the generated plan costs."""
    (seconds, its), *_, (ours, samples) = costs
    return (ours / samples) / (seconds / its)


def verdict(short: Sequence[Cost], long: Sequence[Cost]) -> str:
    """Return which of the ratios to the barest plan are within the aim, as a list."""
    further = ratio(list(map(less, long, short)))
    told = (
        ("a whole short run", ratio(short)),
        ("a whole long run", ratio(long)),
        ("a further sample", further),
    )
    return "\n".join(f"- {name} is at {of:.2f}: {'met' if of <= AIM else 'not met'}" for name, of in told)


def less(long: Cost, short: Cost) -> Cost:
    """Return what the longer run cost more, and its further samples."""
    return long[0] - short[0], long[1] - short[1]


def main() -> None:
    """Run the plans, short and long, and write what each costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=10, help="turns of a second in each call")
    parser.add_argument("--calls", type=int, nargs=2, default=(2, 8), help="of each caller: short, long")
    parser.add_argument("--rounds", type=int, default=1, help="of a short and a long run each")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found: list[list[Cost]] = []
    runs = [(options.callers, calls) for _ in range(options.rounds) for calls in options.calls]
    for callers, calls in ((1, 1), *runs):
        text = CALL.format(
            url=URL,
            callers=callers,
            ramp=-(-callers // 100),
            calls=calls,
            turns=options.turns,
        )
        with concurrent.futures.ProcessPoolExecutor(1, max_tasks_per_child=1) as pool:
            costs = [pool.submit(cost, text, name, options.turns, calls).result() for name in NAMES]
        found.append(costs)
        print(callers, "callers,", calls, "calls:", dict(zip(NAMES, costs, strict=True)), flush=True)
    start, *found = found
    short, long = (list(map(total, zip(*found[which::2], strict=True))) for which in (0, 1))
    rounds = [list(map(less, *reversed(pair))) for pair in zip(found[::2], found[1::2], strict=True)]
    further = list(map(less, long, short))
    rows = (
        row("one call", start),
        row("short runs", short),
        row("long runs", long),
        row("the difference", further),
    )
    page = TEXT.format(
        callers=options.callers, samples=4 + 2 * options.turns, cores=os.cpu_count(),
        machine=platform.machine(), load=load, jmeter=find().version, rows="\n".join(rows), aim=AIM,
        short=options.calls[0], long=options.calls[1], rounds=options.rounds, verdict=verdict(short, long),
        each=", ".join(f"{ratio(costs):.2f}" for costs in rounds),
    )  # fmt: skip
    write_whole(options.page, page)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
