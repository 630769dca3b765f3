"""From a scenario to a plan: a pure function."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

from jmxgen.errors import ScenarioError
from jmxgen.plan.bounds import describe, limits
from jmxgen.plan.caller import SCRIPT, Caller, load_script
from jmxgen.plan.knobs import Knobs, reference
from jmxgen.plan.labels import every
from jmxgen.plan.load import build_groups
from jmxgen.plan.model import (
    BackendListener,
    Plan,
    Script,
    Settings,
    SetupThreadGroup,
    TestFragment,
    TestPlan,
)
from jmxgen.plan.think import waits_of
from jmxgen.scenario.steps import Listen, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jmxgen.scenario.demand import Arrivals
    from jmxgen.scenario.model import Backend, Scenario


def build(scenario: Scenario, *, folder: Path | str = "") -> Plan:
    """Return the plan of a scenario.

    Args:
        scenario: what to build.
        folder: where the files that the scenario names are; the property `files` of the plan overrides it.
            Empty: JMeter looks for them beside the plan or where it was started.

    Raises:
        ScenarioError: a step wants what no plan can do.
    """
    knobs = Knobs.of(scenario)

    def file(name: str) -> str:
        return (
            f"{reference('files', str(folder))}/{name}" if str(folder) and not name.startswith("/") else name
        )

    note = f"{describe(scenario)}\n{limits(scenario)}"
    groups = build_groups(scenario, knobs, Caller.of(scenario, knobs, file))
    tree = TestPlan(
        name=scenario.name,
        comment="\n".join(filter(None, (scenario.description.strip(), note))),
        children=(
            knobs.settings,
            _derived(scenario, knobs),
            *_metrics(scenario.metrics),
            _scripts(scenario),
            _setup(scenario, file),
            *groups,
        ),
    )
    return Plan(
        tree=tree, knobs=knobs.all, secrets=tuple(scenario.secrets), note=note, replies=_replies(scenario)
    )


def _scripts(scenario: Scenario) -> TestFragment:
    """Return the scripts; that of streams stands there to be compiled by the set-up, and in each stream."""
    if not any(isinstance(step, Stream) for step in every(scenario.call)):
        return SCRIPT
    stream = Script(name="stream.groovy", file="stream")
    return dataclasses.replace(SCRIPT, children=(*SCRIPT.children, stream))


def _replies(scenario: Scenario) -> bool:
    return bool(scenario.on) or any(isinstance(s, Listen) and s.on for s in every(scenario.call))


def _derived(scenario: Scenario, knobs: Knobs) -> Settings:
    """Return what follows from the settings: the ceiling on attempts, and the slices of waits."""
    load = scenario.load
    each = f"({knobs['max_attempts']} + 10 + 4000.0 / {knobs['backoff_cap']})"
    callers = f"3 * {_arrivals(load.arrivals, knobs)}" if load.arrivals else knobs["callers"]
    ceiling = f"${{__jexl3(({callers} * {each} + 20) / {knobs['engines']})}}"
    what = "attempts per second without a finished call, on each engine: beyond it the test stops"
    slices = (wait.derived(scenario.keep_alive.read_slice.ms) for wait in waits_of(scenario).values())
    return Settings(
        name="limits that follow from the settings",
        variables=(("ceiling", ceiling, what), *itertools.chain.from_iterable(slices)),
    )


def _arrivals(arrivals: Arrivals, knobs: Knobs) -> str:
    if arrivals.to and arrivals.to.per_second > arrivals.rate.per_second:
        return f"{arrivals.to.per_second:.6g}"
    return f"{knobs['arrival_rate']} / {round(float(arrivals.rate.count) / arrivals.rate.per_second)}"


def _setup(scenario: Scenario, file: Callable[[str], str]) -> SetupThreadGroup:
    """Return the group that compiles the script and sets proxy and certificate, before callers come."""
    parameters = "\n".join(f"{key}={value}" for key, value in _settings(scenario, file))
    settings = (Script(name="proxy, certificate, start", file="setup", parameters=parameters),)
    return SetupThreadGroup(
        name="set up: if the script fails, stop the test",
        children=(load_script(scenario.name, "load the script"), *(settings if parameters else ())),
    )


def _settings(scenario: Scenario, file: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    proxy, tls = scenario.target.proxy, scenario.target.tls
    if scenario.load.arrivals:
        yield "arrivals", "true"
    if proxy:
        yield "proxy_host", proxy.host
        yield "proxy_port", str(proxy.port)
        if proxy.user:
            yield "proxy_user", proxy.user
            yield "proxy_password_property", proxy.password or ""
    if tls:
        if tls.alias:
            raise ScenarioError(
                f"JMeter takes the first certificate of a keystore, and can't choose {tls.alias!r}",
                hint="make a keystore that holds it alone",
            )
        yield "keystore", file(tls.keystore)
        yield "keystore_type", tls.keystore_type
        if tls.password:
            yield "keystore_password_property", tls.password


def _metrics(backend: Backend | None) -> tuple[BackendListener, ...]:
    if backend is None:
        return ()
    package = "org.apache.jmeter.visualizers.backend"
    if backend.influxdb:
        influx = backend.influxdb
        arguments = {
            "influxdbMetricsSender": f"{package}.influxdb.HttpMetricsSender",
            "influxdbUrl": influx.url,
            "application": "jmxgen",
            "measurement": influx.measurement,
            "summaryOnly": "false",
            "samplersRegex": ".*",
            "percentiles": "90;95;99",
            "testTitle": "jmxgen",
            "eventTags": "",
            "influxdbToken": f"${{__P({influx.token})}}" if influx.token else "",
        }
        client = f"{package}.influxdb.InfluxdbBackendListenerClient"
    else:
        assert backend.graphite
        graphite = backend.graphite
        arguments = {
            "graphiteMetricsSender": f"{package}.graphite.TextGraphiteMetricsSender",
            "graphiteHost": graphite.host,
            "graphitePort": str(graphite.port),
            "rootMetricsPrefix": graphite.prefix,
            "summaryOnly": "false",
            "samplersList": ".*",
            "useRegexpForSamplersList": "true",
            "percentiles": "90;95;99",
        }
        client = f"{package}.graphite.GraphiteBackendListenerClient"
    return (BackendListener(name="live metrics", client=client, arguments=tuple(arguments.items())),)
