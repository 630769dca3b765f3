from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from jmxgen.cli import live
from jmxgen.errors import UsageError
from jmxgen.jmeter.run import Status
from jmxgen.scenario.load import loads

SAMPLE = Path(__file__).parents[3] / "samples" / "cap.jtl"


@pytest.fixture
def out() -> Console:
    return Console(file=io.StringIO(), width=200)


def said(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def status(jtl: Path, seconds: float, stopping: str = "") -> Status:
    return Status(seconds, jtl, jtl.with_suffix(".log"), stopping)


def play(
    out: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: object
) -> list[str | None]:
    """Poll as the sample grows, a second at a time by a clock of its own."""
    rows = SAMPLE.read_bytes().splitlines(keepends=True)
    jtl, now = tmp_path / "results.jtl", [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    reasons = []
    with live.watching(out, **options) as poll:  # type: ignore[arg-type]
        for second in range(0, 24, 2):
            jtl.write_bytes(b"".join(rows[: len(rows) * second // 22]))
            now[0] += 2
            reasons.append(poll(status(jtl, second)))
    return reasons


def test_a_piped_run_is_told_in_plain_lines(
    out: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(out, tmp_path, monkeypatch, planned_s=30.0)

    lines = [line for line in said(out).splitlines() if "callers" in line and "left" in line]
    assert len(lines) == 2
    assert lines[0].startswith("0:10  ")
    assert "40 handshake, 0 data" in lines[1]


def test_the_first_closures_are_named_and_only_these(
    out: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(out, tmp_path, monkeypatch)

    named = [line for line in said(out).splitlines() if line.startswith("closure: ")]
    assert len(named) == 5
    assert "callers 1-61 #1, handshake, HTTP 503, 60 open" in named[0]


def test_a_run_is_stopped_once_what_it_should_stop_on_holds(
    out: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = play(out, tmp_path, monkeypatch, stop_on=("closures.handshake.total > 20",))

    held = [reason for reason in reasons if reason]
    assert held
    assert set(held) == {"--stop-on closures.handshake.total > 20"}
    assert reasons[0] is None


def test_a_verdict_is_nothing_to_stop_on(out: Console) -> None:
    with (
        pytest.raises(UsageError, match="needs the whole run"),
        live.watching(out, stop_on=("verdict.cause != healthy",)),
    ):
        pass


def test_a_misspelt_expression_is_told_before_the_run(out: Console) -> None:
    with (
        pytest.raises(UsageError, match="did you mean"),
        live.watching(out, stop_on=("closures.dta.total > 1",)),
    ):
        pass


def test_what_can_not_be_read_ends_the_view_and_not_the_run(out: Console, tmp_path: Path) -> None:
    jtl = tmp_path / "results.jtl"
    jtl.write_bytes(b"<testResults>\n")

    with live.watching(out) as poll:
        assert poll(status(jtl, 1)) is None
        assert poll(status(jtl, 2)) is None

    assert said(out).count("live figures end here") == 1


def test_a_terminal_shows_the_figures_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Console(file=io.StringIO(), width=100, force_terminal=True)

    play(out, tmp_path, monkeypatch)

    shown = said(out)
    assert "▲ handshake" in shown
    assert "40 closures" in shown
    assert "█" in shown


def test_quiet_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Console(file=io.StringIO(), quiet=True)

    play(out, tmp_path, monkeypatch)

    assert said(out) == ""


@pytest.mark.parametrize(
    ("load", "seconds"),
    [
        ("{callers: 10, ramp_up: 5s, hold: 1m}", 65.0),
        ("{stages: [{callers: 5, over: 10s, hold: 20s}, {callers: 0, over: 5s}]}", 35.0),
        ("{arrivals: {rate: 2/s, for: 30s}}", 30.0),
        ("{callers: 10, calls: 2}", None),
    ],
)
def test_the_load_says_how_long_it_lasts(load: str, seconds: float | None) -> None:
    text = f"name: x\ntarget: {{url: 'ws://127.0.0.1:1/'}}\nload: {load}\ncall: [{{listen: 1s}}]\n"

    assert live.planned_seconds(loads(text)) == seconds
    assert live.planned_seconds(None) is None
