"""JMeter's trouble told from what it really wrote: logs/ was recorded with JMeter 5.6.3 and Java 21.

The stack traces are cut to two frames and folders are renamed; the plan is tests/e2e/plans/tiny.jmx.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jmxgen.errors import Fault
from jmxgen.jmeter import trouble

LOGS = Path(__file__).parent / "logs"


def _find(case: str, *, status: int, results: bool = False, stopped: bool = False) -> Fault | None:
    log, output = (
        path.read_text(encoding="utf-8") if path.exists() else ""
        for path in (LOGS / f"{case}.log", LOGS / f"{case}.out")
    )
    return trouble.find(log, output, status=status, results=results, stopped=stopped)


@pytest.mark.parametrize(
    ("case", "status", "what"),
    [
        ("bogus-option", 1, "Java does not start: Unrecognized option: -Xbogus"),
        ("small-heap", 1, "Java does not start: Too small maximum heap"),
        ("huge-heap", 1, "Java does not start: Could not reserve enough space for 94371840000KB object heap"),
        ("tiny-heap", 3, "JMeter ran out of memory: Java heap space"),
        ("heap", 3, "JMeter ran out of memory: Java heap space"),
        ("native-threads", 0, "JMeter could not start all its threads: the system gave it no more"),
        (
            "not-xml",
            1,
            (
                "the plan is not XML that JMeter can read: only whitespace content allowed before start tag "
                "and not h (position: START_DOCUMENT seen h... @1:2)"
            ),
        ),
        ("unknown-class", 1, "the plan uses com.example.Nope, which this JMeter does not have"),
        ("missing-plan", 1, "JMeter failed: The file /runs/none.jmx doesn't exist or can't be opened"),
        ("engines-refused", 1, "JMeter can't use the engines at 127.0.0.1:2999, 127.0.0.1:2998"),
        ("engines-key", 1, "the engines at 127.0.0.1:2100, 127.0.0.1:2101 have another key"),
        ("empty-while", 0, "a caller ended with a StackOverflowError"),
        ("unwritable", 0, "JMeter ended without a single result"),
    ],
)
def test_each_failure_has_one_line_that_names_it(case: str, status: int, what: str) -> None:
    fault = _find(case, status=status)
    assert fault is not None
    assert fault.what == what
    assert "\n" not in str(fault)


def test_a_run_that_went_well_has_no_trouble() -> None:
    assert _find("fine", status=0, results=True) is None


def test_a_stopped_run_may_end_as_it_likes() -> None:
    assert _find("fine", status=143, results=False, stopped=True) is None


def test_a_run_that_was_stopped_may_still_have_run_out_of_memory() -> None:
    fault = _find("heap", status=3, results=True, stopped=True)
    assert fault is not None
    assert "out of memory" in fault.what


def test_a_signal_is_named_and_the_kernel_suspected() -> None:
    fault = _find("fine", status=-9, results=True)
    assert fault is not None
    assert fault.what == "JMeter was killed by SIGKILL"
    assert fault.hint is not None


def test_a_status_nobody_knows_is_told_with_the_first_error_of_the_log() -> None:
    log = (
        "2026-11-24 03:30:38,331 WARN o.a.j.X: look\n"
        "2026-11-24 03:30:38,331 ERROR o.a.j.X: it broke\n"
        "2026-11-24 03:30:38,331 ERROR o.a.j.X: and again\n"
    )
    fault = trouble.find(log, "", status=2, results=True, stopped=False)
    assert fault is not None
    assert fault.what == "JMeter ended with status 2: it broke"


def test_errors_that_a_plan_logs_are_no_failure_of_jmeter() -> None:
    log = "2026-11-24 03:30:38,331 ERROR o.a.j.X: the sampler says no\n"
    assert trouble.find(log, "", status=0, results=True, stopped=False) is None
