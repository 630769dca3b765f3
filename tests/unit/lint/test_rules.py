"""Each rule has a plan that triggers it and a near miss that doesn't."""

from __future__ import annotations

import pytest

from jmxgen.jmx import tree
from jmxgen.lint import check, facts, model, registry
from tests.plans import (
    Xml,
    action,
    closed,
    element,
    group,
    headers,
    http,
    loop,
    opened,
    pause,
    pings,
    plan,
    read,
    repeated,
    request,
    script,
    timer,
    variables,
    websocket,
    when,
)

TIDY = {"websocket.thread.stop.policy": "wsClose"}
COUNTED = '${__jexl3(${tried} < 5 && "${up}" != "1")}'
TENDS = "def c = eu.luminis.jmeter.wssampler.WebsocketSampler.threadLocalCachedConnection.get(); c.dispose()"
GATE = element(
    "OnceOnlyController", {}, script("JSR223Sampler", TENDS + "; vars.putObject('gate', new Gate())")
)
RANDOM = element("UniformRandomTimer", {"ConstantTimer.delay": "0", "RandomTimer.range": "1000"})
WRITE = websocket("SingleWriteWebSocketSampler", name="write", createNewConnection=False)
FILED = {
    "filename": "out.csv",
    "saveConfig": Xml(
        '<objProp><name>saveConfig</name><value class="SampleSaveConfiguration">'
        "<subresults>SUB</subresults></value></objProp>"
    ),
}


def arrivals(schedule: str) -> str:
    return element("OpenModelThreadGroup", {"OpenModelThreadGroup.schedule": schedule}, opened(), closed())


def concurrency(unit: str) -> str:
    settings = {"TargetLevel": "500", "RampUp": "5", "Unit": unit}
    kind = "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup"
    return element(kind, settings, opened(), closed())


def collector(sub: str) -> str:
    settings = {**FILED, "saveConfig": Xml(FILED["saveConfig"].replace("SUB", sub))}
    return element("ResultCollector", settings, gui="SimpleDataWriter")


def retried(*inside: str, condition: str = COUNTED) -> str:
    return group(repeated(condition, *inside), closed())


