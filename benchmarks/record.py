"""Records real JMeter results together with the server's truth, for the tests of the attribution.

    python benchmarks/record.py tests/data/attribution

    python benchmarks/record.py tests/data/attribution --form xml --callers 1 --faults none,eof

Plans in the styles that people write, none of them made by jmxgen, call simulators that fail in many ways,
all in one JMeter. Left in the folder: results.csv.gz and truth-csv.jsonl.gz, or the same with xml. A thread
group is named after its style and its fault, and a caller's number is in the path of its upgrade requests,
so that rows and truth can be joined.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.simulator.process import simulation

PLUGIN = "eu.luminis.jmeter.wssampler."

FAULTS = {
    "none": (),
    "cap503": ("cap:limit=5,form=503",),
    "cap429": ("cap:limit=5,form=429",),
    "capreset": ("cap:limit=5,form=reset",),
    "capeof": ("cap:limit=5,form=eof",),
    "capafter": ("cap:limit=5,form=reset-after",),
    "rate": ("rate:limit=6/s,burst=3,form=503",),
    "stall": ("stall:share=30%",),
    "slots": ("slots:limit=8,hold=3s,form=503",),
    "silence": ("silence:after=1,share=30%",),
    "cut": ("drop:message=2,form=cut,share=50%",),
    "reset": ("drop:message=2,form=reset,share=50%",),
    "eof": ("drop:message=2,form=eof,share=50%",),
    "first": ("drop:message=1,form=reset,share=50%",),
    "bye": ("close:code=1011,after=150ms,share=50%",),
    "bye1000": ("close:code=1000,reason=done,after=150ms,share=50%",),
    "bye4000": ("close:code=4000,reason=no,after=20ms,share=50%",),
    "idleeof": ("idle:limit=400ms,form=eof",),
    "idlereset": ("idle:limit=400ms,form=reset",),
    "idle1001": ("idle:limit=400ms,form=1001",),
    "age": ("max-age:limit=700ms,form=reset",),
    "mass": ("mass:at=5s,share=60%,form=reset",),
    "masseof": ("mass:at=5s,share=60%,form=eof",),
    "random": ("random:probability=20%,form=reset",),
    "busy": ("processing:workers=1,service=20ms,queue=6,form=eof",),
}


def sampler(kind: str, name: str, **properties: str | bool) -> str:
    """Return one element of the plugin with nothing under it."""
    inside = "".join(
        f'<boolProp name="{key}">{str(value).lower()}</boolProp>'
        if isinstance(value, bool)
        else f'<stringProp name="{key}">{escape(value)}</stringProp>'
        for key, value in properties.items()
    )
    tag = PLUGIN + kind
    return (
        f'<{tag} guiclass="{tag}Gui" testclass="{tag}" testname={quoteattr(name)}>{inside}</{tag}><hashTree/>'
    )


def pause(milliseconds: int | str) -> str:
    """Return an action that waits; the time may be a function of JMeter."""
    return (
        '<TestAction guiclass="TestActionGui" testclass="TestAction" testname="pause">'
        '<intProp name="ActionProcessor.action">1</intProp><intProp name="ActionProcessor.target">0</intProp>'
        f'<stringProp name="ActionProcessor.duration">{milliseconds}</stringProp></TestAction><hashTree/>'
    )


def script(name: str, text: str) -> str:
    """Return a JSR223 sampler, whose row looks like a WebSocket's."""
    return (
        f'<JSR223Sampler guiclass="TestBeanGUI" testclass="JSR223Sampler" testname="{name}">'
        '<stringProp name="scriptLanguage">groovy</stringProp><stringProp name="cacheKey">true</stringProp>'
        f'<stringProp name="script">{escape(text)}</stringProp></JSR223Sampler><hashTree/>'
    )


