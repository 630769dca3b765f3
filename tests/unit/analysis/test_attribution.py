"""Every connection of recorded runs of a real JMeter, compared with what the server knew of it.

The recordings are made by benchmarks/record.py: ten styles of plan against servers that fail in many ways.
"""

from __future__ import annotations

import collections
import functools
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jmxgen.analysis import reading
from jmxgen.analysis.model import Run

DATA = Path(__file__).parents[2] / "data" / "attribution"
CLOCK_MS = 5
Caller = tuple[str, int]


@functools.cache
def read(form: str) -> Run:
    return reading.read([DATA / f"results.{form}.gz"])


@functools.cache
def truth(form: str) -> Mapping[Caller, list[dict[str, Any]]]:
    found: dict[Caller, list[dict[str, Any]]] = collections.defaultdict(list)
    with gzip.open(DATA / f"truth-{form}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            caller = re.search(r"case=(\w+-\w+)&caller=(\d+)", row["path"] or "")
            if caller:
                found[caller[1], int(caller[2])].append(row)
    return {caller: sorted(rows, key=lambda row: row["attempted_at"]) for caller, rows in found.items()}


@functools.cache
def told(form: str) -> Mapping[Caller, list[dict[str, Any]]]:
    found: dict[Caller, list[dict[str, Any]]] = collections.defaultdict(list)
    for row in read(form).connections.to_dict("records"):
        caller = re.fullmatch(r"(\w+-\w+) \d+-(\d+)", row["thread"])
        assert caller
        found[caller[1], int(caller[2])].append({str(name): value for name, value in row.items()})
    return found


def pairs(form: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for caller, true in truth(form).items():
        yield from zip(true, told(form)[caller], strict=True)


def unseen(true: dict[str, Any], mine: dict[str, Any]) -> bool:
    """Tell whether no client could have known: the results hold no trace of what the server saw."""
    looked_no_more = mine["end"] in ("leaked", "open") and true["end"] == "data"
    gave_up_before = mine["kind"] == "timeout" and true["end"] in ("leaked", "handshake")
    read_old_frames = mine["reason"].startswith("WebSocket error: received not a close frame")
    return looked_no_more or gave_up_before or read_old_frames


@pytest.mark.parametrize("form", ["csv", "xml"])
def test_no_attempt_is_missed_and_none_made_up(form: str) -> None:
    assert {caller: len(rows) for caller, rows in truth(form).items()} == {
        caller: len(rows) for caller, rows in told(form).items()
    }


@pytest.mark.parametrize("form", ["csv", "xml"])
def test_each_connection_ends_as_the_server_says(form: str) -> None:
    wrong, hidden, count = [], 0, 0
    for true, mine in pairs(form):
        count += 1
        code = true["code"] if true["end"] == "data" else 0
        expected = (true["end"], true["kind"], true["status"] or 0, code)
        found = (mine["end"], mine["kind"], mine["status"], mine["code"] if mine["end"] == "data" else 0)
        if expected == found:
            continue
        hidden += unseen(true, mine)
        if not unseen(true, mine):
            wrong.append((mine["thread"], mine["connection"], expected, found, mine["reason"]))
    assert not wrong
    assert count > 150
    assert hidden < count * 0.03


@pytest.mark.parametrize("form", ["csv", "xml"])
def test_each_loss_is_noticed_after_it_happened_and_happened_after_the_last_sign_of_life(form: str) -> None:
    # A script that only ever runs on open connections can't be told from a read: style "talk" has one.
    losses = [
        (true, mine)
        for true, mine in pairs(form)
        if true["end"] == mine["end"] == "data" and not mine["thread"].startswith("talk")
    ]
    late = [mine["thread"] for true, mine in losses if true["ended_at"] > mine["noticed_at"] + CLOCK_MS]
    assert not late
    early = [true["ended_at"] < mine["last_alive_at"] - 250 for true, mine in losses]
    assert np.mean(early) < 0.02
    before = [true["ended_at"] < mine["end_after"] - CLOCK_MS for true, mine in losses]
    assert np.mean(before) < 0.15  # recorded while the machine was short of CPU: reads noticed it late


@pytest.mark.parametrize("form", ["csv", "xml"])
def test_nothing_is_left_over(form: str) -> None:
    found = read(form)
    assert found.unattributed == 0
    assert found.dialects == ("luminis",)
    assert dict(found.skipped_rows) == {}
    assert found.aftermath > 50


def test_steps_of_other_samplers_and_transactions_are_no_part_of_connections() -> None:
    # open, tell, hear, tell, hear, listen, listen, close; not the call, the script and the HTTP step
    healthy = read("csv").connections
    healthy = healthy[healthy["thread"].str.startswith("talk-none ")]
    assert set(healthy["end"]) == {"closed"}
    assert set(healthy["samples"]) == {8}
    assert set(healthy["opener"]) == {"connect"}


def test_idle_timeouts_lie_between_what_was_survived_and_what_was_fatal() -> None:
    frame = read("csv").connections
    idle = frame[frame["thread"].str.contains("-idle") & (frame["end"] == "data")]
    fatal = (idle["noticed_at"] - idle["last_frame_at"]).to_numpy()
    assert len(idle) > 30
    assert np.mean(fatal > 300) > 0.95  # the limit is 400 ms; a client short of CPU got its last frame late
    survivors = frame[frame["thread"].str.contains("-idle") & (frame["end"] == "closed")]
    assert np.mean(survivors["longest_idle"] < 420) > 0.95
