"""The proof: from 500 callers that drop to 2,000 that don't, each run judged by the server's own log.

    python benchmarks/proof.py [--folder DIR] [--scale 1.0]

Runs a real JMeter against the simulator five times, about ten minutes in all, and writes docs/proof.md and
its pictures. Every figure on the page is measured. With --scale, numbers of callers and limits are a part of
it and the page goes into the folder instead: for a try.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import jinja2

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.proof_figures import Figures, Loss, figures, loss
from jmxgen.analysis import charts, words
from jmxgen.analysis.model import Analysis
from jmxgen.cli.analysis import analyse
from jmxgen.cli.output import write_whole
from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator import truth
from jmxgen.simulator.process import simulation

Done = tuple[Analysis, Figures, Loss | None]
ROOT = Path(__file__).parents[1]
COMPLETE = "complete"  # marks the folder of a run that came to its end
NAIVE = ROOT / "samples" / "plans" / "naive.jmx"
LOSING = ("c", "jitter", "storm")  # the runs whose server loses all callers at once
DIGITS, THINK_S = 18, 2  # of a call in (a) and (b)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """One run: the server's faults and the plan. `scenario` is "" for the naive plan."""

    name: str
    callers: int
    faults: tuple[str, ...]
    rate: int  # the server's limit of handshakes a second
    scenario: str = ""
    properties: dict[str, str] = dataclasses.field(default_factory=dict)


SCENARIO = """\
name: proof
target:
  url: @url
  headers: {X-Connection-Id: "${ws_id}"}   # joins the results with the server's log
load: @load
reconnect: @reconnect
keep_alive: {read_slice: @listen}
call:
  - request: {send: '{"type":"open"}', contains: opened, within: 10s}
  - repeat:
      times: @times
      steps:
        - listen: @listen
        - request: {send: '{"type":"dtmf","digit":"1"}', contains: ok, within: 10s}
  - disconnect: {code: 1000}
"""
FULL = "{max_attempts: 100, base: 1s, cap: 16s, jitter: full}"
IN_STEP = "{max_attempts: 100, base: 1s, cap: 8s, jitter: none, first_wait: 0s}"


def scenario(**values: str) -> str:
    """Return the scenario with its values, the URL left for later."""
    text = SCENARIO
    for name, value in values.items():
        text = text.replace(f"@{name}", value)
    return text


def runs(scale: float) -> tuple[Run, ...]:
    """Return the runs (a), (b), and (c) three times: as generated, with jitter alone, with neither."""
    few, many, limit, fast = (max(2, round(number * scale)) for number in (1000, 2000, 20, 60))
    story = (
        f"rate:limit={limit}/s,form=429",
        f"cap:limit={few // 2},form=reset",
        "random:hazard=0.2/m,form=reset",
    )
    once = f"{{callers: {few}, ramp_up: 40s, calls: 1, handshake_rate: {limit * 9 // 10}/s}}"
    return (
        Run(
            name="a",
            callers=few,
            faults=story,
            rate=limit,
            properties={
                "callers": str(few),
                "ramp": "40",
                "requests": str(DIGITS),
                "think": str(THINK_S * 1000),
            },
        ),
        Run(
            name="b",
            callers=few,
            faults=story,
            rate=limit,
            scenario=scenario(load=once, reconnect=FULL, listen=f"{THINK_S}s", times=str(DIGITS)),
        ),
        _held("c", many, fast, pace=f", handshake_rate: {fast * 11 // 12}/s", reconnect=FULL, hold=65),
        _held("jitter", many, fast, pace="", reconnect=FULL, hold=50),
        _held("storm", many, fast, pace="", reconnect=IN_STEP, hold=50),
    )


def _held(name: str, callers: int, limit: int, *, pace: str, reconnect: str, hold: int) -> Run:
    """Return a run that holds its callers, all of whose connections are reset once all are there."""
    # Short calls, all on one connection: the hold ends between two of them.
    load = f"{{callers: {callers}, ramp_up: 40s, hold: {hold}s, calls_per_connection: 1000{pace}}}"
    return Run(
        name=name,
        callers=callers,
        faults=(
            f"rate:limit={limit}/s,form=429",
            f"cap:limit={callers * 5 // 4},form=503",
            f"mass:open={callers},at=5s,form=reset",
        ),
        rate=limit,
        scenario=scenario(load=load, reconnect=reconnect, listen="4s", times="1"),
    )


