"""The graphql-ws template in a real JMeter against Strawberry, which serves graphql-transport-ws."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import strawberry
from strawberry.asgi import GraphQL

from tests.e2e.serving import serving
from tests.e2e.speaking import run_scenarios

pytestmark = pytest.mark.jmeter

TEMPLATE = Path(__file__).parents[2] / "samples" / "graphql-ws.yaml"
SERVED: list[str] = []


@strawberry.type
class Query:
    """What a schema must have."""

    hello: str = "hello"


@strawberry.type
class Subscription:
    """Three greetings and the end, as the template expects."""

    @strawberry.subscription
    async def greetings(self) -> AsyncIterator[str]:
        for word in ("Hi", "Bonjour", "Hola"):
            SERVED.append(word)
            yield word


def test_callers_subscribe_to_a_real_server(tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8").replace("name: graphql-ws\n", "")
    text = text.replace("callers: 20, ramp_up: 10s", "callers: 3, ramp_up: 1s")

    with serving(GraphQL(strawberry.Schema(Query, subscription=Subscription))) as address:
        text = text.replace("127.0.0.1:8765", address)
        rows = run_scenarios({"graphql-ws": text}, tmp_path)["graphql-ws"]

    assert [row for row in rows if row["success"] == "false"] == []
    assert len([row for row in rows if row["label"] == "result"]) == 9
    assert sorted(SERVED) == ["Bonjour"] * 3 + ["Hi"] * 3 + ["Hola"] * 3
