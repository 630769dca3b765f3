"""The judge: connections of the results against those of the server's log."""

from __future__ import annotations

import dataclasses

import pandas as pd

from jmxgen.cli.agreement import agreement
from jmxgen.simulator.truth import TruthRow

ROW = TruthRow(
    id=1,
    path="/ivr?caller=3",
    key=None,
    token=None,
    attempted_at=1000,
    opened_at=1001,
    last_frame_at=2000,
    ended_at=5000,
    end="data",
    kind="abnormal",
    status=None,
    code=1006,
    by="server",
    cause="",
    close_frame=False,
    frames_in=1,
    frames_out=1,
)
LOST = {
    "thread": "callers 1-3",
    "connection": 1,
    "end": "data",
    "kind": "abnormal",
    "status": 0,
    "code": 1006,
}


def _connections(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{"last_alive_at": 2000.0, **row} for row in rows])


def test_the_same_end_on_both_sides_agrees() -> None:
    found = agreement(_connections(LOST), [ROW])
    assert found.complete
    assert found.equal == 1
    assert found.data == (1, 1)


def test_another_phase_kind_or_code_differs_and_is_told() -> None:
    for key, value in (("end", "handshake"), ("kind", "server_close"), ("code", 1011)):
        found = agreement(_connections({**LOST, key: value}), [ROW])
        assert not found.complete
        assert "caller 3, connection 1: analysis (" in found.differences[0]


def test_an_end_after_the_clients_last_sample_cannot_be_noticed() -> None:
    still = {**LOST, "end": "open", "kind": "", "code": 0}
    assert agreement(_connections(still), [ROW]).complete
    assert not agreement(_connections(still), [dataclasses.replace(ROW, ended_at=1500)]).complete


def test_a_connection_that_one_side_lacks_differs() -> None:
    assert not agreement(_connections(LOST), [ROW, dataclasses.replace(ROW, id=2)]).complete


def test_callers_are_known_by_the_plans_own_id_too() -> None:
    row = dataclasses.replace(ROW, path="/ivr", key="1a2b-zz-1-3-1")
    assert agreement(_connections(LOST), [row]).complete


def test_an_attempt_that_never_left_the_client_is_not_the_servers_to_log() -> None:
    first = {**LOST, "end": "handshake", "kind": "client", "code": 0}
    assert agreement(_connections(first, {**LOST, "connection": 2}), [ROW]).complete
