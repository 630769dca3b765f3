"""What a generated plan costs JMeter a sample, beside the barest plan with the same samplers.

python benchmarks/plan_cost.py [--callers 2000] [--rounds 2] [--seconds 20]

Both plans run against one simulator in turns; the figure is the CPU time of the whole JMeter process (user
and system, its start included) divided by the samples. A plan of jmxgen may cost 1.15 times the bare one.
"""

from __future__ import annotations

import argparse
import dataclasses
import resource
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

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
CALLS = 2


def bare(generated: Plan, turns: int) -> Plan:
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
    children = (LoopController(name="calls", loops=str(CALLS), children=call),)
    tree = TestPlan(name="bare", children=(dataclasses.replace(group, children=children),))
    return dataclasses.replace(generated, tree=tree)


def cost(plan: Plan, folder: Path, callers: int) -> tuple[float, int, int]:
    """Run a plan and return JMeter's CPU seconds, its samples, and how many of them failed."""
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
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, len(rows), sum(",false," in row for row in rows)


def main() -> None:
    """Run both plans in turns and print what each costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=20, help="turns of a second in each call")
    options = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as temporary, simulation() as server:
        for turn in range(options.rounds):
            text = CALL.format(
                url=server.url, callers=options.callers, ramp=options.callers // 100, calls=CALLS,
                turns=options.seconds,
            )  # fmt: skip
            generated = build(loads(text, path=Path("cost.yaml")))
            each = {}
            for name, plan in (("bare", bare(generated, options.seconds)), ("jmxgen", generated)):
                seconds, samples, failed = cost(plan, Path(temporary) / f"{name}{turn}", options.callers)
                each[name] = 1e6 * seconds / samples
                print(
                    f"{name:7}{samples:9,} samples {failed:6,} failed {seconds:7.1f} s {each[name]:6.0f} µs"
                )
            ratios.append(each["jmxgen"] / each["bare"])
    print(f"ratio {statistics.median(ratios):.2f} (each round: {', '.join(f'{r:.2f}' for r in ratios)})")


if __name__ == "__main__":
    main()
