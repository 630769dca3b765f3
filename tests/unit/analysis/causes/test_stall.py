"""Missing answers, and whose doing they are: rows as a plan by hand leaves them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from jmxgen.analysis import reading
from jmxgen.analysis.report import json, text
from jmxgen.analysis.verdict import judge
from tests import jtl_rows
from tests.jtl_rows import IO_ERROR, Row, closed, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jmxgen.analysis.model import Analysis

FRAGMENTS = ('{"type":"op', 'ened","id":', '"42"}')


def call(thread: int, *, fragments: tuple[str, ...]) -> Iterator[Row]:
    """A request that waits for a text by a filter, whose discarded frames are sub-results, and times out."""
    begun = 1000 * thread
    rows = [
        opened(begun),
        Row(
            at=begun + 10,
            took=2000,
            label="request",
            code=IO_ERROR,
            message="WebSocket I/O error: Read timed out",
            good=False,
            sent=8,
        ),
        *(
            Row(
                at=begun + 12,
                label=f"request-{n}",
                code="",
                message=f"Received Text frame with text '{part}'",
                received=9,
            )
            for n, part in enumerate(fragments)
        ),
        closed(begun + 2020),
    ]
    return (dataclasses.replace(row, thread=f"callers 1-{thread}", threads=10) for row in rows)


def judged(folder: Path, *, fragmented: int) -> Analysis:
    """Return the analysis of ten calls that miss their answer, some of them with fragments."""
    calls = (call(n, fragments=FRAGMENTS if n <= fragmented else ()) for n in range(1, 11))
    return judge(reading.read([jtl_rows.file(folder, (row for rows in calls for row in rows))]))


def test_answers_in_fragments_are_missed_by_the_client_not_by_the_server(tmp_path: Path) -> None:
    analysis = judged(tmp_path, fragmented=10)

    assert (analysis.verdict.cause, analysis.verdict.side) == ("stall", "client")
    assert "doesn't join fragments" in analysis.verdict.finding
    assert analysis.verdict.evidence["fragments"] == 10
    assert "joins fragments" in analysis.verdict.advice[0]
    assert {h.cause for h in analysis.hypotheses if h.phase == "data"} == {"stall", "unknown"}
    assert "The client doesn't join fragments" in text.render(analysis)
    assert json.value(analysis)["verdict"]["side"] == "client"


def test_few_fragments_beside_many_missing_answers_are_said_and_prove_nothing(tmp_path: Path) -> None:
    analysis = judged(tmp_path, fragmented=1)

    (stall,) = [h for h in analysis.hypotheses if h.cause == "stall"]
    assert stall.side == "server"
    assert "1 row with parts of messages" in stall.against


def test_missing_answers_without_fragments_are_the_servers(tmp_path: Path) -> None:
    analysis = judged(tmp_path, fragmented=0)

    (stall,) = [h for h in analysis.hypotheses if h.cause == "stall"]
    assert stall.side == "server"
    assert "fragments" not in stall.evidence


def test_fragments_that_fail_rows_and_hide_no_answer_are_said_before_a_healthy_verdict(
    tmp_path: Path,
) -> None:
    rows = [
        opened(0),
        Row(
            at=10,
            took=5,
            label="ping",
            code="Sampler error: unexpected frame type (non-final text).",
            message='Received: Text frame with text \'{"type":"op\'',
            good=False,
            sent=8,
        ),
        closed(20),
    ]
    analysis = judge(reading.read([jtl_rows.file(tmp_path, rows)]))

    assert analysis.verdict.cause == "healthy"
    assert "1 row shows a part of a message: the client doesn't join fragments." in " ".join(
        text.render(analysis).split()
    )
