"""A command reads the files that it is given and no other, starts nothing, and talks to nobody."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "open sesame"
FONTS = {".ttf", ".otf", ".ttc", ".afm"}
# Python tells every file it opens, every socket and every child (PEP 578). libxml2 opens files by itself:
# that it does not is seen by the secret, which shows nowhere, and by the server, which nobody asks.
WATCH = """
import json, sys
seen = []
def hook(event, given):
    if event == "open" and isinstance(given[0], (str, bytes)):
        seen.append(["open", given[0] if isinstance(given[0], str) else given[0].decode()])
    elif event.startswith(("socket.c", "socket.g", "socket.b", "subprocess", "os.e", "os.sys", "os.posix")):
        seen.append([event, str(given[0]) if event.startswith("subprocess") else ""])
sys.addaudithook(hook)
from jmxgen.cli import execute
status = execute(sys.argv[2:])
open(sys.argv[1], "w").write(json.dumps({"status": status, "seen": seen}))
"""


class _Asked(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (_Asked,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def watched(tmp_path: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], set[str], set[str]]:
    """Run a command; return what it wrote, the files it opened in the test's folder, and what else it did."""
    log = tmp_path / "seen.json"
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(log), *words],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "MPLCONFIGDIR": str(tmp_path / "mpl"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    seen = json.loads(log.read_text())["seen"]
    ours = (
        ROOT,
        *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")),
        Path(sys.prefix),
        Path(sys.base_prefix),
        *map(Path, ("/sys", "/proc", "/usr/share/zoneinfo")),  # what libraries ask of the system
    )
    opened = {
        path.relative_to(tmp_path).as_posix() if path.is_relative_to(tmp_path) else path.as_posix()
        for event, name in seen
        if event == "open" and not any((path := tmp_path / name).is_relative_to(one) for one in ours)
    }
    did = {f"{event} {Path(name).name}".strip() for event, name in seen if event != "open"}
    return done, opened - {"seen.json"}, did


def entity(secret: Path, url: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE x SYSTEM "{url}/x.dtd" '
        f'[<!ENTITY a SYSTEM "file://{secret}"><!ENTITY % b SYSTEM "{url}/b"> %b;]>'
    )


SAMPLE = '<sample t="1" ts="1767225600000" lb="&a;" rc="200" rm="&a;" tn="t 1-1" s="true">&a;</sample>'


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("analyze", f"<testResults>{SAMPLE}</testResults>"),
        (
            "lint",
            "<jmeterTestPlan><hashTree><TestPlan testname='&a;'/><hashTree/></hashTree></jmeterTestPlan>",
        ),
    ],
)
def test_an_external_entity_is_neither_read_nor_fetched(
    command: str, body: str, tmp_path: Path, outside: tuple[str, list[str]]
) -> None:
    url, asked = outside
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "given.xml").write_text(entity(tmp_path / "secret", url) + body)

    done, opened, did = watched(tmp_path, command, "given.xml")

    assert done.stderr.startswith("jmxgen: error: given.xml:")
    assert done.stderr.count("\n") == 1
    assert SECRET not in done.stdout + done.stderr
    assert "secret" not in opened
    assert not did
    assert not asked


def test_an_include_and_a_style_sheet_of_a_plan_stay_what_they_are(
    tmp_path: Path, outside: tuple[str, list[str]]
) -> None:
    url, asked = outside
    (tmp_path / "secret").write_text(SECRET)
    plan = (
        f'<?xml version="1.0"?><?xml-stylesheet href="{url}/x.xsl"?>'
        '<jmeterTestPlan xmlns:xi="http://www.w3.org/2001/XInclude"><hashTree><TestPlan testname="t">'
        f'<xi:include href="secret" parse="text"/><xi:include href="{url}/y"/></TestPlan>'
        '<hashTree><IncludeController testname="i"><stringProp name="IncludeController.includepath">'
        f"{tmp_path}/secret</stringProp></IncludeController><hashTree/></hashTree></hashTree></jmeterTestPlan>"
    )
    (tmp_path / "plan.jmx").write_text(plan)

    done, opened, did = watched(tmp_path, "harden", "plan.jmx", "-o", "out.jmx")

    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr + (tmp_path / "out.jmx").read_text()
    assert "secret" not in opened
    assert not did
    assert not asked