def http(name: str, port: int) -> str:
    """Return an HTTP step, which the simulator refuses."""
    return (
        f'<HTTPSamplerProxy guiclass="HttpTestSampleGui" testclass="HTTPSamplerProxy" testname="{name}">'
        '<elementProp name="HTTPsampler.Arguments" elementType="Arguments">'
        '<collectionProp name="Arguments.arguments"/></elementProp>'
        '<stringProp name="HTTPSampler.domain">127.0.0.1</stringProp>'
        f'<stringProp name="HTTPSampler.port">{port}</stringProp>'
        '<stringProp name="HTTPSampler.path">/http</stringProp>'
        '<stringProp name="HTTPSampler.method">GET</stringProp>'
        '<stringProp name="HTTPSampler.response_timeout">1000</stringProp></HTTPSamplerProxy><hashTree/>'
    )


def transaction(name: str, inside: str, *, parent: bool) -> str:
    """Return a transaction around some steps."""
    return (
        f'<TransactionController guiclass="TransactionControllerGui" testclass="TransactionController" '
        f'testname="{name}"><boolProp name="TransactionController.parent">{str(parent).lower()}</boolProp>'
        f"</TransactionController><hashTree>{inside}</hashTree>"
    )


class Steps:
    """The samplers of one thread group, against one server."""

    def __init__(self, style: str, fault: str, port: int) -> None:
        self.port = port
        where = {"server": "127.0.0.1", "port": str(port), "connectTimeout": "3000", "readTimeout": "2500"}
        self.target = {**where, "path": f"/ivr?case={style}-{fault}&caller=${{__threadNum}}"}

    def open(self, name: str = "connect") -> str:
        """Return an opener."""
        return sampler("OpenWebSocketSampler", name, TLS=False, **self.target)

    def close(self, name: str = "hang up") -> str:
        """Return a close."""
        return sampler("CloseWebSocketSampler", name, statusCode="1000", readTimeout="2500")

    def request(self, name: str = "ask", *, new: bool = False) -> str:
        """Return a request that waits for its answer, on a connection of its own making if `new`."""
        return sampler(
            "RequestResponseWebSocketSampler",
            name,
            createNewConnection=new,
            payloadType="Text",
            requestData="hello",
            **({"TLS": False, **self.target} if new else {"readTimeout": "2500"}),
        )

    def write(self, name: str = "tell") -> str:
        """Return a message that nobody waits for an answer to."""
        return sampler(
            "SingleWriteWebSocketSampler",
            name,
            createNewConnection=False,
            payloadType="Text",
            requestData="tell",
        )

    def read(self, name: str = "hear", *, optional: bool = False, within: int = 2500) -> str:
        """Return a read."""
        return sampler(
            "SingleReadWebSocketSampler",
            name,
            createNewConnection=False,
            dataType="Any",
            readTimeout=str(within),
            optional=optional,
        )

    def ping(self, name: str = "ping") -> str:
        """Return a ping that waits for its pong."""
        return sampler("PingPongSampler", name, readTimeout="2500", type="PingPong")


def _explicit(s: Steps) -> str:
    return s.open() + s.request() + pause(60) + s.request() + pause(120) + s.request() + s.close()


def _implicit(s: Steps) -> str:
    return s.request("first", new=True) + pause(80) + s.request() + pause(80) + s.request() + s.close()


def _one_label(s: Steps) -> str:
    return s.request("ask", new=True) + pause(50) + s.request("ask") + s.request("ask") + s.close("ask")


def _talk(s: Steps) -> str:
    talk = s.open() + s.write() + s.read() + script("compute", "return 'some text'") + s.write() + s.read()
    listen = s.read("listen", optional=True, within=150)
    return transaction("call", talk, parent=False) + http("order", s.port) + listen + listen + s.close()


def _parent(s: Steps) -> str:
    return transaction("whole", s.open() + s.request() + s.request() + s.close(), parent=True) + script(
        "count", "1"
    )


def _leaver(s: Steps) -> str:
    return s.open() + s.request() + pause(40) + s.request()


def _patient(s: Steps) -> str:
    return s.open() + s.request() + pause(200) + s.request() + pause(800) + s.request() + s.close()