def perform(chosen: Run, folder: Path) -> None:
    """Run it, and leave its results and the server's log in `folder`."""
    folder.mkdir(parents=True)
    with simulation(
        faults=chosen.faults,
        truth=folder / "truth.jsonl",
        options=["--seed", "1"],
        start_timeout=120,
        stop_timeout=60,
    ) as server:
        plan, settings = NAIVE, None
        properties = {**chosen.properties, "host": "127.0.0.1", "port": str(server.port)}
        if chosen.scenario:
            text = chosen.scenario.replace("@url", server.url)
            built = build(loads(text, path=folder / "scenario.yaml"))
            plan, settings, properties = folder / "plan.jmx", folder / "plan.properties", {}
            write_whole(folder / "scenario.yaml", text)
            write_whole(plan, render(built))
            write_whole(settings, render_properties(built))
        outcome = run(
            plan,
            folder / "run",
            home=find(),
            properties=properties,
            property_file=settings,
            callers=chosen.callers,
        )
    if outcome.stopped_by:
        sys.exit(f"run {chosen.name} was stopped: {outcome.stopped_by}")
    (folder / COMPLETE).touch()


def measure(folder: Path) -> Done:
    """Analyse a run, and measure it by the server's log."""
    log = folder / "truth.jsonl"
    rows = truth.read(log)
    analysis = analyse([folder / "run" / "results.jtl"], server_log=[log], quiet=True)
    return analysis, figures(analysis, rows), loss(rows)


def promises(chosen: Run, done: Done) -> list[str]:
    """Return which of the promises the run did not keep."""
    _, found, lost = done
    kept = {
        f"every connection as the server logged it ({found.equal:,} of {found.attempts:,})": found.agree,
        f"no orphaned session of a generated plan ({found.orphans})": not (chosen.scenario and found.orphans),
    }
    if chosen.name == "b":
        kept[f"every call is made ({found.callers_done:,})"] = found.callers_done == chosen.callers
    if chosen.name == "c":
        kept[f"at most {chosen.rate} handshakes a second ({found.peak_attempts})"] = (
            found.peak_attempts <= chosen.rate
        )
        kept["all callers were lost at once and came back"] = (
            lost is not None and lost.connections == lost.back == chosen.callers
        )
    return [f"{chosen.name}: {promise}" for promise, is_kept in kept.items() if not is_kept]


def draw(analyses: dict[str, Analysis]) -> dict[str, bytes]:
    """Return the page's pictures by file name."""
    return {
        "proof-a.png": charts.draw(analyses["a"], "timeline", "png"),
        "proof-b.png": charts.draw(analyses["b"], "timeline", "png"),
        "proof-c.png": charts.draw(analyses["c"], "timeline", "png"),
        "proof-storm.png": charts.draw(analyses["storm"], "timeline", "png"),
    }


def page(scale: float, done: dict[str, Done]) -> str:
    """Return docs/proof.md."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    home = find()
    return environment.get_template("proof.md.jinja").render(
        runs={run.name: run for run in runs(scale)},
        figures={name: found for name, (_, found, _) in done.items()},
        loss={name: found for name, (_, _, found) in done.items()},
        analyses={name: found for name, (found, _, _) in done.items()},
        jmeter=home.version,
        plugin=home.plugin_version,
        cores=os.cpu_count(),
        call_seconds=DIGITS * THINK_S,
        percent=words.percent,
    )


@contextlib.contextmanager
def workplace(folder: Path | None) -> Iterator[Path]:
    """Yield the folder that was named, or one that goes away."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def main() -> int:
    """Run all and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, help="keep the runs here; those that are here already are only judged"
    )
    parser.add_argument("--scale", type=float, default=1.0)
    chosen = parser.parse_args()
    done: dict[str, Done] = {}
    broken: list[str] = []
    with workplace(chosen.folder) as folder:
        for each in runs(chosen.scale):
            began = time.monotonic()
            if not (folder / each.name / COMPLETE).exists():
                perform(each, folder / each.name)
            done[each.name] = measure(folder / each.name)
            broken += promises(each, done[each.name])
            print(f"{each.name}: {time.monotonic() - began:.0f} s, {done[each.name][1]}", file=sys.stderr)
        if all(done[name][2] for name in LOSING):
            docs = ROOT / "docs" if chosen.scale == 1 else folder
            write_whole(docs / "proof.md", page(chosen.scale, done))
            for name, picture in draw({name: found for name, (found, _, _) in done.items()}).items():
                write_whole(docs / "img" / name, picture)
        else:
            broken.append("all callers are lost at once: this machine does not keep up, nothing is written")
    for promise in broken:
        print(f"not as promised: {promise}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
