"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    action,
    closed,
    element,
    group,
    http,
    loop,
    old,
    opened,
    pause,
    plan,
    read,
    request,
    script,
    websocket,
    when,
)
from tests.unit.lint.pairs import Pairs

TENDS = "def c = eu.luminis.jmeter.wssampler.WebsocketSampler.threadLocalCachedConnection.get(); c.dispose()"
KNOWS = "def c = eu.luminis.jmeter.wssampler.WebsocketSampler; c.set(null); vars.put('bye', 'true')"
GATE = element(
    "OnceOnlyController", {}, script("JSR223Sampler", TENDS + "; vars.putObject('gate', new Gate())")
)


PAIRS: Pairs = {
    "JX001": (
        [
            plan(group(opened(), request())),
            plan(group(opened(), request(), loops="5")),
            plan(group(loop("3", opened(), request()), closed())),
            plan(group(opened(), action(0), closed())),
            plan(group(opened(), loop("0", closed()))),
        ],
        [
            plan(group(opened(), request(), closed())),
            plan(group(opened(connectionId="a"), opened(connectionId="b"))),
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
            plan(group(element("InterleaveControl", {}, opened(), request(), closed()))),
        ],
        [
            plan(group(opened(), request(), when("${ok}", request()), closed())),
            plan(group(opened(), element("TransactionController", {}, request(), closed()))),
            # An object that a script has put there sees to the connection where a pause names it.
            plan(
                group(GATE, pause("${gate}"), opened(), request(), when("${ok}", closed()), pause("${gate}"))
            ),
            # The script that looks after connections sets the variable which leads to the Close.
            plan(group(opened(), script("JSR223Sampler", KNOWS), when("${bye}", closed()), loops="2")),
        ],
    ),
    "JX004": (
        [plan(group(opened(), request(), closed(), on_error="stopthread"))],
        [plan(group(opened(), closed(), on_error="continue")), plan(group(http(), on_error="stopthread"))],
    ),
    "JX005": (
        [
            plan(group(opened(), request(), closed(), loops="-1", scheduler=True, duration="60")),
            plan(group(opened(), closed(), loops="-1")),
            plan(group(opened(), closed(), on_error="stoptest")),
            plan(element("SteppingThreadGroup", {"ThreadGroup.num_threads": "5"}, opened(), closed())),
        ],
        [
            plan(group(opened(), request(), closed())),
            plan(group(http(), loops="-1", scheduler=True, duration="60")),
            plan(
                group(
                    opened(),
                    closed(),
                    script("JSR223Sampler", "props.put('websocket.thread.stop.policy', 'wsClose')"),
                    loops="-1",
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
            plan(group(element("OnceOnlyController", {}, opened()), request(), closed(), loops="5")),
        ],
        [
            plan(group(opened(), request(), closed())),
            plan(group(request(new=True), request(), closed())),
            plan(group(script("JSR223Sampler", TENDS), request())),
            plan(group(element("OnceOnlyController", {}, opened()), request(), loops="5")),
            plan(group(opened(connectionId="a"), request(connectionId="a"))),
            plan(group(when("${later}", request()), opened(), loops="3")),
            plan(group(websocket("SingleReadWebSocketSampler", createNewConnection="${first}"), request())),
        ],
    ),
    "JX007": (
        [plan(group(loop("5", request(new=True)), closed())), plan(group(request(new=True), loops="-1"))],
        [plan(group(loop("5", request(new=True), closed()))), plan(group(request(new=True), closed()))],
    ),
    "JX008": (
        [plan(group(old(streamingConnection=True)))],
        [plan(group(old(streamingConnection=True, closeConncectionPattern="bye"))), plan(group(old()))],
    ),
    "JX009": (
        [
            plan(group(opened(), closed(code="1006"))),
            plan(group(opened(), closed(code="999"))),
            plan(group(opened(), closed(code="${__P(code,1005)}"))),
        ],
        [
            plan(group(opened(), closed(code="1000"))),
            plan(group(opened(), closed(code="4001"))),
            plan(group(opened(), closed(code="${code}"))),
        ],
    ),
}
