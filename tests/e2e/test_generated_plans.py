"""What generated plans do in a real JMeter, by the results and by the server's own truth."""

from __future__ import annotations

import http.server
import itertools
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree
from scipy import stats

from jmxgen.jmeter.home import find
from jmxgen.jmeter.run import Status, run
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads
from jmxgen.simulator.process import simulation
from tests import plans
from tests.e2e import generated
from tests.e2e.generated import OPENERS, Case
from tests.e2e.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.jmeter

TALK = """
call:
  - send: '{"type":"open"}'
  - expect: {contains: opened, within: 20s}
"""
GATHER = (
    TALK
    + """
  - repeat:
      times: 3
      steps: [{request: {send: '{"type":"dtmf","digit":"1"}', contains: '"ok"', within: 20s}}]
  - listen: 300ms
"""
)
QUICK = "reconnect: {max_attempts: 40, base: 200ms, cap: 2s, first_wait: 500ms}\n"
REFUSED = """
load: {callers: 25, ramp_up: 3s}
reconnect: {max_attempts: 6, base: 100ms, cap: 800ms, jitter: JITTER, give_up_on: []}
"""

FAULTS = {
    "plain": (),
    "rough": ("rate:limit=4/s,burst=2", "random:probability=3%"),
    "closed": ("auth:key=right",),
    "pinging": ("pings:interval=2s,timeout=2s",),
    "idling": ("idle:limit=6s",),
    "silent": ("silence:after=1",),
    "dropping": ("drop:message=3",),
    "leaving": ("close:code=1013",),
}

CASES = {  # name: what becomes one thread group of the one run
    "rough": Case("load: {callers: 20, ramp_up: 2s, calls: 2}\n" + QUICK + GATHER, "rough"),
    **{
        jitter: Case(REFUSED.replace("JITTER", jitter) + TALK, "closed")
        for jitter in ("full", "equal", "decorrelated", "none")
    },
    "unwelcome": Case("load: {callers: 3, ramp_up: 0s}\n" + TALK, "closed"),
    "pinged": Case(
        "load: {callers: 4, ramp_up: 0s}\n" + TALK + "  - listen: 40s\n  - pause: 2s..3s\n", "pinging"
    ),
    "unheard": Case(
        "load: {callers: 2, ramp_up: 0s}\nkeep_alive: {reply_to_pings: false}\n"
        "reconnect: {after_loss: stop}\n" + TALK + "  - listen: 9s\n",
        "pinging",
    ),
    "pinging": Case(
        "load: {callers: 3, ramp_up: 0s}\nkeep_alive: {ping_every: 2s}\n" + TALK + "  - listen: 9s\n",
        "idling",
    ),
    "stalled": Case(
        "load: {callers: 3, ramp_up: 0s, calls: 2}\nreconnect: {base: 100ms, cap: 100ms}\n"
        + TALK
        + "  - request: {send: hello, within: 1s}\n",
        "silent",
    ),
    "resumed": Case(
        "load: {callers: 3, ramp_up: 0s}\nreconnect: {after_loss: continue, first_wait: 100ms}\n"
        + GATHER.replace("  - repeat", "  - send: note\n  - repeat").replace("times: 3", "times: 1"),
        "dropping",
    ),
    "left": Case(
        "load: {callers: 3, ramp_up: 0s}\n"
        "reconnect: {max_attempts: 2, base: 100ms, cap: 100ms, first_wait: 100ms}\n"
        + TALK
        + "  - listen: 5s\n",
        "leaving",
    ),
    "stopped": Case(
        "load: {callers: 3, ramp_up: 0s}\nreconnect: {after_loss: stop}\n" + TALK,
        "leaving",
    ),
    "reused": Case("load: {callers: 3, ramp_up: 0s, calls: 5, calls_per_connection: 2}\n" + GATHER),
    "held": Case("load: {callers: 3, ramp_up: 1s, hold: 6s}\n" + GATHER),
    "staged": Case(
        "load: {stages: [{callers: 6, over: 2s, hold: 2s}, {callers: 2, over: 1s, hold: 4s}]}\n"
        + TALK
        + "  - listen: 250ms\n"
    ),
    "arriving": Case(
        "load: {arrivals: {rate: 1/s, for: 20s, spacing: even, drain: 10s}}\ndata: [{csv: arriving.csv}]\n"
        + QUICK
        + GATHER,
        path="/ivr?caller=${caller}",
    ),
}


