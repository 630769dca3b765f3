"""Six hand-written plans before and after `harden`, against a healthy server, one that refuses and one that
resets connections."""

from __future__ import annotations

import csv
import http.server
import itertools
import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from jmxgen.harden import harden
from jmxgen.harden.model import Options
from jmxgen.harden.rewrites.last_close import LAST_CLOSE
from jmxgen.harden.rewrites.opens import CLOSE
from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import run
from jmxgen.jmx import tree
from jmxgen.lint import check, registry
from jmxgen.lint.subject import Subject
from jmxgen.simulator.process import simulation
from tests.e2e.listening import listening
from tests.plans import closed, element, group, loop, opened, plan, request

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.jmeter

PLANS = Path(__file__).with_name("plans") / "harden"
NAMES = sorted(path.stem for path in PLANS.glob("*.jmx"))
LEAKING = ("implicit_open", "think_times")  # they open again without having closed
OPENERS = {"implicit_open": "Call"}  # else "Open"
CALLERS = 10
BASE_MS = 500
WAIT = "jmxgen_open_1_wait"
FAULTS = {
    "refused": ("rate:limit=30/s,burst=8",),
    "reset": ("rate:limit=30/s,burst=8", "random:probability=10%"),
}
# What a healthy run of each plan does, told by reading it: label -> successful rows.
CALLS = {
    "explicit_open": {"Open": 20, "Start call": 20, "Digit": 60, "Close": 20},
    "implicit_open": {"Call": 30, "Digit": 30},
    "login_transaction": {
        "Login": 20,
        "Open": 20,
        "Start call": 20,
        "Listen": 20,
        "Digit": 20,
        "Close": 20,
        "Call": 20,
    },
    "no_close": {"Open": 10, "Start call": 10, "Digit": 10},
    "think_times": {"Open": 30, "Start call": 30, "Digit": 30},
    "write_read_ping": dict.fromkeys(
        ("Open", "Write open", "Read opened", "Ping", "Write digit", "Read ok", "Close"), 20
    ),
}


@dataclass(frozen=True)
class Seen:
    rows: list[dict[str, str]]
    truth: list[dict[str, Any]]
    leaked: int  # by `analyze`

    def successes(self) -> Counter[str]:
        return Counter(row["label"] for row in self.rows if row["success"] == "true")

    def threads(self, label: str) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in self.rows:
            if row["label"] == label:
                found[row["threadName"]].append(row)
        return found


@pytest.fixture(scope="module")
def login_port() -> Iterator[int]:
    class Login(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"token":"t-1"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Login)
    with listening(server):
        yield server.server_port


def joined(plans: dict[str, bytes]) -> bytes:
    """Return one plan with the thread groups of all, named after their plans: one JMeter runs them."""
    root = etree.fromstring(next(iter(plans.values())))
    (under,) = root.xpath("/jmeterTestPlan/hashTree/hashTree")
    under[:] = []
    for name, plan_of_one in plans.items():
        for child in etree.fromstring(plan_of_one).xpath("/jmeterTestPlan/hashTree/hashTree/*"):
            if child.tag == "ThreadGroup":
                child.set("testname", name)
            under.append(child)
    return etree.tostring(root)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, login_port: int) -> dict[tuple[str, str], Seen]:
    """All runs: (plan, "before", "after", "refused" or "reset") -> what JMeter and the server saw."""
    before = {name: (PLANS / f"{name}.jmx").read_bytes() for name in NAMES}
    made = {
        name: harden.harden(tree.read(PLANS / f"{name}.jmx"), options=Options(base=BASE_MS)) for name in NAMES
    }
    after = {name: hardened.plan for name, hardened in made.items()}
    found = {}
    ways = {"before": before, "after": after, "refused": after, "reset": after}
    for way, plans in ways.items():
        folder = tmp_path_factory.mktemp(way)
        (folder / "plan.jmx").write_bytes(joined(plans))
        property_file = None
        if way == "after":  # the scripts see to the thread's end where nobody gives the properties
            property_file = folder / "plan.properties"
            property_file.write_text(harden.properties_text("", made["no_close"].properties, {}))
        faults = FAULTS.get(way, ())
        with simulation(faults=faults, truth=folder / "truth.jsonl") as server:
            outcome = run(
                folder / "plan.jmx",
                folder / "run",
                home=find(),
                property_file=property_file,
                properties={
                    "port": str(server.port),
                    "login_port": str(login_port),
                    "callers": str(CALLERS),
                    "ramp": "0" if way in FAULTS else "1",
                    # A column with the wait before the attempt, as it was drawn.
                    "sample_variables": WAIT,
                },
            )
        with outcome.jtl.open(newline="") as file:
            rows = list(csv.DictReader(file))
        truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
        for name in NAMES:
            of_plan = [row for row in rows if row["threadName"].startswith(f"{name} ")]
            found[name, way] = Seen(
                of_plan,
                [one for one in truth if f"plan={name}&" in one["path"]],
                _leaked(of_plan, folder / f"{name}.csv"),
            )
    return found


