"""No secret of a scenario is in anything that a run leaves behind, or shows while it goes on."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jmxgen.simulator.process import simulation

HEADER, QUERY, FROM_FILE = "Zebra9-Quartz7=+x", "Walrus3-Onyx5", "Heron8-Basalt2"
SCENARIO = """
name: secret
target:
  url: "{url}?token=${{__P(token)}}"
  headers: {{X-API-KEY: "${{__P(api_key)}}", X-Other: "${{__P(other)}}"}}
  connect_timeout: 5s
secrets: {{api_key: {{env: API_KEY}}, token: {{env: TOKEN}}, other: {{file: other.key}}}}
load: {{callers: 4, ramp_up: 1s, calls: 1}}
reconnect: {{max_attempts: 2, base: 200ms, cap: 300ms}}
call:
  - request: {{send: '{{"type":"open"}}', contains: opened, within: 5s}}
  - listen: 3s
  - request: {{send: '{{"type":"dtmf"}}', contains: "never said", within: 500ms}}
criteria: [closures.handshake.total == 0]
"""


def forms(secret: str) -> Iterator[bytes]:
    """Yield how a text could be written down."""
    yield secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield base64.b64encode(secret.encode())
    yield secret.encode("utf-16-le")
    yield secret.replace("=", "\\=").encode()  # as in a properties file


def found(folder: Path) -> list[str]:
    wanted = [form for secret in (HEADER, QUERY, FROM_FILE) for form in forms(secret)]
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name != "other.key" and any(one in path.read_bytes() for one in wanted)
    ]


def shown_in_the_process_list() -> list[str]:
    lines = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        lines += [line] if any(secret in line for secret in (HEADER, QUERY, FROM_FILE)) else []
    return lines


@pytest.mark.jmeter
@pytest.mark.parametrize("verbose", [False, True], ids=["plain", "verbose"])
def test_a_run_leaves_no_secret_anywhere(verbose: bool, tmp_path: Path) -> None:
    (tmp_path / "other.key").write_text(FROM_FILE, encoding="ascii")
    (tmp_path / "other.key").chmod(0o600)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    # Some handshakes are refused: what is refused is what a log likes to quote.
    with simulation(faults=["cap:limit=2,form=503"]) as server:
        (tmp_path / "secret.yaml").write_text(SCENARIO.format(url=server.url), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "jmxgen",
            *(["-v"] if verbose else []),
            "run",
            "secret.yaml",
            "-o",
            "out",
        ]
        environment = {**os.environ, "API_KEY": HEADER, "TOKEN": QUERY, "TMPDIR": str(temporary)}
        seen: list[str] = []
        with (
            (tmp_path / "output").open("wb") as output,
            subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=output, stderr=output) as process,
        ):
            while process.poll() is None:
                seen += shown_in_the_process_list()
                time.sleep(0.1)

    told = (tmp_path / "output").read_text(encoding="utf-8")
    assert process.returncode == 99, told  # a criterion is missed
    rows = (tmp_path / "out" / "results.jtl").read_text(encoding="utf-8")
    assert rows.count(",open,101,") >= 2, "the secrets have been used"
    assert "503" in rows
    assert not seen
    assert found(tmp_path) == []
    left = [
        path.name for path in temporary.rglob("*") if path.is_file() and not path.name.startswith("hsperf")
    ]
    assert left == []
    assert (tmp_path / "out" / "report.html").is_file()


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for number, form in enumerate(forms(HEADER)):
        (tmp_path / str(number)).write_bytes(b"<" + form + b">")

    assert len(found(tmp_path)) == 5
