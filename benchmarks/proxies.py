"""Real nginx, HAProxy and Envoy on loopback, started and ended here, for recordings and end-to-end tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

START_TIMEOUT_S = 10.0
# The rest of a configuration whose http block is given: all files in its folder, nothing shared with an
# nginx that the machine runs.
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/start.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{http}
}}
"""
# Envoy has no short form: one listener, one cluster, what the route adds, and where the log goes.
ENVOY = """\
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ivr
          upgrade_configs: [{{upgrade_type: websocket}}]
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: {folder}/envoy.log
              {log_format}
          route_config:
            virtual_hosts:
            - name: ivr
              domains: ["*"]
              routes: [{{match: {{prefix: /}}, route: {{cluster: ivr, timeout: 0s, {route}}}}}]
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: ivr
    type: STATIC
    connect_timeout: 2s
    {cluster}
    load_assignment:
      cluster_name: ivr
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {behind}}}}}}}
"""  # noqa: E501  (Envoy's names are that long)


def missing(program: str) -> bool:
    """Say whether a program isn't installed, where root's programs are looked for too."""
    return _where(program) is None


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def nginx(http: str, folder: Path, *, port: int, zone: str = "UTC") -> Iterator[None]:
    """Run nginx with the lines of an http block; its logs are complete after the block."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, http=http), encoding="utf-8")
    command = [str(_where("nginx")), "-p", str(folder), "-e", str(folder / "start.log"), "-c", str(file)]
    with _running(command, folder / "nginx.out", port=port, zone=zone):
        yield


@contextlib.contextmanager
def haproxy(text: str, folder: Path, *, port: int, zone: str = "UTC") -> Iterator[None]:
    """Run HAProxy; what it logs to stdout is in folder/haproxy.log, complete after the block."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "haproxy.cfg"
    file.write_text(text, encoding="utf-8")
    command = [str(_where("haproxy")), "-db", "-f", str(file)]
    with _running(command, folder / "haproxy.log", port=port, zone=zone):
        yield


@contextlib.contextmanager
def envoy(text: str, folder: Path, *, port: int) -> Iterator[None]:
    """Run Envoy; its log, folder/envoy.log, is complete after the block."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "envoy.yaml"
    file.write_text(text, encoding="utf-8")
    command = [str(_where("envoy")), "-c", str(file), "--concurrency", "1", "-l", "error"]
    with _running(command, folder / "envoy.out", port=port, zone="UTC"):
        yield


def _where(program: str) -> str | None:
    beside = str(Path(sys.executable).parent)  # where pip installs Envoy
    return shutil.which(
        program, path=os.pathsep.join((os.environ.get("PATH", ""), beside, "/usr/sbin", "/sbin"))
    )


@contextlib.contextmanager
def _running(command: list[str], output: Path, *, port: int, zone: str) -> Iterator[None]:
    with (
        output.open("wb") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TZ": zone},
        ) as process,
    ):
        try:
            _await_listening(process, port, output)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _await_listening(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen: {output.read_text(errors='replace')[-500:]}")
