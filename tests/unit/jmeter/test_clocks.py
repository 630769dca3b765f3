from __future__ import annotations

from pathlib import Path

from jmxgen.jmeter.clocks import differences

ENGINES = ("a:1", "b:1", "b:11")


def jtl(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "results.jtl"
    path.write_text("\n".join(["timeStamp,elapsed,label,threadName", *rows, ""]), encoding="utf-8")
    return path


def test_engines_whose_rows_lie_within_the_run_are_not_named(tmp_path: Path) -> None:
    path = jtl(tmp_path, "10000,5,open,a:1-callers 1-1", "19000,990,open,b:1-callers 1-1")

    assert differences(path, ENGINES, began_ms=10_000, ended_ms=20_000) == ()


def test_an_engine_ahead_and_one_behind_are_named_with_the_least_that_they_are_off(tmp_path: Path) -> None:
    path = jtl(
        tmp_path,
        "12000,5,open,a:1-callers 1-1",
        "4000,5,open,b:1-callers 1-1",
        '24000,1500,"two, lines\nof it",b:11-callers 1-1',
        "0,0,send,a:1-callers 1-1",
        "cut",
    )

    behind, ahead = differences(path, ENGINES, began_ms=10_000, ended_ms=20_000)

    assert (behind.engine, behind.ahead_ms) == ("b:1", -6000)
    assert (ahead.engine, ahead.ahead_ms) == ("b:11", 5500)
    assert str(behind).startswith("the clock of b:1 is at least 6.0 s behind this machine's")
    assert str(ahead).startswith("the clock of b:11 is at least 5.5 s ahead of this machine's")


def test_a_run_without_results_says_nothing(tmp_path: Path) -> None:
    assert differences(tmp_path / "none.jtl", ENGINES, began_ms=0, ended_ms=1) == ()
