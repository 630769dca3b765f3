"""Pings in messages of the application: what a run shows of the replies, and what is said of them."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import pytest

from jmxgen.analysis import reading
from jmxgen.analysis.verdict import judge
from tests import jtl_rows
from tests.jtl_rows import closed, opened, used
from tests.unit.analysis.simulated import Load, simulate

if TYPE_CHECKING:
    from pathlib import Path

    from jmxgen.analysis.model import Run

CLAIM = "pings in messages of its own"


@functools.cache
def aged() -> Run:
    """A server that ends each connection at one age, as one does whose pings nobody answers."""
    return simulate("max-age:limit=8s", load=Load(callers=60, requests=(100, 100)))


@pytest.mark.parametrize(("counts", "most"), [(("0", "3", "2"), 3), (("null", "", "0"), 0)])
def test_the_most_replies_of_a_connection_are_read(
    tmp_path: Path, counts: tuple[str, ...], most: int
) -> None:
    lines = jtl_rows.text([opened(0), used(10), closed(20)]).splitlines()
    file = tmp_path / "results.jtl"
    file.write_text("\n".join(f"{a},{b}" for a, b in zip(lines, ("ws_replies", *counts), strict=True)))

    assert reading.read([file]).replies == most


def test_one_age_at_every_loss_may_be_of_pings_in_messages_that_nobody_answered() -> None:
    doubts = {h.cause: h.against for h in judge(aged()).hypotheses}

    assert CLAIM in doubts["max-session-age"]


def test_where_replies_were_sent_nobody_is_told_to_send_some() -> None:
    analysis = judge(dataclasses.replace(aged(), replies=4))

    assert CLAIM not in "".join(h.against for h in analysis.hypotheses)


def test_unanswered_pings_know_of_replies() -> None:
    deaf = dataclasses.replace(aged(), scenario={"keep_alive": {"reply_to_pings": False}})

    (silent,) = [h for h in judge(deaf).hypotheses if h.cause == "unanswered-pings"]
    replying = judge(dataclasses.replace(deaf, replies=4))
    (answered,) = [h for h in replying.hypotheses if h.cause == "unanswered-pings"]

    assert any(CLAIM in str(step) for step in silent.advice)
    assert not any(CLAIM in str(step) for step in answered.advice)
    assert "up to 4 times per connection" in answered.against
