"""The page of the proof can be written from what its runs measure; the runs themselves take a real JMeter."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import proof
from benchmarks.proof_figures import Figures, Loss
from tests import made

FIGURES = Figures(
    attempts=260, opened=157, callers_done=157, handshake={"503": 103}, data={}, orphans=0, peak_open=120,
    peak_attempts=11, calm=10.0, errors=2472, aftermath=2369, samples=5000, equal=260, agree=True,
    differences=(),
)  # fmt: skip
LOSS = Loss(
    connections=200, back=200, attempts=240, refused=40, peak_first=30, peak_attempts=40, peak_sliding=45,
    back_seconds=12.0,
)  # fmt: skip


def test_the_page_of_the_proof_says_how_likely_each_cause_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "find", lambda: SimpleNamespace(version="5.6.2", plugin_version="1.2.10"))
    done: dict[str, proof.Done] = {run.name: (made.cap(), FIGURES, LOSS) for run in proof.runs(1.0)}

    page = proof.page(1.0, done)

    assert "1. `concurrency-cap`, handshake phase, 97%: Handshakes are refused once 120" in page
