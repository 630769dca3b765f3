from __future__ import annotations

import dataclasses
import math
from typing import Any

import pandas as pd
import pytest

from jmxgen.analysis.model import Run
from jmxgen.analysis.reading import duplicates
from jmxgen.errors import UsageError
from tests import made
from tests.connections import connection, frame


def together(*runs: Run) -> Run:
    """The runs as if their files had been read as one."""
    frames = [
        run.connections.assign(file=f"{number}.jtl").astype({"file": object, "thread": object})
        for number, run in enumerate(runs, 1)
    ]
    rows: list[dict[str, Any]] = pd.concat(frames).to_dict("records")  # type: ignore[assignment]
    files = tuple(f"{number}.jtl" for number in range(1, len(runs) + 1))
    return dataclasses.replace(runs[0], files=files, connections=frame(rows))


def later(run: Run, seconds: float) -> Run:
    times = ["attempted_at", "opened_at", "last_alive_at", "noticed_at", "last_frame_at"]
    moved = run.connections.copy()
    moved[times] += 1000 * seconds
    return dataclasses.replace(run, connections=moved)


def test_the_same_rows_in_two_files_are_refused() -> None:
    run = made.cap(60, 30).run

    with pytest.raises(UsageError, match="the same rows were given twice"):
        duplicates.refuse(together(run, run), engines=True)


def test_a_file_beside_a_part_of_it_is_refused() -> None:
    run = made.cap(60, 30).run
    half = dataclasses.replace(run, connections=run.connections.iloc[:30])

    with pytest.raises(UsageError, match="the same rows"):
        duplicates.refuse(together(run, half))


def test_the_same_rows_twice_in_one_file_are_refused() -> None:
    run = made.cap(60, 30).run
    twice = dataclasses.replace(run, connections=pd.concat([run.connections] * 2, ignore_index=True))

    with pytest.raises(UsageError, match="the same rows"):
        duplicates.refuse(twice)


def test_two_runs_that_overlap_are_refused_with_the_way_out() -> None:
    run = made.cap(60, 30).run

    with pytest.raises(UsageError, match="engines of one run: --engines"):
        duplicates.refuse(together(run, later(run, 4)))


def test_engines_that_ran_at_the_same_time_are_one_run() -> None:
    run = made.cap(60, 30).run

    duplicates.refuse(together(run, later(run, 0.037)), engines=True)


def test_a_run_in_parts_and_two_runs_in_a_row_are_read_together() -> None:
    run = made.cap(60, 30).run

    duplicates.refuse(together(run, later(run, 600)))


def test_callers_who_retry_within_a_millisecond_are_no_duplicates() -> None:
    rows = [
        connection(
            thread="callers 1-1", connection=n, attempted_at=made.START + n // 5, end="handshake",
            opened_at=math.nan, kind="refused", noticed_at=made.START + n // 5,
        )
        for n in range(500)
    ]  # fmt: skip

    duplicates.refuse(dataclasses.replace(made.cap().run, connections=frame(rows)))


def test_nothing_is_not_twice() -> None:
    duplicates.refuse(made.empty().run)