def test_analyze_reads_its_results_and_writes_its_report(tmp_path: Path) -> None:
    (tmp_path / "results.jtl").write_bytes((ROOT / "samples" / "cap.jtl").read_bytes())

    done, opened, did = watched(tmp_path, "analyze", "results.jtl", "--json", "out.json")

    assert done.returncode == 0, done.stderr
    written = {name for name in opened if name.endswith(".part")}
    assert len(written) == 1
    assert opened - written == {"results.jtl", "run.json"}  # what marks an interrupted run, beside it
    assert not did


@pytest.mark.parametrize(
    "words",
    [("plot", "a.jtl", "-o", "out.png"), ("plot", "a.jtl", "-o", "out.svg"), ("compare", "a.jtl", "b.jtl")],
    ids=["png", "svg", "compare"],
)
def test_plot_and_compare_read_their_results_and_fonts(
    words: tuple[str, ...], tmp_path: Path, outside: tuple[str, list[str]]
) -> None:
    url, asked = outside
    (tmp_path / "secret").write_text(SECRET)
    lure = f"<image href='{url}/x'/> file://{tmp_path}/secret \\input{{secret}} $\\input{{secret}}$ @secret"
    rows = (ROOT / "samples" / "cap.jtl").read_text(encoding="utf-8").replace(",WS Close,", f',"{lure}",')
    assert lure in rows
    for name in ("a.jtl", "b.jtl"):
        (tmp_path / name).write_text(rows, encoding="utf-8")

    done, opened, did = watched(tmp_path, *words)

    assert done.returncode == 0, done.stderr
    read = {name for name in opened if not name.startswith("mpl/") and not name.endswith(".part")}
    fonts = {name for name in read if name.startswith("/") and Path(name).suffix in FONTS}
    assert read - fonts == {name for name in words if name.endswith(".jtl")}
    assert did <= {"subprocess.Popen fc-list"}, "matplotlib asks once which fonts there are"
    written = b"".join(path.read_bytes() for path in tmp_path.glob("out.*"))
    assert SECRET.encode() not in done.stdout.encode() + done.stderr.encode() + written
    assert not asked


@pytest.mark.parametrize(
    "words", [("plot", "-o", "out.svg", "given.xml"), ("compare", "given.xml", "given.xml")]
)
def test_plot_and_compare_fetch_no_external_entity(
    words: tuple[str, ...], tmp_path: Path, outside: tuple[str, list[str]]
) -> None:
    url, asked = outside
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "given.xml").write_text(
        entity(tmp_path / "secret", url) + f"<testResults>{SAMPLE}</testResults>"
    )

    done, opened, did = watched(tmp_path, *words)

    assert done.stderr.startswith("jmxgen: error: given.xml:")
    assert SECRET not in done.stdout + done.stderr
    assert "secret" not in opened
    assert did <= {"subprocess.Popen fc-list"}
    assert not asked


def test_generate_reads_the_scenario_and_not_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "scenario.yaml").write_text(
        "name: a\ntarget: {url: 'wss://127.0.0.1:1/'}\nload: {callers: 1}\n"
        "data: [{csv: secret, variables: [v]}]\ncall: [{send: {file: secret}}]\n"
    )

    done, opened, did = watched(tmp_path, "generate", "scenario.yaml", "-o", "plan.jmx")

    assert done.returncode == 0, done.stderr
    assert "secret" not in opened
    assert {name for name in opened if not name.endswith(".part")} == {"scenario.yaml"}
    assert SECRET not in (tmp_path / "plan.jmx").read_text()
    assert not did
