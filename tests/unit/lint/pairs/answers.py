"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    closed,
    element,
    group,
    loop,
    opened,
    plan,
    read,
    request,
    script,
    websocket,
)
from tests.unit.lint.pairs import Pairs

WRITE = websocket("SingleWriteWebSocketSampler", name="write", createNewConnection=False)
AWAITING = websocket("TextFrameFilter", comparisonType="NotContains", matchValue="opened")

PAIRS: Pairs = {
    "JX070": (
        [plan(group(opened(), request(), closed()))],
        [
            plan(group(opened(), request(element("ResponseAssertion")), closed())),
            plan(group(websocket("TextFrameFilter"), opened(), read(), closed())),
            plan(group(opened(), read(optional=True), closed())),
        ],
    ),
    "JX074": (
        [plan(group(AWAITING, opened(), request(), closed()))],
        [
            plan(
                group(websocket("TextFrameFilter", comparisonType="IsPlain"), opened(), request(), closed())
            ),
            plan(group(AWAITING, opened(), request(), loop("${websocket.last_frame_final}"), closed())),
            plan(group(script("JSR223Sampler", "field('socketInputStream')"), AWAITING, opened(), request())),
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
    "JX073": (
        [plan(group(opened(), WRITE, read(optional=True), closed()))],
        [
            plan(group(opened(), WRITE, read(), closed())),
            plan(group(opened(), WRITE, read(element("ResponseAssertion"), optional=True), closed())),
            plan(group(opened(), request(), read(optional=True), closed())),
            plan(group(opened(), WRITE, loop("3", read(optional=True)), closed())),
        ],
    ),
}
