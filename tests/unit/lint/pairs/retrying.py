"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    action,
    closed,
    element,
    group,
    opened,
    pause,
    plan,
    repeated,
    request,
    script,
    timer,
    variables,
    when,
)
from tests.unit.lint.pairs import Pairs

COUNTED = '${__jexl3(${tried} < 5 && "${up}" != "1")}'
RANDOM = element("UniformRandomTimer", {"ConstantTimer.delay": "0", "RandomTimer.range": "1000"})


def retried(*inside: str, condition: str = COUNTED) -> str:
    return group(repeated(condition, *inside), closed())


PAIRS: Pairs = {
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
            # A script elsewhere in the plan sets the condition.
            plan(
                group(script("JSR223Sampler", "vars.put('again', 'false')"), repeated("${again}", opened())),
            ),
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
            plan(group(opened(element("SyncTimer", {"groupSize": "10"})), closed())),
        ],
        [
            plan(retried(opened(), pause("${__Random(0,1000)}"))),
            plan(group(opened(), request(element("SyncTimer", {"groupSize": "10"})), closed())),
        ],
    ),
}
