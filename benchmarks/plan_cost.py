"""What a generated plan costs JMeter a sample, beside the barest plan with the same samplers.

python benchmarks/plan_cost.py [--callers 2000] [--turns 10] [--calls 2 6] [--page FILE]

Both plans run in turns against one simulator, each in a short and a long run; what is counted is the CPU
time of the whole JMeter process, user and system. The long run less the short one is what further samples
cost; the rest is the start: Java, JMeter, and for jmxgen the compiling of its scripts. The aim is 1.15 times
the bare plan's cost.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import resource
import sys
import tempfile
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

The CPU time of the JMeter process, user and system, for a generated plan beside the barest plan with the
same samplers: no filters, no scripts, nothing that brings a caller back. {callers:,} callers make calls of
{samples} samples, with a wait of a second in every other one, against one simulator; a short run and a long
one of each plan. Made on {cores} cores ({machine}), load {load:.1f} at the start, JMeter {jmeter}. On a busy
machine both plans cost more.

| | samples | CPU s, bare | CPU s, jmxgen | µs a sample, bare | µs a sample, jmxgen | ratio |
|---|---|---|---|---|---|---|
{rows}

The last line is the long run less the short one: what each further sample costs, without the start. A
generated plan starts with compiling its scripts, and runs one of them once a caller. Each reading sampler
costs two filters, which answer pings and pass over frames that the step does not wait for. The aim is a ratio
of {aim}.

Run it: `python benchmarks/plan_cost.py`.
"""
AIM = 1.15
Cost = tuple[float, int]


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


def cost(plan: Plan, folder: Path, callers: int) -> Cost:
    """Run a plan and return JMeter's CPU seconds and its samples.

    Raises:
        SystemExit: a sample failed: what failures cost is another question.
    """
    folder.mkdir()
    content = render(plan).decode()
    if plan.tree.name == "bare":
        content = content.replace('LoopController.loops">-1<', 'LoopController.loops">1<')
    jmx, properties = folder / "plan.jmx", folder / "plan.properties"
    jmx.write_text(content, encoding="utf-8")
    properties.write_text(render_properties(plan), encoding="ascii")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome = run(jmx, folder / "run", home=find(), property_file=properties, callers=callers)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = outcome.jtl.read_text(encoding="utf-8").splitlines()[1:]
    if failed := sum(",false," in row for row in rows):
        raise SystemExit(f"{failed} samples of {len(rows)} failed: too many callers for this machine?")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, len(rows)


def row(name: str, plain: Cost, ours: Cost) -> str:
    """Return a line of the page's table."""
    each = [1e6 * seconds / samples for seconds, samples in (plain, ours)]
    told = f"{plain[0]:.1f} | {ours[0]:.1f} | {each[0]:.0f} | {each[1]:.0f} | {each[1] / each[0]:.2f}"
    return f"| {name} | {ours[1]:,} | {told} |"


def less(long: Cost, short: Cost) -> Cost:
    """Return what the longer run cost more, and its further samples."""
    return long[0] - short[0], long[1] - short[1]


def main() -> None:
    """Run both plans, short and long, and write what each costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=10, help="turns of a second in each call")
    parser.add_argument("--calls", type=int, nargs=2, default=(2, 6), help="of each caller: short, long")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found: dict[str, list[Cost]] = {"bare": [], "jmxgen": []}
    with tempfile.TemporaryDirectory() as temporary, simulation() as server:
        for calls in options.calls:
            text = CALL.format(
                url=server.url, callers=options.callers, ramp=options.callers // 100, calls=calls,
                turns=options.turns,
            )  # fmt: skip
            ours = build(loads(text, path=Path("cost.yaml")))
            for name, plan in (("bare", bare(ours, options.turns, calls)), ("jmxgen", ours)):
                found[name].append(cost(plan, Path(temporary) / f"{name}{calls}", options.callers))
                print(name, *found[name][-1], flush=True)
    (short, ours_short), (long, ours_long) = zip(*found.values(), strict=True)
    rows = (
        row("short run", short, ours_short),
        row("long run", long, ours_long),
        row("the difference", less(long, short), less(ours_long, ours_short)),
    )
    page = TEXT.format(
        callers=options.callers, samples=4 + 2 * options.turns, cores=os.cpu_count(),
        machine=platform.machine(), load=load, jmeter=find().version, rows="\n".join(rows), aim=AIM,
    )  # fmt: skip
    write_whole(options.page, page)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
