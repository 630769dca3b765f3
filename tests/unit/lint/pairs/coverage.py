"""What no rule looks at."""

from __future__ import annotations

from tests.plans import (
    closed,
    element,
    group,
    http,
    old,
    opened,
    plan,
    script,
    websocket,
)
from tests.unit.lint.pairs import Pairs

OTHER = "example.jmeter.samplers.WebSocketSampler"

PAIRS: Pairs = {
    "JX090": (
        [
            plan(group(element(OTHER))),
            plan(
                group(
                    opened(),
                    closed(),
                    element("JMeter.plugins.functional.samplers.websocket.WebsocketMessageSampler"),
                )
            ),
            plan(group(script("JSR223Sampler", "import com.microsoft.signalr.HubConnection"))),
            plan(group(websocket("CompressedReadWebSocketSampler"))),
        ],
        [
            plan(group(opened(), closed())),
            plan(group(old(), http())),
            plan(group(element(OTHER, enabled=False), http())),
            plan(group(script("JSR223Sampler", "eu.luminis.jmeter.wssampler.WebSocketClient.connect()"))),
        ],
    ),
    "JX091": (
        [plan(group(opened(connectionId="a"), opened(connectionId="b")))],
        [plan(group(opened(connectionId=""), closed())), plan(group(old(connectionId="a")))],
    ),
    "JX092": (
        [plan(group(http()))],
        [
            plan(group(opened(), closed())),
            plan(group(old())),
            plan(group(element(OTHER))),
            plan(group(element("IncludeController", {"IncludeController.includepath": "x.jmx"}))),
        ],
    ),
    "JX093": (
        [plan(group(element("IncludeController", {"IncludeController.includepath": "x.jmx"})))],
        [
            plan(
                group(element("IncludeController", {"IncludeController.includepath": "x.jmx"}, enabled=False))
            )
        ],
    ),
}
