from __future__ import annotations

import pytest

from jmxgen.analysis.advice import Reader, Step, for_reader, is_genesys, reader_of

STEPS = (
    Step("Set keep_alive.ping_every.", "Add a WebSocket Ping/Pong sampler."),
    Step.for_all("Ask who set the limit."),
    Step.for_all("GET /api/v2/organizations/limits/namespaces.", genesys=True),
    Step.for_all("Read the limit.", genesys=True),
    Step.for_all("Ask who set the limit."),
)


def test_a_scenarios_author_reads_keys_and_anybody_else_elements() -> None:
    ours = for_reader(STEPS, Reader(has_scenario=True, genesys=False))
    theirs = for_reader(STEPS, Reader(has_scenario=False, genesys=False))

    assert ours == ("Set keep_alive.ping_every.", "Ask who set the limit.")
    assert theirs == ("Add a WebSocket Ping/Pong sampler.", "Ask who set the limit.")


def test_steps_of_genesys_clouds_api_are_for_its_testers_and_introduced() -> None:
    shown = for_reader(STEPS, Reader(has_scenario=True, genesys=True))

    assert shown[2:] == (
        "On Genesys Cloud: GET /api/v2/organizations/limits/namespaces.",
        "On Genesys Cloud: read the limit.",
    )


def test_a_step_without_words_for_a_reader_is_left_out() -> None:
    assert for_reader([Step(None, "x")], Reader(has_scenario=True, genesys=False)) == ()


@pytest.mark.parametrize(
    ("scenario", "genesys"),
    [
        (None, False),
        ({"name": "chat", "target": {"url": "wss://chat.example.com/ws"}}, False),
        ({"name": "x", "target": {"url": "wss://streaming.usw2.pure.cloud/channels/1"}}, True),
        ({"name": "x", "target": {"url": "wss://streaming.mypurecloud.de/c"}}, True),
        ({"name": "audiohook-load", "target": {"url": "ws://127.0.0.1/"}}, True),
        ({"name": "x", "description": "One Gather Input of an Architect flow"}, True),
    ],
)
def test_genesys_is_known_by_the_scenario(scenario: dict[str, object] | None, genesys: bool) -> None:
    assert is_genesys(scenario) is genesys


def test_the_reader_is_known_by_scenario_or_columns() -> None:
    named = {"name": "genesys"}

    assert reader_of(None, own_plan=False) == Reader(has_scenario=False, genesys=False)
    assert reader_of(None, own_plan=True).has_scenario
    assert reader_of(named, own_plan=False) == Reader(has_scenario=True, genesys=True)


def test_nobody_is_asked_for_a_server_log_that_was_given() -> None:
    steps = [Step.for_all("Give the log.", asks_for_server_log=True), Step.for_all("Look.")]

    shown = [
        for_reader(steps, reader_of(None, own_plan=True, has_server_log=given)) for given in (False, True)
    ]

    assert shown == [("Give the log.", "Look."), ("Look.",)]