def _pinger(s: Steps) -> str:
    return s.open() + s.ping() + s.request() + pause(500) + s.ping() + s.close()


def _listener(s: Steps) -> str:
    listen = s.read("wait", optional=True, within=200)
    return s.open() + s.request() + listen * 4 + s.write() + s.read() + s.close()


def _writer(s: Steps) -> str:
    return s.open() + (s.write() + pause(100)) * 6 + s.close()


STYLES = {
    "explicit": _explicit,
    "implicit": _implicit,
    "onelabel": _one_label,
    "talk": _talk,
    "parent": _parent,
    "leaver": _leaver,
    "patient": _patient,
    "pinger": _pinger,
    "listener": _listener,
    "writer": _writer,
}


def group(style: str, fault: str, port: int, callers: int) -> str:
    """Return one thread group."""
    steps = STYLES[style](Steps(style, fault, port))
    return (
        f'<ThreadGroup guiclass="ThreadGroupGui" testclass="ThreadGroup" testname="{style}-{fault}">'
        '<stringProp name="ThreadGroup.on_sample_error">continue</stringProp>'
        f'<stringProp name="ThreadGroup.num_threads">{callers}</stringProp>'
        '<stringProp name="ThreadGroup.ramp_time">8</stringProp>'
        '<elementProp name="ThreadGroup.main_controller" elementType="LoopController" '
        'guiclass="LoopControlPanel" testclass="LoopController">'
        '<boolProp name="LoopController.continue_forever">false</boolProp>'
        '<stringProp name="LoopController.loops">3</stringProp></elementProp></ThreadGroup>'
        f"<hashTree>{steps}</hashTree>"
    )


def plan(ports: dict[str, int], callers: int) -> str:
    """Return a plan of all styles against all servers."""
    groups = "".join(group(style, fault, port, callers) for fault, port in ports.items() for style in STYLES)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>'
        '<TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="recorded"/><hashTree>'
        f"{groups}</hashTree></hashTree></jmeterTestPlan>"
    )


@contextlib.contextmanager
def servers(folder: Path, chosen: list[str]) -> Iterator[dict[str, int]]:
    """Run a simulator for each fault chosen."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(
                simulation(faults=FAULTS[name], truth=folder / f"{name}.truth", options=("--seed", "1"))
            ).port
            for name in chosen
        }


def record(folder: Path, *, form: str, callers: int, chosen: list[str]) -> tuple[bytes, bytes]:
    """Run all once and return the results (csv or xml) and the truth."""
    with servers(folder, chosen) as ports:
        path = folder / "plan.jmx"
        path.write_text(plan(ports, callers), encoding="utf-8")
        settings = {"jmeter.save.saveservice.output_format": form, "jmeterengine.force.system.exit": "true"}
        outcome = run(path, folder / f"run-{form}", home=find(), properties=settings)
        results = outcome.jtl.read_bytes()
    lines = [line for name in chosen for line in (folder / f"{name}.truth").read_text("utf-8").splitlines()]
    kept = (
        "path",
        "attempted_at",
        "opened_at",
        "last_frame_at",
        "ended_at",
        "end",
        "kind",
        "status",
        "code",
        "by",
    )
    rows = ({key: row[key] for key in (*kept, "close_frame")} for row in map(json.loads, lines))
    return results, "".join(json.dumps(row) + "\n" for row in rows).encode()


def main() -> None:
    """Record, and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--form", choices=("csv", "xml"), default="csv")
    parser.add_argument("--callers", type=int, default=3, help="of each style and fault")
    parser.add_argument("--faults", default=",".join(FAULTS))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results, truth = record(
            Path(folder), form=chosen.form, callers=chosen.callers, chosen=chosen.faults.split(",")
        )
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for name, data in ((f"results.{chosen.form}.gz", results), (f"truth-{chosen.form}.jsonl.gz", truth)):
        (chosen.folder / name).write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
