"""Any bytes are a scenario or a ScenarioError of printable lines, trusted or not."""

from __future__ import annotations

from jmxgen.errors import ScenarioError
from jmxgen.scenario.load import loads

FIRST = b"name: a\ntarget: {url: wss://x}\ncall: [listen: 1s]\n"


def one_input(data: bytes) -> None:
    """Read the bytes as a scenario, and as its last keys."""
    for text in (data, FIRST + data):
        for functions in (True, False):
            try:
                loads(text, path="x.yaml", functions=functions)
            except ScenarioError as error:
                for fault in error.faults:
                    assert str(fault).startswith("x.yaml"), fault
                    assert str(fault).isprintable(), fault
