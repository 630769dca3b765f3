"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    Xml,
    closed,
    element,
    group,
    http,
    loop,
    opened,
    pings,
    plan,
    read,
    request,
    script,
    timer,
    variables,
    when,
)
from tests.unit.lint.pairs import Pairs

FILED = {
    "filename": "out.csv",
    "saveConfig": Xml(
        '<objProp><name>saveConfig</name><value class="SampleSaveConfiguration">'
        "<subresults>SUB</subresults></value></objProp>"
    ),
}


def collector(sub: str) -> str:
    settings = {**FILED, "saveConfig": Xml(FILED["saveConfig"].replace("SUB", sub))}
    return element("ResultCollector", settings, gui="SimpleDataWriter")


PAIRS: Pairs = {
    "JX050": (
        [plan(group(when('"${x}" == "1"', http(), expression=False)))],
        [plan(group(when("${__jexl3(1 == 1)}", http())))],
    ),
    "JX051": (
        [plan(group(opened(), timer("1000"), request(), closed()))],
        [
            plan(group(opened(), request(timer("1000")), closed())),
            # Before all samplers of its level it is meant for all of them.
            plan(group(timer("1000"), opened(), request(), closed())),
            plan(group(http(), timer("1000"), http())),
            plan(group(opened(), loop("3", request(), timer("1000")), closed())),
        ],
    ),
    "JX052": (
        [
            plan(group(script("JSR223Sampler", 'log.info("${caller}")'))),
            plan(group(script("JSR223Sampler", 'def x = "${__time()}"'))),
            plan(group(script("JSR223Sampler", 'log.info("${caller}")', cacheKey=""))),
            plan(
                variables(caller="7"),
                group(script("JSR223Sampler", 'def caller = vars.get("caller"); log.info("${caller}")')),
            ),
        ],
        [
            plan(group(script("JSR223Sampler", 'log.info(vars.get("caller"))'))),
            plan(group(script("JSR223Sampler", 'log.info("${caller}")', cacheKey="false"))),
            plan(group(script("JSR223Sampler", 'def caller = 7; log.info("${caller}")'))),
            plan(group(script("JSR223Sampler", '[1, 2].each { number -> log.info("n: ${number}") }'))),
            plan(group(script("JSR223Sampler", "log.info(\"${vars.get('caller')} ${prev.time}\")"))),
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
    "JX056": (
        [plan(group(http()), properties={"TestPlan.functional_mode": True})],
        [plan(group(http()), properties={"TestPlan.functional_mode": False})],
    ),
    "JX057": (
        [plan(group(script("JSR223Sampler", "log.info('x')", cacheKey="false")))],
        [
            plan(group(script("JSR223Sampler", "log.info('x')", cacheKey="true"))),
            plan(group(script("JSR223Sampler", "log.info('x')", cacheKey=""))),
            plan(group(script("JSR223Sampler", "", cacheKey="false"))),
        ],
    ),
    "JX058": (
        [
            plan(group(element("BeanShellSampler", {"BeanShellSampler.query": 'vars.put("a", "b");'}))),
            plan(group(script("JSR223Sampler", "1 + 1", scriptLanguage="javascript"))),
        ],
        [
            plan(group(script("JSR223Sampler", "vars.put('a', 'b')"))),
            plan(group(element("BeanShellSampler", {"BeanShellSampler.query": ""}))),
        ],
    ),
    "JX059": (
        [
            plan(group(element("CSVDataSet", {"filename": "/home/jo/callers.csv"}))),
            plan(group(element("CSVDataSet", {"filename": "C:\\load\\callers.csv"}))),
            plan(group(opened(), request(dataFile="/tmp/payload"), closed())),
        ],
        [
            plan(group(element("CSVDataSet", {"filename": "callers.csv"}))),
            plan(group(element("CSVDataSet", {"filename": "${__P(data)}/callers.csv"}))),
            plan(group(http()), element("ResultCollector", {"filename": "/tmp/out.csv"})),
        ],
    ),
}