def _leaked(rows: list[dict[str, str]], path: Path) -> int:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    done = subprocess.run(
        [sys.executable, "-m", "jmxgen", "analyze", path, "--json", "-"], capture_output=True, check=True
    )
    leaked: int = json.loads(done.stdout)["connections"]["leaked"]
    return leaked


def test_there_are_six_plans() -> None:
    assert set(NAMES) == set(CALLS)
    assert len(NAMES) == 6


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["before", "after"])
def test_labels_and_successful_calls_on_a_healthy_server_are_the_same(
    seen: dict[tuple[str, str], Seen], name: str, way: str
) -> None:
    successes = seen[name, way].successes()
    closes = successes.pop(CLOSE, 0), successes.pop(LAST_CLOSE, 0)
    assert dict(successes) == CALLS[name]
    # Before all openings but the first, and after the last pass.
    added = {"implicit_open": (20, 10), "think_times": (20, 10), "no_close": (0, 10)}
    assert closes == (added.get(name, (0, 0)) if way == "after" else (0, 0))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["after", "refused", "reset"])
def test_no_connection_is_left_open(seen: dict[tuple[str, str], Seen], name: str, way: str) -> None:
    opened = [one for one in seen[name, way].truth if one["opened_at"] is not None]

    assert opened
    # But for those that the server reset.
    assert {one["end"] for one in opened if one["by"] == "client"} == {"closed"}
    assert all(one["close_frame"] for one in opened if one["by"] == "client")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["after", "refused", "reset"])
def test_analyze_sees_no_leak(seen: dict[tuple[str, str], Seen], name: str, way: str) -> None:
    assert seen[name, way].leaked == 0


@pytest.mark.parametrize("name", LEAKING)
def test_analyze_saw_the_leak_before(seen: dict[tuple[str, str], Seen], name: str) -> None:
    assert seen[name, "before"].leaked >= 20  # each opening that finds one still open