# rule: (plans that trigger it, near misses)
CASES: dict[str, tuple[list[bytes], list[bytes]]] = {
    "JX001": (
        [
            plan(group(opened(), request())),
            plan(group(opened(), request(), loops="5")),
            plan(group(loop("3", opened(), request()), closed())),
            plan(group(opened(), action(0), closed())),
        ],
        [
            plan(group(opened(), request(), closed())),
            plan(group(script("JSR223PreProcessor", TENDS), opened(), script("JSR223Sampler", TENDS))),
            plan(
                group(
                    opened(), request(), element("IncludeController", {"IncludeController.includepath": "x"})
                )
            ),
        ],
    ),
    "JX002": (
        [plan(group(opened(), request(), closed(), loops="9", on_error="startnextloop"))],
        [
            plan(group(opened(), request(), closed(), loops="9")),
            plan(
                group(
                    script("JSR223Sampler", TENDS),
                    opened(),
                    request(),
                    closed(),
                    loops="9",
                    on_error="startnextloop",
                )
            ),
        ],
    ),
    "JX003": (
        [
            plan(group(opened(), request(), when("${ok}", closed()))),
            plan(group(GATE, pause("${wait}"), opened(), request(), when("${ok}", closed()))),
        ],
        [
            plan(group(opened(), request(), when("${ok}", request()), closed())),
            plan(group(opened(), element("TransactionController", {}, request(), closed()))),
            # An object that a script has put there sees to the connection where a pause names it.
            plan(
                group(GATE, pause("${gate}"), opened(), request(), when("${ok}", closed()), pause("${gate}"))
            ),
        ],
    ),
    "JX004": (
        [plan(group(opened(), request(), closed(), on_error="stopthread"))],
        [plan(group(opened(), closed(), on_error="continue")), plan(group(http(), on_error="stopthread"))],
    ),
    "JX005": (
        [plan(group(opened(), request(), closed()))],
        [
            plan(group(http())),
            plan(
                group(
                    opened(),
                    closed(),
                    script("JSR223Sampler", "props.put('websocket.thread.stop.policy', 'wsClose')"),
                )
            ),
        ],
    ),
    "JX006": (
        [
            plan(group(request(), opened(), closed())),
            plan(group(read())),
            plan(group(closed(), opened(), closed())),
            plan(group(opened(), closed(), websocket("PingPongSampler"))),
        ],
        [
            plan(group(opened(), request(), closed())),
            plan(group(request(new=True), request(), closed())),
            plan(group(script("JSR223Sampler", TENDS), request())),
            plan(group(when("${later}", request()), opened(), loops="3")),
            plan(group(websocket("SingleReadWebSocketSampler", createNewConnection="${first}"), request())),
        ],
    ),
    "JX007": (
        [plan(group(loop("5", request(new=True)), closed())), plan(group(request(new=True), loops="-1"))],
        [plan(group(loop("5", request(new=True), closed()))), plan(group(request(new=True), closed()))],
    ),
    "JX010": (
        [plan(group(opened(), request(), closed())), plan(group(repeated("", opened()), closed()))],
        [
            plan(retried(opened(), pause("${wait}"))),
            plan(group(opened(), request(), closed(), loops="5", on_error="startnextloop")),
        ],
    ),
    "JX011": (
        [
            plan(retried(opened(), RANDOM, condition='${__jexl3("${up}" != "1")}')),
            plan(group(pause("${w}"), opened(), closed(), loops="-1", on_error="startnextloop")),
        ],
        [
            plan(retried(opened(), RANDOM)),
            plan(
                retried(
                    opened(script("JSR223PostProcessor", "vars.put('up', '1')")),
                    condition='${__jexl3("${up}" != "1")}',
                )
            ),
            plan(retried(opened(), when("${enough}", action(5)), condition="true")),
            plan(group(opened(), closed(), loops="3", on_error="startnextloop")),
            plan(
                group(opened(), closed(), loops="-1", on_error="startnextloop", scheduler=True, duration="60")
            ),
        ],
    ),
    "JX012": (
        [plan(retried(opened())), plan(group(opened(), closed(), loops="3", on_error="startnextloop"))],
        [
            plan(retried(opened(), pause("${wait}"))),
            plan(retried(opened(RANDOM))),
            plan(retried(opened(), script("JSR223Sampler", "sleep(1000)"))),
        ],
    ),
    "JX013": (
        [
            plan(retried(opened(), pause("1000"))),
            plan(retried(opened(timer("500")))),
            plan(variables(wait="1000"), retried(opened(), pause("${wait}"))),
        ],
        [
            plan(retried(opened(), pause("${__Random(0,1000)}"))),
            plan(retried(opened(timer("500"), RANDOM))),
            plan(retried(opened(), pause("${wait}"))),
        ],
    ),
    "JX014": (
        [
            plan(retried(opened(element("SyncTimer", {"groupSize": "10"})), pause("${wait}"))),
            plan(variables(wait="${__Random(0,1000)}"), retried(opened(), pause("${wait}"))),
        ],
        [
            plan(retried(opened(), pause("${__Random(0,1000)}"))),
            plan(group(opened(element("SyncTimer", {"groupSize": "10"})), closed())),
        ],
    ),
    "JX020": (
        [
            plan(group(opened(), closed(), threads="500", ramp="5")),
            plan(group(opened(), closed(), threads="${__P(callers,500)}", ramp="0")),
            plan(arrivals("rate(10/s) random_arrivals(1 min) rate(100/s)")),
            plan(concurrency("S")),
        ],
        [
            plan(group(opened(), closed(), threads="500", ramp="10")),
            plan(group(http(), threads="500", ramp="5")),
            plan(group(opened(), closed(), threads="1", ramp="0")),
            plan(group(pause("${start_at}"), opened(), closed(), threads="500", ramp="0")),
            plan(group(opened(), closed(), threads="${callers}", ramp="0")),
            plan(arrivals("rate(300 / min) random_arrivals(10 min)")),
            plan(concurrency("M")),
        ],
    ),
    "JX021": (
        [
            plan(group(opened(), closed(), threads="4000", ramp="900")),
            plan(*[group(opened(), closed(), threads="2000", ramp="900", name=name) for name in "ab"]),
        ],
        [
            plan(group(opened(), closed(), threads="3800", ramp="900")),
            plan(
                *[group(opened(), closed(), threads="2000", ramp="900", name=name) for name in "ab"],
                properties={"TestPlan.serialize_threadgroups": True},
            ),
            plan(group(http(), threads="9000", ramp="900")),
        ],
    ),
    "JX022": (
        [plan(group(http(image_parser=True, concurrentDwn=True, concurrentPool="6")))],
        [plan(group(http(image_parser=False, concurrentDwn=True))), plan(group(http(image_parser=True)))],
    ),
    "JX030": (
        [
            plan(group(opened(), pause("25000"), closed())),
            plan(group(opened(), request(timer("25000")), closed())),
            plan(group(timer("15000"), opened(), request(timer("15000")), closed())),
            plan(group(opened(), pause("${__P(think,25000)}"), closed())),
        ],
        [
            plan(group(opened(), pause("20000"), closed())),
            plan(group(pause("25000"), opened(), closed())),
            plan(group(opened(), closed(), pause("25000"))),
            plan(group(opened(), pause("${think}"), closed())),
        ],
    ),
    "JX031": (
        [
            plan(group(opened(), request(), closed())),
            plan(group(pings(reply=False), opened(), request(), closed())),
            plan(group(opened(pings()), read(), closed())),
            plan(
                group(
                    websocket("PingFrameFilter", enabled=False, replyToPing=True), opened(), read(), closed()
                )
            ),
        ],
        [
            plan(group(pings(), opened(), request(), closed())),
            plan(pings(), group(opened(), request(), read(), closed())),
            plan(
                group(opened(), websocket("SingleWriteWebSocketSampler", createNewConnection=False), closed())
            ),
            plan(group(opened(), websocket("PingPongSampler"), closed())),
        ],
    ),
    "JX032": (
        [plan(group(pings(), opened(), read(readTimeout="0"), closed()))],
        [
            plan(group(opened(), read(readTimeout="0"), closed())),
            plan(group(pings(), opened(), read(readTimeout="5000"), closed())),
            plan(group(request(pings(), new=True), read(readTimeout="0"), closed())),
        ],
    ),
    "JX033": (
        [plan(group(opened(), read(readTimeout="30001"), closed()))],
        [
            plan(group(opened(), read(readTimeout="30000"), closed())),
            plan(
                group(
                    opened(),
                    websocket("SingleReadWebSocketSampler", enabled=False, readTimeout="70000"),
                    closed(),
                )
            ),
            plan(group(opened(), read(readTimeout="${timeout}"), closed())),
        ],
    ),
    "JX034": (
        [
            plan(group(opened(), read(name="Gather Input", readTimeout="8000"), closed())),
            plan(group(opened(), request(requestData='{"type":"dtmf"}'), closed())),
        ],
        [
            plan(group(opened(), read(name="Gather Input", readTimeout="5000"), closed())),
            plan(group(opened(), read(name="greeting", readTimeout="8000"), closed())),
        ],
    ),
    "JX040": (
        [plan(group(opened(TLS=True, port="80"), closed())), plan(group(opened(TLS=True), closed()))],
        [
            plan(group(opened(TLS=True, port="443"), closed())),
            plan(group(opened(TLS=False, port="80"), closed())),
            plan(group(opened(TLS=True, port="443"), request(TLS=True), closed())),
        ],
    ),
    "JX041": (
        [plan(group(headers(Origin="x"), opened(), request(), closed()))],
        [
            plan(group(opened(headers(Origin="x")), request(), closed())),
            plan(group(headers(Origin="x"), request(new=True))),
        ],
    ),
    "JX050": (
        [plan(group(when('"${x}" == "1"', http(), expression=False)))],
        [plan(group(when("${__jexl3(1 == 1)}", http())))],
    ),
    "JX051": (
        [plan(group(timer("1000"), opened(), request(), closed()))],
        [
            plan(group(opened(), request(timer("1000")), closed())),
            plan(group(timer("1000"), http(), http())),
            plan(group(opened(), loop("3", request(), timer("1000")), closed())),
        ],
    ),
    "JX052": (
        [
            plan(group(script("JSR223Sampler", 'log.info("${caller}")'))),
            plan(group(script("JSR223Sampler", 'def x = "${__time()}"'))),
        ],
        [
            plan(group(script("JSR223Sampler", 'log.info("${caller}")', cacheKey=""))),
            plan(group(script("JSR223Sampler", 'log.info(vars.get("caller"))'))),
            plan(group(script("JSR223Sampler", 'def caller = vars.get("caller"); log.info("${caller}")'))),
            plan(group(script("JSR223Sampler", 'log.info("\\${caller}")'))),
        ],
    ),
    "JX053": (
        [
            plan(group(http(), threads=Xml('<intProp name="ThreadGroup.num_threads">${n}</intProp>'))),
            plan(group(opened(TLS=Xml('<boolProp name="TLS">${tls}</boolProp>')), closed())),
        ],
        [plan(group(http(), threads="${n}"))],
    ),
    "JX054": (
        [plan(group(http()), element("ResultCollector", gui="ViewResultsFullVisualizer"))],
        [
            plan(group(http()), element("ResultCollector", gui="ViewResultsFullVisualizer", enabled=False)),
            plan(group(http()), element("ResultCollector", gui="SimpleDataWriter")),
        ],
    ),
    "JX055": (
        [
            plan(group(pings(), opened(), read(), closed())),
            plan(group(pings(), opened(), read(), closed()), collector("true")),
        ],
        [plan(group(opened(), read(), closed()), collector("true"))],
    ),
    "JX060": (
        [
            plan(
                group(
                    headers(Authorization="Bearer ${__P(token)}"),
                    http(path="/api/v2/notifications/channels", method="POST"),
                    threads="21",
                    ramp="60",
                )
            ),
            plan(
                variables(token="${__P(token)}"),
                group(
                    http(
                        headers(Authorization="Bearer ${token}"),
                        path="/api/v2/notifications/channels",
                        method="POST",
                    ),
                    threads="21",
                ),
            ),
        ],
        [
            plan(
                group(
                    headers(Authorization="Bearer ${token}"),
                    http(path="/api/v2/notifications/channels", method="POST"),
                    threads="21",
                )
            ),
            plan(
                group(
                    headers(Authorization="Bearer ${__P(token)}"),
                    http(path="/api/v2/notifications/channels", method="POST"),
                    threads="20",
                )
            ),
            plan(
                group(
                    headers(Authorization="Bearer ${__P(token)}"),
                    http(path="/api/v2/notifications/channels", method="GET"),
                    threads="21",
                )
            ),
        ],
    ),
    "JX061": (
        [
            plan(group(http(headers(Authorization="Bearer abcdef123456")))),
            plan(group(opened(headers(X_API_KEY="k3y-0f-m1ne")), closed())),
            plan(variables(api_key="k3y-0f-m1ne"), group(http())),
            plan(group(opened(path="/ws?token=abcdef123456"), closed())),
            plan(group(request(new=True, requestData='{"password": "hunter2"}'), closed())),
        ],
        [
            plan(group(http(headers(Authorization="Bearer ${__P(token)}")))),
            plan(group(http(element("RegexExtractor", {"RegexExtractor.regex": '"token":"([^"]+)"'})))),
            plan(group(opened(headers(X_API_KEY="<your key>")), closed())),
            plan(variables(token="", tokens_per_call="12", monkey="banana"), group(http())),
            plan(group(opened(path="/ws?token=${token}&caller=12345"), closed())),
            plan(group(request(new=True, requestData='{"password": "${password}"}'), closed())),
        ],
    ),
    "JX070": (
        [plan(group(opened(), request(), closed()))],
        [
            plan(group(opened(), request(element("ResponseAssertion")), closed())),
            plan(group(websocket("TextFrameFilter"), opened(), read(), closed())),
            plan(group(opened(), read(optional=True), closed())),
        ],
    ),
    "JX072": (
        [plan(group(opened(), WRITE, closed()))],
        [
            plan(group(opened(), WRITE, read(), closed())),
            plan(group(websocket("TextFrameFilter"), opened(), WRITE, closed())),
            plan(group(opened(), request(), closed())),
        ],
    ),
    "JX071": (
        [
            plan(
                group(
                    element(
                        "JMeter.plugins.functional.samplers.websocket.WebSocketSampler",
                        {"requestPayload": ""},
                    )
                )
            )
        ],
        [
            plan(
                group(
                    element(
                        "JMeter.plugins.functional.samplers.websocket.WebSocketSampler",
                        {"requestPayload": "x"},
                    )
                )
            )
        ],
    ),
}


