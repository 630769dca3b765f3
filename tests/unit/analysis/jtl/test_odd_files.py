"""Files as people have them: cut, merged, written by other clocks and with other settings."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import io
import re
from pathlib import Path

import pytest

from jmxgen.analysis import reading
from jmxgen.analysis.jtl.unpack import Unpacked
from jmxgen.analysis.reading import completeness
from jmxgen.analysis.verdict import judge
from jmxgen.errors import ResultError
from tests import jtl_rows
from tests.jtl_rows import START, Row, broken, closed, opened, used

CALL = [opened(0), used(100), closed(900)]


def many(calls: int, *, thread: str = "callers 1-{}") -> list[Row]:
    return [
        dataclasses.replace(row, at=(row.at or 0) + n * 1000, thread=thread.format(n))
        for n in range(calls)
        for row in CALL
    ]


def written(folder: Path, content: bytes | str, name: str = "results.jtl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_quotes_that_are_never_closed_cost_their_rows_alone(tmp_path: Path) -> None:
    lines = jtl_rows.text(many(100)).splitlines(keepends=True)
    for place in (30, 200):
        lines[place] = lines[place].replace(",callers", ',"callers', 1)

    found = reading.read([written(tmp_path, "".join(lines))])

    assert found.rows == 298
    assert found.skipped_rows == {"a quote that is never closed": 2}


def test_a_message_of_several_lines_is_one_row(tmp_path: Path) -> None:
    said = dataclasses.replace(broken(500, "end of stream"), message="first\n\nsecond 1,2,3\n17 of 20")
    found = reading.read([jtl_rows.file(tmp_path, [opened(0), said, *many(3)])])
    assert (found.rows, found.skipped_rows) == (11, {})


def test_lines_that_end_in_carriage_returns_alone_are_read(tmp_path: Path) -> None:
    text = jtl_rows.text(CALL).replace("\r\n", "\n").replace("\n", "\r")
    assert reading.read([written(tmp_path, text)]).connections["end"].tolist() == ["closed"]


def with_host(rows: list[tuple[str, Row]]) -> str:
    head, *lines = jtl_rows.text([row for _, row in rows]).splitlines()
    hosts = [host for host, _ in rows]
    return (
        "\n".join([f"{head},Hostname", *(f"{line},{host}" for line, host in zip(lines, hosts, strict=True))])
        + "\n"
    )


def test_the_same_thread_on_two_hosts_is_two_callers(tmp_path: Path) -> None:
    rows = [(host, row) for row in CALL for host in ("gen-a", "gen-b")]

    connections = reading.read([written(tmp_path, with_host(rows))]).connections

    assert connections["end"].tolist() == ["closed", "closed"]
    assert sorted(connections["thread"].astype(str)) == ["gen-a-callers 1-1", "gen-b-callers 1-1"]


def test_a_single_host_changes_no_name(tmp_path: Path) -> None:
    connections = reading.read([written(tmp_path, with_host([("gen-a", row) for row in CALL]))]).connections
    assert connections["thread"].astype(str).tolist() == ["callers 1-1"]


def test_merged_generators_without_a_host_are_noticed(tmp_path: Path) -> None:
    rows = [dataclasses.replace(used(n * 1000 + shift), took=900) for n in range(20) for shift in (0, 300)]
    notes = reading.read([jtl_rows.file(tmp_path, [opened(-500), *rows])]).notes
    assert any("several generators merged" in note for note in notes)
    assert not reading.read([jtl_rows.file(tmp_path, many(50))]).notes


@pytest.mark.parametrize("column", ["responseCode", "responseMessage"])
def test_without_a_column_the_others_say_what_they_can(column: str, tmp_path: Path) -> None:
    columns = tuple(name for name in jtl_rows.HEADER if name != column)
    found = reading.read([written(tmp_path, jtl_rows.text(CALL, columns=columns))])
    assert found.connections["end"].tolist() == ["closed"]
    assert any(f"no {column} column" in note for note in found.notes)


@pytest.mark.parametrize(("unit", "of_ms"), [("seconds", 1e-3), ("microseconds", 1e3), ("nanoseconds", 1e6)])
def test_other_units_of_time_are_recognised_and_said(unit: str, of_ms: float, tmp_path: Path) -> None:
    text = jtl_rows.text(many(3))
    for number in {START + n * 1000 + at for n in range(3) for at in (0, 100, 900)}:
        text = text.replace(str(number), str(int(number * of_ms)))
    found = reading.read([written(tmp_path, text)])
    assert abs(found.start_ms - START) < 1000
    assert any(unit in note for note in found.notes)


@pytest.mark.parametrize(("form", "said"), [("{d}/{m}/2025", "day/month"), ("{m}/{d}/2025", "month/day")])
def test_days_and_months_are_told_apart_by_continuity(form: str, said: str, tmp_path: Path) -> None:
    head, *lines = jtl_rows.text(many(2)).splitlines()
    days = [form.format(d=f"{day:02}", m="12") + at for day, at in ((5, " 23:59:58"), (6, " 00:00:01"))]
    lines = [",".join([days[n // 3], *line.split(",")[1:]]) for n, line in enumerate(lines)]
    found = reading.read([written(tmp_path, "\n".join([head, *lines, ""]))])
    assert found.seconds_long < 10
    assert any(said in note for note in found.notes)


def test_a_time_that_cannot_be_read_is_shown_with_jmeters_setting(tmp_path: Path) -> None:
    text = jtl_rows.text(CALL) + "1. Mai 2025 12:00" + ",1" * 16 + "\n"
    (reason,) = reading.read([written(tmp_path, text)]).skipped_rows
    assert "'1. Mai 2025 12:00'" in reason
    assert "timestamp_format=ms" in reason


def test_a_clock_that_went_back_an_hour_is_mended_and_said(tmp_path: Path) -> None:
    rows = many(60)
    moved = [
        row if n < 90 else dataclasses.replace(row, at=(row.at or 0) - 3_600_000)
        for n, row in enumerate(rows)
    ]
    found = reading.read([jtl_rows.file(tmp_path, moved)], chunk_rows=40)
    assert found.seconds_long < 70
    assert found.connections["end"].tolist() == ["closed"] * 60
    assert any("set back by 1 h" in note for note in found.notes)


def test_a_row_that_comes_late_is_no_clock_set_back(tmp_path: Path) -> None:
    rows = many(60)
    rows[70] = dataclasses.replace(rows[70], at=(rows[70].at or 0) - 3_600_000)
    assert not any("set back" in note for note in reading.read([jtl_rows.file(tmp_path, rows)]).notes)


def busy(threads: int = 8, calls: int = 12) -> list[Row]:
    """Return callers that take turns: each call follows the one before at once."""
    rows = [
        dataclasses.replace(row, at=(row.at or 0) + call * 1000 + thread * 13, thread=f"callers 1-{thread}")
        for call in range(calls)
        for thread in range(threads)
        for row in CALL
    ]
    return sorted(rows, key=lambda row: (row.at or 0) + row.took)


@pytest.mark.parametrize("back", [3, 10, 90, 599, 901, 3600])
def test_a_clock_set_back_while_callers_are_at_work_costs_nothing(back: int, tmp_path: Path) -> None:
    rows = busy()
    moved = [
        dataclasses.replace(row, at=(row.at or 0) - back * 1000) if (row.at or 0) > 6000 else row
        for row in rows
    ]

    right, found = (reading.read([jtl_rows.file(tmp_path, some)], chunk_rows=50) for some in (rows, moved))

    assert any("set back" in note for note in found.notes)
    assert found.seconds_long == pytest.approx(right.seconds_long, abs=1)
    assert found.connections["end"].tolist() == ["closed"] * 96
    assert not found.tangled


@pytest.mark.parametrize("key", ["label", "took", "backwards"])
def test_rows_sorted_by_something_else_are_sorted_back(key: str, tmp_path: Path) -> None:
    rows = busy()
    other = rows[::-1] if key == "backwards" else sorted(rows, key=lambda row: str(getattr(row, key)))

    right, found = (reading.read([jtl_rows.file(tmp_path, some)]) for some in (rows, other))

    assert any("were sorted" in note for note in found.notes)
    assert found.connections["end"].tolist() == right.connections["end"].tolist()
    assert found.connections["noticed_at"].sum() == right.connections["noticed_at"].sum()


def test_generators_of_the_same_thread_names_are_not_judged(tmp_path: Path) -> None:
    second = [dataclasses.replace(row, at=(row.at or 0) + 137) for row in busy()]
    merged = sorted([*busy(), *second], key=lambda row: (row.at or 0) + row.took)

    found = reading.read([jtl_rows.file(tmp_path, merged)])

    assert judge(found).verdict.cause == "unknown"
    assert "two things at once" in judge(found).verdict.finding
    assert "two things at once" in (completeness.why_incomplete(found) or "")


def test_results_that_hold_errors_alone_are_judged_without_a_traceback(tmp_path: Path) -> None:
    lost = broken(0, "Connection reset", sent=20)
    rows = [dataclasses.replace(lost, at=1000 * n, thread=f"callers 1-{n}") for n in range(20)]
    run = reading.read([jtl_rows.file(tmp_path, rows)])
    assert judge(run).verdict.cause == "unknown"
    assert "openings" in (completeness.why_incomplete(run) or "")


def test_a_spreadsheet_s_rounded_times_are_refused(tmp_path: Path) -> None:
    text = jtl_rows.text(many(30))
    rounded = re.sub(r"(?m)^\d{13}", "1.76723E+12", text)
    with pytest.raises(ResultError, match="a spreadsheet rounded it"):
        reading.read([written(tmp_path, rounded.encode())])


def test_whole_seconds_and_missing_durations_are_said(tmp_path: Path) -> None:
    coarse = re.sub(r"(?m)^(\d{10})\d{3}", r"\g<1>000", jtl_rows.text(many(30)))
    found = reading.read([written(tmp_path, coarse.encode())])
    assert any("whole seconds" in note for note in found.notes)
    assert not found.tangled

    without = re.sub(r"(?m)^(\w+),\w+,", r"\1,", jtl_rows.text(many(30)))
    found = reading.read([written(tmp_path, without.encode())])
    assert any("no elapsed column" in note for note in found.notes)


def test_a_file_without_times_names_the_setting(tmp_path: Path) -> None:
    without = re.sub(r"(?m)^\w+,", "", jtl_rows.text(many(30)))
    with pytest.raises(ResultError, match=r"has no timeStamp column.*timestamp_format=ms"):
        reading.read([written(tmp_path, without.encode())])


@pytest.mark.parametrize("every", [1, 7])
def test_values_behind_the_last_column_are_left_out_and_counted(every: int, tmp_path: Path) -> None:
    header, *rows = jtl_rows.text(many(30)).splitlines()
    longer = [f"{row},more" if n % every == 0 else row for n, row in enumerate(rows)]
    found = reading.read([written(tmp_path, "\n".join([header, *longer, ""]).encode())])
    assert found.rows == 90
    assert any(note.endswith(f"the last ones left out: {-(-90 // every)}") for note in found.notes)


def test_a_clock_of_twelve_hours_and_names_of_months_are_read(tmp_path: Path) -> None:
    right = reading.read([jtl_rows.file(tmp_path, many(30))])
    for form in ("%m/%d/%Y %I:%M:%S.%f %p", "%d-%b-%Y %H:%M:%S.%f", "%b %d, %Y %H:%M:%S.%f"):
        text = re.sub(
            r"(?m)^\d{13}",
            lambda found, form=form: '"' + moment(int(found[0])).strftime(form) + '"',  # type: ignore[misc]
            jtl_rows.text(many(30)),
        )
        found = reading.read([written(tmp_path, text.encode())])
        assert found.start_ms == right.start_ms, form


def moment(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


def packed() -> tuple[bytes, bytes]:
    content = jtl_rows.text(many(2000)).encode()
    return content, gzip.compress(content)


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9])
def test_a_gzip_file_is_unpacked_as_far_as_it_goes(kept: float) -> None:
    content, whole = packed()
    unpacked = Unpacked(io.BytesIO(whole[: int(len(whole) * kept)]))
    found = unpacked.read(2 * len(content))
    assert content.startswith(found)
    assert len(found) > (kept - 0.15) * len(content)
    assert unpacked.damaged


def test_only_the_checksum_missing_costs_no_row(tmp_path: Path) -> None:
    content, whole = packed()
    found = reading.read([written(tmp_path, whole[:-8])])
    assert found.rows == 6000
    assert any("cut off" in reason for reason in found.skipped_rows)
    unpacked = Unpacked(io.BytesIO(whole))
    assert unpacked.read(2 * len(content)) == content
    assert not unpacked.damaged


def test_behind_a_damaged_member_reading_goes_on_at_the_next() -> None:
    content, whole = packed()
    second = b"second member\n"
    damaged = whole[:-8] + b"\xff" * 8  # a wrong checksum
    unpacked = Unpacked(io.BytesIO(damaged + gzip.compress(second)))
    assert unpacked.read(10**7) == content + second
    assert unpacked.damaged


def test_rows_without_a_connection_say_that_none_was_opened(tmp_path: Path) -> None:
    found = reading.read([jtl_rows.file(tmp_path, [jtl_rows.nothing(), jtl_rows.nothing_to_close()])])
    assert any("the Open wrote no row" in note for note in found.notes)


@pytest.mark.parametrize("stamp", ["-{}", "{}000000000000"])
def test_times_that_no_row_can_have_are_left_out_with_their_value(stamp: str, tmp_path: Path) -> None:
    rows = jtl_rows.text(many(3)).splitlines()
    first = str(START)
    odd = stamp.format(START)
    rows[1] = rows[1].replace(first, odd, 1)
    (reason,) = reading.read([written(tmp_path, "\n".join([*rows, ""]))]).skipped_rows.items()
    assert reason[1] == 1
    assert reason[0].startswith(f"a time stamp like '{odd}'")


@pytest.mark.parametrize("form", ["%Y%m%d%H%M%S", "%Y%m%d%H%M%S%f", "%Y%m%d%H%M%S.%f"])
def test_times_of_digits_alone_are_dates_and_no_epoch(form: str, tmp_path: Path) -> None:
    text = jtl_rows.text(many(3))
    for row in many(3):
        at = START + (row.at or 0)
        moment = dt.datetime.fromtimestamp(at / 1000, dt.UTC)
        text = text.replace(f"\n{at},", f"\n{moment.strftime(form)},")
    found = reading.read([written(tmp_path, text)])
    assert found.start_ms == START
    assert found.skipped_rows == {}


def test_a_time_of_1970_is_no_time_but_zero_stands_for_none(tmp_path: Path) -> None:
    rows = [
        *many(3),
        dataclasses.replace(opened(0), at=None),
        dataclasses.replace(opened(0), at=1000 - START),
    ]
    found = reading.read([jtl_rows.file(tmp_path, rows)])
    assert (found.rows, sum(found.skipped_rows.values())) == (10, 1)


def test_spaces_around_the_names_of_columns_are_no_delimiter(tmp_path: Path) -> None:
    head, *lines = jtl_rows.text(CALL).splitlines()
    padded = ",".join(f" {name} " for name in head.split(","))
    found = reading.read([written(tmp_path, "\n".join([padded, *lines, ""]))])
    assert found.connections["end"].tolist() == ["closed"]


def test_two_generators_sorted_by_time_are_noticed_by_what_a_thread_cannot_do(tmp_path: Path) -> None:
    later = [dataclasses.replace(row, at=(row.at or 0) + 50) for row in many(20)]
    rows = sorted([*many(20), *later], key=lambda row: row.at or 0)
    notes = reading.read([jtl_rows.file(tmp_path, rows)]).notes
    assert any("several generators merged" in note for note in notes)


def test_rows_of_one_generator_out_of_their_threads_order_are_noticed(tmp_path: Path) -> None:
    later = [dataclasses.replace(row, at=(row.at or 0) + 137) for row in many(20)]
    rows = [row for pair in zip(many(20), later, strict=True) for row in pair]
    notes = reading.read([jtl_rows.file(tmp_path, rows)]).notes
    assert any("several generators merged" in note for note in notes)


def test_opening_again_without_a_close_is_no_sign_of_two_generators(tmp_path: Path) -> None:
    rows = [
        row for n in range(20) for row in (opened(n * 1000), opened(n * 1000 + 100), closed(n * 1000 + 900))
    ]
    assert reading.read([jtl_rows.file(tmp_path, rows)]).notes == ()


def test_the_metrics_of_perfmon_are_no_samples_and_lengthen_no_run(tmp_path: Path) -> None:
    metric = Row(at=500, took=900_000, label="10.0.0.1 CPU", code="", message="", thread="")
    found = reading.read([jtl_rows.file(tmp_path, [*many(3), metric])])
    assert found.rows == 9
    assert found.seconds_long < 3
    assert found.labels["label"].tolist() == ["close", "open", "use"]
    assert any("rows without a thread are metrics" in note for note in found.notes)


def test_rows_of_a_sampler_that_name_no_thread_are_kept(tmp_path: Path) -> None:
    nameless = [dataclasses.replace(row, thread="") for row in CALL]
    assert reading.read([jtl_rows.file(tmp_path, [*many(3), *nameless])]).rows == 12


def test_codes_that_went_through_a_table_of_numbers_are_codes(tmp_path: Path) -> None:
    text = jtl_rows.text(CALL).replace(",101,", ",101.0,").replace(",1000,", ",1000.0,")
    assert reading.read([written(tmp_path, text)]).connections["end"].tolist() == ["closed"]


@pytest.mark.parametrize("took", ["inf", "NaN", "1e30", "-inf"])
def test_a_duration_that_no_sample_has_costs_its_row(took: str, tmp_path: Path) -> None:
    row = jtl_rows.text([used(50)], header=False).replace(",2,", f",{took},", 1)
    found = reading.read([written(tmp_path, jtl_rows.text(many(3)) + row)])
    assert (found.rows, sum(found.skipped_rows.values())) == (9, 1)


def test_a_run_of_a_thousand_years_is_judged_in_bounded_memory(tmp_path: Path) -> None:
    rows = [row for n in range(30) for row in (opened(n * 100, took=5),)]
    rows = [dataclasses.replace(row, thread=f"callers 1-{n}") for n, row in enumerate(rows)]
    late = [dataclasses.replace(jtl_rows.refused(3000 + n), thread=f"callers 2-{n}") for n in range(40)]
    late[-1] = dataclasses.replace(late[-1], took=2**53 - 2 * START)
    assert judge(reading.read([jtl_rows.file(tmp_path, [*rows, *late])])).counts.handshake == 40