ARRIVING = [f"guest{number:02}" for number in range(20)]


@pytest.fixture(scope="module")
def token_server() -> Iterator[str]:
    class Tokens(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert body == b'{"for": "calls"}'
            self.send_response(201)
            self.send_header("Set-Cookie", "node=seven; Path=/")
            self.end_headers()
            self.wfile.write(b'{"token": {"value": "t-42"}, "expires": 3}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    with listening(server):
        yield f"http://127.0.0.1:{server.server_port}/token"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, token_server: str) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("generated")
    (folder / "callers.csv").write_text("caller,digit\nann,1\nbob,2\ncy,3\ndee,4\n")
    (folder / "arriving.csv").write_text("caller\n" + "".join(f"{name}\n" for name in ARRIVING))
    (folder / "two.csv").write_text("caller\nann\nbob\n")
    (folder / "hello.txt").write_text("hello from a file")
    path = "/ivr?caller=${caller}"
    cases = {
        **CASES,
        "steps": Case(STEPS.replace("TOKENS", token_server), path=path),
        "lined": Case("load: {callers: 2, ramp_up: 4s}\ndata: [{csv: two.csv}]\n" + TALK, path=path),
    }
    found: dict[str, Any] = generated.run_cases(cases, FAULTS, folder)
    return found


STEPS = """
load: {callers: 2, ramp_up: 0s, calls: 2}
data: [{csv: callers.csv}]
call:
  - http: {url: TOKENS, method: POST, body: '{"for": "calls"}', status: [201]}
  - set: {variable: token, json: $.token.value}
  - set: {variable: greeting, value: 'a, b\\c $1 ${caller}'}
  - send: '{"type":"open"}'
  - expect: {json: $.type, equals: opened, within: 20s}
  - set: {variable: number, regex: '"conversation": ?(\\d+)'}
  - request: {send: '{"echo":"${token}|${greeting}"}', contains: 't-42|a, b\\c $1 ${caller}', within: 20s}
  - send: unrelated
  - request: {send: {hex: 00ff41}, frame: binary, within: 20s}
  - request: {send: {file: hello.txt}, regex: '^hello from .* file$', within: 20s}
  - request: {send: '{"type":"dtmf","digit":"${digit}"}', json: $.type, equals: ok, within: 20s}
  - if:
      json: $.digit
      equals: "2"
      then: [{request: {send: the second, contains: the second}, label: for two}]
      else: [{send: another, label: for others}]
  - if: {contains: 'no (such] $ thing', then: [{send: never, label: never}]}
  - if: {regex: '"?d', then: [{ping: }]}
  - pause: 50ms
  - disconnect: {code: 4001}
"""


def test_each_caller_finishes_its_calls_though_handshakes_are_refused_and_connections_reset(
    seen: dict[str, Any],
) -> None:
    rough = seen["rough"]

    refused = rough.openings(success=False)
    assert len(refused) >= len(rough.openings()) // 4
    assert sum(t["end"] == "data" for t in rough.truth) > 0
    calls = Counter(row["threadName"] for row in rough.labelled("close", success=True))
    assert Counter(calls.values()) == {2: 20}


def test_no_aftermath_rows_arise(seen: dict[str, Any]) -> None:
    for name, case in seen.items():
        messages = [row["responseMessage"] for row in case.rows if row["success"] == "false"]
        assert not [m for m in messages if "no connection" in m or "Broken pipe" in m], name
        for rows in case.by_thread().values():
            for failed, following in itertools.pairwise(rows):
                if failed["success"] == "false":
                    assert following["label"] in (*OPENERS, "close", "close after a failed call"), (
                        name,
                        failed,
                        following,
                    )


def test_a_connection_ends_with_the_clients_close_frame_unless_the_server_ended_it(
    seen: dict[str, Any],
) -> None:
    for name, case in seen.items():
        bad = [t for t in case.truth if t["opened_at"] and t["by"] == "client" and not t["close_frame"]]
        assert not bad, name
        assert "leaked" not in case.ends(), name


def test_truth_and_results_join_on_the_connections_id(seen: dict[str, Any]) -> None:
    for name, case in seen.items():
        keys = [t["key"] for t in case.truth]
        assert len(set(keys)) == len(keys), name
        assert sorted(keys) == sorted(row["ws_id"] for row in case.openings()), name


@pytest.mark.parametrize("jitter", ["full", "equal", "decorrelated", "none"])
def test_waits_follow_the_jitter(seen: dict[str, Any], jitter: str) -> None:
    # failure-domain: full U(0, v), equal v/2 + U(0, v/2), decorrelated min(cap, U(base, 3 * last)), none v
    base, cap = 100.0, 800.0
    uniform: list[float] = []
    for rows in seen[jitter].by_thread().values():
        waits = [float(row["ws_wait_ms"]) for row in rows]
        assert [row["ws_attempt"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
        assert waits[0] == 0
        last = base
        for n, wait in enumerate(waits[1:]):
            v = min(cap, base * 2**n)
            match jitter:
                case "full":
                    uniform.append(wait / v)
                case "equal":
                    uniform.append(2 * wait / v - 1)
                case "none":
                    assert wait == v
                case "decorrelated":
                    assert base <= wait <= cap
                    if wait < cap:  # the cap cuts the distribution: below it, it is still even
                        uniform.append((wait - base) / (min(cap, 3 * last) - base))
            last = wait
    if uniform:
        assert len(uniform) > 80
        assert stats.kstest(uniform, "uniform").pvalue > 1e-4


def test_the_server_sees_the_waits_that_the_results_tell(seen: dict[str, Any]) -> None:
    for jitter in ("full", "equal", "decorrelated", "none"):
        attempted = {t["key"]: t["attempted_at"] for t in seen[jitter].truth}
        for rows in seen[jitter].by_thread().values():
            for before, row in itertools.pairwise(rows):
                gap = attempted[row["ws_id"]] - attempted[before["ws_id"]]
                assert gap >= float(row["ws_wait_ms"]) - 5


def test_a_status_that_no_retry_mends_ends_the_caller(seen: dict[str, Any]) -> None:
    assert [row["responseCode"] for row in seen["unwelcome"].rows] == ["401"] * 3


def test_a_wait_survives_pings_that_must_be_answered(seen: dict[str, Any]) -> None:
    assert seen["pinged"].ends() == {"closed": 4}
    assert len(seen["pinged"].labelled("close", success=True)) == 4
    assert seen["unheard"].ends() == {"data": 2}


def test_own_pings_keep_an_idle_connection(seen: dict[str, Any]) -> None:
    assert seen["pinging"].ends() == {"closed": 3}
    assert len(seen["pinging"].labelled("ping", success=True)) == 3 * 4


def test_a_stall_fails_the_call_and_closes_the_connection_politely(seen: dict[str, Any]) -> None:
    stalled = seen["stalled"]

    assert stalled.ends() == {"closed": 6}
    for rows in stalled.by_thread().values():
        steps = ["send open", "expect opened", "request", "close after a failed call"]
        assert [row["label"] for row in rows] == ["open", *steps, "reconnect", *steps]
        assert [row["ws_call"] for row in rows] == ["1"] * 5 + ["2"] * 5
        assert [row["success"] for row in rows] == ["true", "true", "true", "false", "true"] * 2


def test_after_a_loss_a_call_continues_at_its_step(seen: dict[str, Any]) -> None:
    for rows in seen["resumed"].by_thread().values():
        told = [(row["label"], row["success"]) for row in rows]
        assert told == [
            ("open", "true"),
            ("send open", "true"),
            ("expect opened", "true"),
            ("send", "true"),
            ("request dtmf", "false"),
            ("reconnect", "true"),
            ("request dtmf", "true"),
            ("listen", "true"),
            ("close", "true"),
        ]
        assert {row["ws_call"] for row in rows} == {"1"}


def test_a_server_that_always_closes_is_not_called_for_ever(seen: dict[str, Any]) -> None:
    for rows in seen["left"].by_thread().values():
        opened = [row for row in rows if row["label"] in OPENERS]
        assert [row["ws_attempt"] for row in opened] == ["1", "2"]
    assert len(seen["stopped"].openings()) == 3


def test_calls_share_a_connection(seen: dict[str, Any]) -> None:
    for rows in seen["reused"].by_thread().values():
        calls: dict[str, set[str]] = {}
        for row in rows:
            calls.setdefault(row["ws_conn"], set()).add(row["ws_call"])
        assert list(calls.values()) == [{"1", "2"}, {"3", "4"}, {"5"}]
        assert [row["label"] for row in rows].count("close") == 3


def test_callers_call_until_the_hold_is_over_and_finish_their_call(seen: dict[str, Any]) -> None:
    for rows in seen["held"].by_thread().values():
        assert rows[-1]["label"] == "close"
    times = [int(row["timeStamp"]) for row in seen["held"].rows]
    assert max(times) - min(times) >= 5000


def test_stages_go_up_and_down_and_those_that_came_last_go_first(seen: dict[str, Any]) -> None:
    threads = seen["staged"].by_thread()
    goes = {thread: int(rows[-1]["timeStamp"]) for thread, rows in threads.items()}
    comes = {thread: int(rows[0]["timeStamp"]) for thread, rows in threads.items()}
    groups = Counter(thread.rpartition(" ")[0] for thread in threads)

    assert sorted(groups.values()) == [2, 4]
    stay = sorted(goes, key=lambda thread: goes[thread])[-2:]
    assert groups[stay[0].rpartition(" ")[0]] == groups[stay[1].rpartition(" ")[0]] == 2
    assert min(comes, key=lambda thread: comes[thread]) in stay
    assert max(goes.values()) - min(goes.values()) >= 2000
    assert all(rows[-1]["label"] == "close" for rows in threads.values())


def test_arrivals_come_at_their_rate_and_make_one_call_each(seen: dict[str, Any]) -> None:
    arriving = seen["arriving"]

    first = [int(rows[0]["timeStamp"]) for rows in arriving.by_thread().values()]
    assert len(first) == 20
    assert len(arriving.labelled("close", success=True)) == 20
    assert max(first) - min(first) > 4000


def test_each_arrival_takes_the_next_line_of_the_data(seen: dict[str, Any]) -> None:
    truth = sorted(seen["arriving"].truth, key=lambda row: row["attempted_at"])
    # On a busy machine an attempt may overtake the one a quarter of a second before it.
    places = [ARRIVING.index(_caller(row)) for row in truth]
    assert sorted(places) == list(range(len(ARRIVING)))
    assert all(abs(place - line) <= 2 for line, place in enumerate(places))


def test_every_kind_of_step_does_what_it_says(seen: dict[str, Any]) -> None:
    steps = seen["steps"]

    assert not [row for row in steps.rows if row["success"] == "false"]
    assert len(steps.labelled("close", success=True)) == 4
    assert {row["responseCode"] for row in steps.labelled("close")} == {"4001"}
    assert len(steps.labelled("http POST")) == 4
    assert len(steps.labelled("for two")) == 1
    assert len(steps.labelled("for others")) == 3
    assert not steps.labelled("never")
    assert len(steps.labelled("ping")) == 4
    assert sorted(map(_caller, steps.truth)) == ["ann", "bob", "cy", "dee"]


def test_a_caller_that_ends_takes_no_line_of_the_data_with_it(seen: dict[str, Any]) -> None:
    assert sorted(map(_caller, seen["lined"].truth)) == ["ann", "bob"]


def _caller(truth: dict[str, Any]) -> str:
    name: str = truth["path"].split("caller=")[1].split("&")[0]
    return name


HELD = """
load: {callers: 25, ramp_up: 1s, hold: 10m, calls_per_connection: 3}
reconnect: {jitter: none}
call:
  - send: '{"type":"open"}'
  - expect: {contains: opened, within: 20s}
  - listen: 2s
"""
SAVE_AGAIN = """
import org.apache.jmeter.save.SaveService
SampleResult.setIgnore()
Parameters.readLines().each { line ->
    def (plan, copy) = line.split('>')
    new File(copy).withOutputStream { SaveService.saveTree(SaveService.loadTree(new File(plan)), it) }
}
"""
# Every element that jmxgen generates stands in one of these.
PLANS = sorted((Path(__file__).parents[1] / "golden" / "plan").glob("*/plan.jmx"))


Stopped = tuple[Path, list[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    """A run that is stopped in the middle; before it JMeter reads its plan and saves it again."""
    folder = tmp_path_factory.mktemp("stopped")
    truth = folder / "truth"
    with simulation(truth=truth) as server:
        text = generated.scenario_text("held", Case(HELD), server.url)
        jmx, properties = generated.write_plan(build(loads(text, path=folder / "held.yaml")), folder)
        to_run = folder / "run.jmx"
        copies = (f"{plan}>{folder / plan.parent.name}.again.jmx" for plan in PLANS)
        to_run.write_bytes(_with_script(jmx.read_bytes(), SAVE_AGAIN, "\n".join(copies)))

        def when_it_runs(status: Status) -> str | None:
            enough = status.jtl.exists() and status.jtl.read_bytes().count(b"listen") >= 30
            return "enough" if enough else None

        outcome = run(to_run, folder / "run", home=find(), property_file=properties, on_poll=when_it_runs)
    assert outcome.stopped_by == "enough"
    return folder, generated.read_truth(truth), outcome


def _with_script(jmx: bytes, script: str, parameters: str) -> bytes:
    root = etree.fromstring(jmx)
    under = root.xpath("//SetupThreadGroup/following-sibling::hashTree[1]")[0]
    element = plans.script("JSR223Sampler", script, parameters=parameters)
    for part in etree.fromstring(f"<x>{element}</x>"):
        under.append(part)
    return etree.tostring(root)


def test_stopping_the_test_leaves_no_connection_open(stopped: Stopped) -> None:
    _, truth, _ = stopped

    assert len(truth) >= 25
    assert {(t["end"], t["by"], t["close_frame"]) for t in truth} == {("closed", "client", True)}


@pytest.mark.parametrize("plan", PLANS, ids=lambda path: path.parent.name)
def test_jmeter_saves_the_plan_with_the_same_elements(stopped: Stopped, plan: Path) -> None:
    folder, _, _ = stopped

    ours, again = (_elements(path) for path in (plan, folder / f"{plan.parent.name}.again.jmx"))
    assert len(ours) > 10
    assert [name for name, _ in ours] == [name for name, _ in again]
    for (name, properties), (_, saved) in zip(ours, again, strict=True):
        assert {key: saved.get(key) for key in properties} == properties, name


def _elements(path: Path) -> list[tuple[str, dict[str, str]]]:
    """Return each element, under which ones it stands, with its properties; JMeter leaves out empty ones."""
    found = []
    for tree in etree.parse(path).getroot().iter("hashTree"):
        for element in tree:
            if element.tag != "hashTree":
                properties = {
                    p.get("name", ""): p.text for p in element.iter("stringProp", "boolProp", "intProp")
                }
                over = [above.getprevious() for above in (tree, *tree.iterancestors("hashTree"))]
                where = " < ".join(str(e.get("testname")) for e in over if e is not None)
                name = f"{element.tag!s} {element.get('testname')} {element.get('guiclass')} < {where}"
                found.append((name, {key: text for key, text in properties.items() if text}))
    return found