@pytest.mark.parametrize("name", NAMES)
def test_every_caller_is_served_though_connections_are_reset(
    seen: dict[tuple[str, str], Seen], name: str
) -> None:
    opener = OPENERS.get(name, "Open")
    rows = seen[name, "reset"].threads(opener)

    assert any(one["end"] == "data" for plan in NAMES for one in seen[plan, "reset"].truth)
    # A sample that opens and then fails in the data phase leaves bytes: it had its connection.
    served = {thread: sum(int(row["bytes"]) > 0 for row in its) for thread, its in rows.items()}
    assert list(served.values()) == [CALLS[name][opener] // CALLERS] * CALLERS


@pytest.mark.parametrize("name", ["implicit_open", "no_close"])
def test_before_connections_were_left_open(seen: dict[tuple[str, str], Seen], name: str) -> None:
    ends = Counter(one["end"] for one in seen[name, "before"].truth)

    assert ends["closed"] < ends.total()


@pytest.mark.parametrize("name", NAMES)
def test_refused_handshakes_are_tried_again_and_the_calls_are_made(
    seen: dict[tuple[str, str], Seen], name: str
) -> None:
    after = seen[name, "refused"]
    opener = OPENERS.get(name, "Open")
    refused = [row for row in after.rows if row["label"] == opener and row["success"] == "false"]

    assert refused, "the server refused nothing: this test shows nothing"
    # The transaction around a refused attempt counts as failed: its sampler failed once.
    calls = {label: n for label, n in CALLS[name].items() if label != "Call" or name == "implicit_open"}
    assert {label: after.successes()[label] for label in calls} == calls


def test_the_waits_before_another_attempt_are_jittered_and_bounded(seen: dict[tuple[str, str], Seen]) -> None:
    drawn: list[float] = []
    for name in NAMES:
        for rows in seen[name, "refused"].threads(OPENERS.get(name, "Open")).values():
            failed = 0
            for row, following in itertools.pairwise(rows):
                failed = 0 if row["success"] == "true" else failed + 1
                if failed:
                    wait = int(following[WAIT])
                    assert int(following["timeStamp"]) - int(row["timeStamp"]) >= wait
                    drawn.append(wait / (BASE_MS * 2 ** (failed - 1)))

    # Full jitter: drawn evenly between 0 and base * 2^(attempt - 1).
    assert len(drawn) > 20
    assert all(0 <= share <= 1 for share in drawn)
    assert len(set(drawn)) > len(drawn) * 3 / 4
    assert min(drawn) < 0.3
    assert max(drawn) > 0.7


def test_callers_that_lost_their_connections_come_back_at_random_times(tmp_path: Path) -> None:
    made = harden.harden(tree.read(PLANS / "write_read_ping.jmx"), options=Options(base=BASE_MS))
    (tmp_path / "plan.jmx").write_bytes(made.plan)
    properties = {"callers": "30", "sample_variables": WAIT}

    with simulation(faults=["drop:message=2,share=50%"], truth=tmp_path / "truth.jsonl") as server:
        outcome = run(
            tmp_path / "plan.jmx",
            tmp_path / "run",
            home=find(),
            properties={**properties, "port": str(server.port)},
        )

    with outcome.jtl.open(newline="") as file:
        rows = list(csv.DictReader(file))
    waits: dict[str, list[int]] = {"true": [], "false": []}
    last: dict[str, str] = {}
    for row in rows:
        if row["label"] == "Open" and row["threadName"] in last:
            waits[last[row["threadName"]]].append(int(row[WAIT]))
        last[row["threadName"]] = row["success"]
    assert set(waits["true"]) == {0}
    assert len(set(waits["false"])) > 5
    assert max(waits["false"]) <= BASE_MS
    ends = Counter(json.loads(line)["end"] for line in (tmp_path / "truth.jsonl").read_text().splitlines())
    assert set(ends) == {"closed", "data"}  # what the server dropped, and nothing left open


def test_every_controller_tries_its_open_as_often_as_asked(tmp_path: Path) -> None:
    """A server that refuses for ever: passes times attempts, wherever the open stands."""

    def one(name: str) -> str:
        return opened(name=name, server="127.0.0.1", port="${__P(port)}", path="/ivr", readTimeout="5000")

    def within(kind: str, *names: str, **settings: int | bool | str) -> str:
        properties = {f"{kind}.{key}": value for key, value in settings.items()}
        return group(element(kind, properties, *map(one, names)), loops="2", name=kind)

    style = {"InterleaveControl.style": 1}
    source = plan(
        group(one("continue"), request(), closed(), loops="2"),
        group(one("next loop"), request(), closed(), loops="2", on_error="startnextloop"),
        group(loop("2", one("inner"), request()), loops="2", on_error="startnextloop"),
        group(one("stop"), request(), loops="2", on_error="stopthread"),
        within("OnceOnlyController", "once"),
        within("SwitchController", "chosen", "not chosen", value="chosen"),
        within("TransactionController", "transaction", parent=True),
        within("InterleaveControl", "one a pass", style=0),
        group(element("InterleaveControl", style, one("left"), one("right")), loops="4"),
        group(element("RandomOrderController", {}, one("any order")), loops="2"),
    )
    made = harden.harden(
        tree.parse(source, path="plan.jmx"), options=Options(attempts=3, base=20, give_up_on=())
    )
    (tmp_path / "plan.jmx").write_bytes(made.plan)

    with simulation(faults=["auth:key=right"]) as server:
        outcome = run(
            tmp_path / "plan.jmx", tmp_path / "run", home=find(), properties={"port": str(server.port)}
        )
    with outcome.jtl.open(newline="") as file:
        refused = Counter(row["label"] for row in csv.DictReader(file) if row["responseCode"] == "401")

    assert {label: n for label, n in refused.items() if not label.startswith("Transaction")} == {
        "continue": 6,
        "next loop": 6,
        "inner": 6,
        "once": 3,
        "chosen": 6,
        "transaction": 6,
        "left": 6,
        "right": 6,
        "any order": 6,
        "stop": 1,  # left alone, and said so
        "one a pass": 2,
    }


@pytest.mark.parametrize("name", NAMES)
def test_lint_is_quiet_after_harden(name: str) -> None:
    made = harden.harden(tree.read(PLANS / f"{name}.jmx"))

    subject = Subject.of(tree.parse(made.plan, path=f"{name}.jmx"), properties=made.properties)

    assert [f"{one.rule.id} {one.what}" for one in check.check(subject, registry.rules())] == []
