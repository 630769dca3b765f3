"""Plans that break the rules, and near misses."""

from __future__ import annotations

from tests.plans import (
    Xml,
    closed,
    element,
    group,
    old,
    opened,
    pause,
    pings,
    plan,
    read,
    request,
    timer,
    websocket,
)
from tests.unit.lint.pairs import Pairs


def throughput(per_minute: str, mode: str = "0") -> str:
    """Return a Constant Throughput Timer; mode 0 is the rate of each thread."""
    rate = f"<doubleProp><name>throughput</name><value>{per_minute}</value></doubleProp>"
    return element("ConstantThroughputTimer", {"rate": Xml(rate), "calcMode": int(mode)})


PAIRS: Pairs = {
    "JX030": (
        [
            plan(group(opened(), pause("25000"), closed())),
            plan(group(opened(), request(timer("25000")), closed())),
            plan(group(opened(), request(throughput("2.0")), closed())),
            plan(group(timer("15000"), opened(), request(timer("15000")), closed())),
            plan(group(opened(), pause("${__P(think,25000)}"), closed())),
            plan(group(timer("90000"), old(streamingConnection=True), loops="10")),
        ],
        [
            plan(group(opened(), pause("20000"), closed())),
            plan(group(opened(), request(throughput("3.0")), closed())),
            plan(group(opened(), request(throughput("2.0", mode="1")), closed())),
            plan(group(pause("25000"), opened(), closed())),
            plan(group(opened(), closed(), pause("25000"))),
            # The older plugin answers pings while nothing reads.
            plan(group(timer("25000"), old(streamingConnection=True), loops="10")),
            plan(group(timer("90000"), old(), loops="10")),
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
}
