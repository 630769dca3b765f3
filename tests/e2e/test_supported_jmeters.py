"""Each supported JMeter runs a plan: over TLS, straight to the simulator, with live metrics to InfluxDB."""

from __future__ import annotations

import re
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jmxgen.jmeter.home import find
from jmxgen.jmeter.install import install
from jmxgen.jmeter.run import run
from jmxgen.jmeter.versions import SUPPORTED_JMETERS
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation
from tests.e2e import generated
from tests.e2e.listening import listening

pytestmark = pytest.mark.jmeter

TOKEN = "t-42"
SCENARIO = """
name: supported
target: {{url: "{url}"}}
load: {{callers: 3, ramp_up: 1s, calls: 2}}
secrets: {{influx: {{env: INFLUX_TOKEN}}}}
metrics: {{influxdb: {{url: "http://127.0.0.1:{port}/write?db=jmeter", measurement: calls, token: influx}}}}
call:
  - send: '{{"type":"open"}}'
  - expect: {{contains: opened, within: 20s}}
  - listen: 1s
"""


class Influx(BaseHTTPRequestHandler):
    """InfluxDB's write address: takes lines of its protocol, and says nothing."""

    written: list[tuple[str, str, str]]  # path, Authorization, line

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = self.headers.get("Authorization", "")
        self.written += [(self.path, told, line) for line in body.splitlines()]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output free of requests."""


@pytest.mark.parametrize("version", SUPPORTED_JMETERS)
def test_it_runs_a_plan_over_tls_and_its_metrics_reach_influxdb(tmp_path: Path, version: str) -> None:
    class Recording(Influx):
        written: list[tuple[str, str, str]] = []  # noqa: RUF012

    install(version)
    store = ThreadingHTTPServer(("127.0.0.1", 0), Recording)
    truth = tmp_path / "truth"
    with listening(store), simulation(truth=truth, options=["--tls"]) as server:
        assert server.url.startswith("wss://")
        text = SCENARIO.format(url=server.url, port=store.server_address[1])
        jmx, properties = generated.write_plan(build(loads(text, path=tmp_path / "plan.yaml")), tmp_path)
        home = find(version)
        outcome = run(
            jmx, tmp_path / "run", home=home, property_file=properties, properties={"influx": TOKEN}
        )

    assert home.version == version
    rows = generated.read_rows(outcome)
    assert {row["success"] for row in rows} == {"true"}, rows
    ends = Counter((row["end"], row["close_frame"]) for row in generated.read_truth(truth))
    assert ends == {("closed", True): 6}

    assert {path for path, _, _ in Recording.written} == {"/write?db=jmeter"}
    assert {told for _, told, _ in Recording.written} == {f"Token {TOKEN}"}
    lines = [line for _, _, line in Recording.written]
    opened = [
        line
        for line in lines
        if line.startswith("calls,") and ",transaction=open," in line.split(" ")[0] + ","
    ]
    counts = [
        int(found[1])
        for line in opened
        if "statut=ok" in line and (found := re.search(r"count=(\d+)i?", line))
    ]
    assert sum(counts) == 6, lines
