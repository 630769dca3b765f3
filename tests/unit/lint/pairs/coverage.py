"""What no rule looks at."""

from __future__ import annotations

from tests.plans import (
    Xml,
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
PARALLEL = "com.blazemeter.jmeter.controller.ParallelSampler"


def module(*labels: str) -> str:
    """Return a Module Controller whose path goes over these labels."""
    steps = "".join(f'<stringProp name="{label}">{label}</stringProp>' for label in ("Test Plan", *labels))
    path = f'<collectionProp name="ModuleController.node_path">{steps}</collectionProp>'
    return element("ModuleController", {"path": Xml(path)})


PAIRS: Pairs = {
    "JX083": (
        [plan(group(module("plan", "callers", "nowhere"))), plan(group(module()))],
        [
            plan(
                group(module("plan", "shared")), element("TestFragmentController", {}, http(), name="shared")
            ),
            plan(group(element("GenericController", {}, module("plan", "nowhere"), enabled=False))),
        ],
    ),
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
            plan(group(element(PARALLEL, {}, opened(), closed()))),
        ],
        [
            plan(group(opened(), closed())),
            plan(group(element(PARALLEL, {}, http()), opened(), closed())),
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
            plan(
                group(module("plan", "shared")),
                element("TestFragmentController", {}, opened(), closed(), name="shared", enabled=False),
            ),
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