def found(source: bytes, rule: str, **properties: str) -> list[model.Finding]:
    subject = model.Subject(tree.parse(source, path="plan.jmx"), properties=properties)
    return check.check(subject, registry.choose([rule]))


def _each(number: int) -> list[tuple[str, bytes]]:
    return [(rule, source) for rule, both in CASES.items() for source in both[number]]


@pytest.mark.parametrize(
    ("rule", "source"), _each(0), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_plan_that_breaks_a_rule_is_found(rule: str, source: bytes) -> None:
    findings = found(source, rule)

    assert findings
    assert all(finding.place.line and finding.line for finding in findings)


@pytest.mark.parametrize(
    ("rule", "source"), _each(1), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_near_miss_is_not_found(rule: str, source: bytes) -> None:
    assert [finding.what for finding in found(source, rule)] == []


def test_every_rule_has_its_plans() -> None:
    assert set(CASES) == {rule.id for rule in registry.rules()}


@pytest.mark.parametrize("rule", ["JX001", "JX004", "JX005"])
def test_the_stop_policy_closes_what_a_thread_leaves(rule: str) -> None:
    source = plan(group(opened(), request(), on_error="stopthread"))

    assert found(source, rule)
    assert not found(source, rule, **TIDY)


def test_tcp_close_is_no_close_frame() -> None:
    source = plan(group(opened(), request()))

    (finding,) = found(source, "JX005", **{"websocket.thread.stop.policy": "tcpClose"})

    assert "tcpclose" in finding.what


def test_sub_results_are_fine_when_the_properties_say_so() -> None:
    source = plan(group(pings(), opened(), read(), closed()))

    assert not found(source, "JX055", **{"jmeter.save.saveservice.subresults": "false"})


def test_stated_facts_move_the_limits() -> None:
    subject = model.Subject(
        tree.parse(plan(group(opened(), pause("25000"), closed(), threads="500", ramp="5")), path="plan.jmx"),
        facts.parse({"ping_interval": "30s", "handshake-rate": "100/s"}),
    )

    assert check.check(subject, registry.choose(["JX030", "JX020"])) == []


def test_a_fragment_is_followed_where_a_module_controller_runs_it() -> None:
    steps = ("Root", "plan", "fragment")
    path = "".join(f'<stringProp name="{number}">{label}</stringProp>' for number, label in enumerate(steps))
    module = element(
        "ModuleController",
        {"path": Xml(f'<collectionProp name="ModuleController.node_path">{path}</collectionProp>')},
    )
    fragment = element("TestFragmentController", {}, request(), closed(), name="fragment")

    whole = plan(fragment, group(opened(), module))
    without_open = plan(fragment, group(module))

    assert not found(whole, "JX001")
    assert not found(whole, "JX006")
    assert len(found(without_open, "JX006")) == 2


def test_a_filter_around_the_module_controller_covers_the_fragment() -> None:
    steps = ("Root", "plan", "fragment")
    path = "".join(f'<stringProp name="{number}">{label}</stringProp>' for number, label in enumerate(steps))
    module = element(
        "ModuleController",
        {"path": Xml(f'<collectionProp name="ModuleController.node_path">{path}</collectionProp>')},
    )
    fragment = element("TestFragmentController", {}, request(), name="fragment")

    assert not found(plan(fragment, group(pings(), opened(), module, closed())), "JX031")
    assert found(plan(fragment, group(opened(), module, closed())), "JX031")


def test_nothing_is_said_of_disabled_elements() -> None:
    source = plan(group(websocket("OpenWebSocketSampler", name="off", enabled=False, TLS=True), http()))

    subject = model.Subject(tree.parse(source, path="plan.jmx"))

    assert [finding.rule.id for finding in check.check(subject, registry.rules())] == []
