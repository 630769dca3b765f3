"""From a scenario to a plan: a pure function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmxgen.errors import ScenarioError
from jmxgen.plan.caller import SCRIPTS, build_caller
from jmxgen.plan.knobs import Knobs, reference
from jmxgen.plan.load import build_groups, describe
from jmxgen.plan.model import BackendListener, Plan, Script, SetupThreadGroup, TestPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jmxgen.plan.caller import Stay
    from jmxgen.plan.model import Element
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

    def caller(stay: Stay) -> tuple[Element, ...]:
        return build_caller(scenario, knobs, stay, file)

    note = describe(scenario)
    groups = build_groups(scenario, knobs, caller)
    tree = TestPlan(
        name=scenario.name,
        comment="\n".join(filter(None, (scenario.description.strip(), note))),
        children=(*_metrics(scenario.metrics), _setup(scenario, groups, file), *groups),
    )
    return Plan(tree=tree, knobs=knobs.all, secrets=tuple(scenario.secrets), note=note)


def _setup(scenario: Scenario, groups: tuple[Element, ...], file: Callable[[str], str]) -> SetupThreadGroup:
    """Return the group that compiles the scripts and sets proxy and certificate, before callers come."""
    used = {element.script for group in groups for element in group.walk() if isinstance(element, Script)}
    scripts = (
        Script(name=f"compile {name}", script=name, parameters="warm-up") for name in SCRIPTS if name in used
    )
    parameters = "\n".join(f"{key}={value}" for key, value in _settings(scenario, file))
    settings = (Script(name="set up", script="setup", parameters=parameters),) if parameters else ()
    return SetupThreadGroup(name="set up", children=(*scripts, *settings))


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
                f"JMeter takes the first certificate of a keystore, it can't be told {tls.alias!r} here",
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
