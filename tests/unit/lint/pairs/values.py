"""Values: quotes, counts, names."""

from __future__ import annotations

from tests.plans import (
    closed,
    element,
    group,
    http,
    loop,
    opened,
    plan,
    request,
    script,
    variables,
    when,
)
from tests.unit.lint.pairs import Pairs


def nested(forever: bool) -> str:
    settings: dict[str, str | bool | int] = {"LoopController.loops": "5"}
    settings["LoopController.continue_forever"] = forever
    return element("LoopController", settings, http(), name="5 requests")


PAIRS: Pairs = {
    "JX080": (
        [
            plan(group(opened(port='${__P(port,"443")}'), closed())),
            plan(group(opened(path="/ws?caller=${__P(caller,'7')}"), closed())),
            plan(group(opened(), closed(), threads='${__P(callers,"500")}')),
        ],
        [
            plan(group(opened(port="${__P(port,443)}"), closed())),
            plan(group(script("JSR223Sampler", 'def x = ${__P(x,"a")}'))),
            plan(group(when('${__jexl3("${__P(x,a)}" == "a")}', http()))),
        ],
    ),
    "JX081": (
        [
            plan(group(nested(False), loops="10")),
            plan(group(element("WhileController", {"WhileController.condition": "${more}"}, nested(False)))),
        ],
        [
            plan(group(nested(True), loops="10")),
            plan(group(loop("5", http()), loops="10")),
            plan(group(nested(False))),
        ],
    ),
    "JX082": (
        [
            plan(variables(caller="1"), group(opened(path="/ws?caller=${callr}"), closed())),
            plan(group(opened(), request(requestData='{"caller":"${caller}"}'), closed())),
            plan(group(opened(path="/ws?n=${threadNum}"), closed())),
        ],
        [
            plan(variables(caller="1"), group(opened(path="/ws?caller=${caller}"), closed())),
            plan(group(opened(path="/ws?n=${__threadNum}&v=${__P(v)}&w=\\${w}"), closed())),
            plan(
                group(
                    element("CSVDataSet", {"filename": "a.csv", "variableNames": "caller,pin"}),
                    opened(path="/ws?caller=${caller}&pin=${pin}"),
                    closed(),
                )
            ),
            plan(
                group(
                    element("CSVDataSet", {"filename": "a.csv", "variableNames": ""}),
                    opened(path="/ws?caller=${caller}"),
                    closed(),
                )
            ),
            plan(
                group(
                    http(element("RegexExtractor", {"RegexExtractor.refname": "id"})),
                    opened(path="/ws?id=${id}&first=${id_1}&part=${id_1_g2}&n=${id_matchNr}"),
                    closed(),
                )
            ),
            plan(
                group(script("JSR223Sampler", "vars.put('id', '1')"), opened(path="/ws?id=${id}"), closed())
            ),
            plan(group(script("JSR223Sampler", "vars.put(x, '1')"), opened(path="/ws?id=${id}"), closed())),
            plan(group(http(path="/${__Random(1,9,id)}"), opened(path="/ws?id=${id}"), closed())),
            plan(group(loop("2", http(path="/${__jm__loop__idx}"), http(path="/${START.MS}")))),
        ],
    ),
}
