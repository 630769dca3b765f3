"""What a server, a proxy and a metrics store see of a generated plan: real sockets, in two runs of JMeter."""

from __future__ import annotations

import base64
import contextlib
import socket
import socketserver
import ssl
import subprocess
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.sync.server import ServerConnection, serve

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation
from jmxgen.simulator.tls import self_signed
from tests.e2e import generated
from tests.e2e.listening import listening

if TYPE_CHECKING:
    from websockets.http11 import Request


pytestmark = pytest.mark.jmeter

PASSWORD = "open sesame"
TALK = """
load: {callers: 2, ramp_up: 0s, calls: 2}
call:
  - request: {send: '{"type":"open"}', contains: open, within: 20s}
"""


# ------ A server that wants a certificate and writes the upgrade requests down; a store for metrics

DRESSED = """
name: dressed
target:
  url: wss://127.0.0.1:{port}/ws?room=7
  headers: {{X-Connection-Id: "${{ws_id}}", X-Token: "${{__P(token)}}"}}
  subprotocols: [gather.v2, gather.v1]
  cookies: {{node: "n-${{__threadNum}}"}}
  tls: {{keystore: client.p12, password: keystore_password}}
secrets: {{token: {{env: TOKEN}}, keystore_password: {{env: KEYSTORE_PASSWORD}}}}
metrics: {{graphite: {{host: 127.0.0.1, port: {graphite}, prefix: jmxgen.}}}}
"""


def client_keystore(folder: Path) -> Path:
    """Make a client's certificate and its keystore client.p12; return the certificate."""
    cert, key = self_signed(folder)
    command: list[str | Path] = ["openssl", "pkcs12", "-export", "-in", cert, "-inkey", key]
    command += ["-out", folder / "client.p12"]
    subprocess.run([*command, "-passout", f"pass:{PASSWORD}"], check=True, capture_output=True, timeout=60)
    return cert


def mutual_tls(folder: Path) -> ssl.SSLContext:
    client, server = (folder / name for name in ("client", "server"))
    client.mkdir()
    server.mkdir()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(server))
    context.load_verify_locations(client_keystore(client))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_the_server_sees_headers_subprotocols_cookies_and_the_certificate_and_metrics_arrive(
    tmp_path: Path,
) -> None:
    requests: list[Request] = []
    chosen: list[str | None] = []
    metrics: list[str] = []

    def record(_connection: ServerConnection, request: Request) -> None:
        requests.append(request)

    def echo(connection: ServerConnection) -> None:
        chosen.append(connection.subprotocol)
        for message in connection:
            connection.send(message)

    class Store(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            metrics.extend(line.decode() for line in self.rfile)

    store = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Store)
    server = serve(
        echo,
        "127.0.0.1",
        0,
        ssl=mutual_tls(tmp_path),
        process_request=record,
        subprotocols=["gather.v1"],  # type: ignore[list-item]
    )
    with listening(store), listening(server):
        port = server.socket.getsockname()[1]
        text = DRESSED.format(port=port, graphite=store.server_address[1]) + TALK
        plan = build(loads(text, path=tmp_path / "dressed.yaml"), folder=(tmp_path / "client").as_posix())
        jmx, properties = generated.write_plan(plan, tmp_path)
        secrets = {"token": "t-42", "keystore_password": PASSWORD}
        outcome = run(jmx, tmp_path / "run", home=find(), property_file=properties, properties=secrets)

    rows = generated.read_rows(outcome)
    assert {row["success"] for row in rows} == {"true"}, rows
    assert Counter(row["label"] for row in rows) == {"open": 4, "request open": 4, "close": 4}
    seen = [request.headers for request in requests]
    assert {request.path for request in requests} == {"/ws?room=7"}
    assert len({headers["X-Connection-Id"] for headers in seen}) == len(seen) == 4
    assert {headers["X-Token"] for headers in seen} == {"t-42"}
    assert {headers["Sec-WebSocket-Protocol"] for headers in seen} == {"gather.v2, gather.v1"}
    assert Counter(headers["Cookie"] for headers in seen) == {"node=n-1": 2, "node=n-2": 2}
    assert chosen == ["gather.v1"] * 4
    names = {line.split(" ")[0] for line in metrics}
    assert {"jmxgen.open.ok.count", "jmxgen.close.ok.count", "jmxgen.test.startedT"} <= names
    opened = sum(float(line.split(" ")[1]) for line in metrics if line.startswith("jmxgen.open.ok.count "))
    assert opened == 4


# ------ A proxy


class Proxy(socketserver.StreamRequestHandler):
    """CONNECT for who says the password, and nothing else."""

    asked: list[tuple[str, str]]

    def handle(self) -> None:
        target = self.rfile.readline().decode().split(" ")[1]
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name] = value
        self.asked.append((target, headers.get("Proxy-Authorization", "")))
        host, _, port = target.partition(":")
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self.relay, args=(there, self.connection), daemon=True)
            back.start()
            self.relay(self.connection, there)
            back.join()

    @staticmethod
    def relay(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def test_plain_and_encrypted_connections_go_through_the_proxy(tmp_path: Path) -> None:
    class Recording(Proxy):
        asked: list[tuple[str, str]] = []  # noqa: RUF012

    proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recording)
    port = proxy.server_address[1]
    through = f"  proxy: {{host: 127.0.0.1, port: {port}, user: ann, password: proxy_password}}\n"
    truths = {name: tmp_path / f"{name}.truth" for name in ("plain", "tls")}
    with (
        listening(proxy),
        simulation(truth=truths["plain"]) as plain,
        simulation(truth=truths["tls"], options=["--tls"]) as tls,
    ):
        assert tls.url.startswith("wss://")
        plans = {}
        for name, server in (("plain", plain), ("tls", tls)):
            text = f"name: {name}\ntarget:\n  url: {server.url}\n{through}"
            text += "secrets: {proxy_password: {env: PROXY_PASSWORD}}\n" + TALK
            plans[name] = build(loads(text, path=tmp_path / f"{name}.yaml"))
        jmx, properties = generated.write_plan(generated.merged(plans), tmp_path)
        secrets = {"proxy_password": PASSWORD}
        outcome = run(jmx, tmp_path / "run", home=find(), property_file=properties, properties=secrets)

    rows = generated.read_rows(outcome)
    assert {row["success"] for row in rows} == {"true"}, rows
    login = "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
    assert Counter(Recording.asked) == {(f"127.0.0.1:{server.port}", login): 4 for server in (plain, tls)}
    for truth in truths.values():
        ends = Counter((t["end"], t["close_frame"]) for t in generated.read_truth(truth))
        assert ends == {("closed", True): 4}
