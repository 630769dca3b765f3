from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from lxml import etree

from jmxgen.analysis import charts, measures, words
from jmxgen.analysis.charts import (
    durations,
    latency,
    moments,
    rate,
    risk,
    series,
    sessions,
    threshold,
    timeline,
)
from jmxgen.analysis.model import Analysis
from tests import made
from tests.connections import connection

SIGNATURES = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def text_of(picture: bytes) -> str:
    root = etree.fromstring(picture)
    return " ".join(" ".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.parametrize(
    ("kind", "form"), [*((kind, "png") for kind in charts.KINDS), ("timeline", "svg"), ("timeline", "pdf")]
)
def test_every_kind_can_be_drawn_in_every_format(kind: charts.Kind, form: charts.Format) -> None:
    assert charts.draw(made.idle_timeout(), kind, form).startswith(SIGNATURES[form])


@pytest.mark.parametrize("kind", charts.KINDS)
@pytest.mark.parametrize("make", [made.empty, made.healthy])
def test_a_run_without_closures_or_connections_is_no_reason_to_fail(
    kind: charts.Kind, make: Callable[[], Analysis]
) -> None:
    assert "<text" in charts.draw(make(), kind, "svg").decode()


def test_only_what_has_something_to_show_is_offered() -> None:
    assert charts.kinds(made.empty()) == ()
    assert charts.kinds(made.healthy()) == ("timeline", "latency")


def test_the_picture_that_decides_comes_first() -> None:
    assert charts.kinds(made.cap()) == ("threshold", "timeline", "rate", "sessions", "latency")
    assert charts.kinds(made.idle_timeout())[:2] == ("idle", "timeline")
    assert charts.kinds(made.leak())[0] == "leak"
    assert "timeline" not in charts.kinds(made.leak())  # the same panels


@pytest.mark.parametrize("form", charts.FORMATS)
def test_the_same_analysis_gives_the_same_bytes(form: charts.Format) -> None:
    first, second = (charts.draw(made.cap(), "threshold", form) for _ in range(2))

    assert first == second


def test_a_picture_is_the_same_alone_and_beside_other_formats() -> None:
    together = charts.draw_as(made.cap(), "timeline", charts.FORMATS)

    assert together == {form: charts.draw(made.cap(), "timeline", form) for form in charts.FORMATS}


def test_no_picture_carries_a_date() -> None:
    for form in charts.FORMATS:
        picture = charts.draw(made.healthy(), "latency", form)
        assert not re.search(rb"(?i)creationdate|<dc:date|date:create", picture)


def test_the_title_is_the_finding_and_text_stays_text() -> None:
    told = text_of(charts.draw(made.cap(), "timeline", "svg"))

    assert "Handshakes are refused once 120 connections are open" in told
    assert "limit 120 (119 to 121)" in told
    assert "first closure at 12 s" in told
    assert "JMeter reports 2,472 errors for 103 closures" in told


def test_a_page_of_its_own_needs_no_heading() -> None:
    told = text_of(charts.draw(made.cap(), "timeline", "svg", heading=False))

    assert "Handshakes are refused" not in told
    assert "open connections" in told


def test_a_panel_with_nothing_in_it_is_left_out() -> None:
    lost_in_data = text_of(charts.draw(made.idle_timeout(), "timeline", "svg"))

    assert "data-phase closures" in lost_in_data
    assert "handshake closures" not in lost_in_data
    assert "stalls" not in lost_in_data


def test_active_conversations_are_drawn_beside_the_connections() -> None:
    plain = made.cap()
    at = made.START + 1000.0 * np.arange(48)
    metrics = pd.DataFrame({"at_ms": at, "active": np.minimum(np.arange(48) * 10.0, 90)})
    given = dataclasses.replace(plain, run=dataclasses.replace(plain.run, metrics=metrics))

    assert "Active Conversations" in text_of(charts.draw(given, "timeline", "svg"))


@pytest.mark.parametrize("kind", charts.KINDS)
def test_hostile_text_is_only_text(kind: charts.Kind) -> None:
    picture = charts.draw(made.hostile(), kind, "svg")

    root = etree.fromstring(picture)
    tags = {etree.QName(element).localname for element in root.iter(etree.Element)}
    assert tags <= {"svg", "g", "path", "text", "use", "defs", "style", "clipPath", "rect"}
    assert b"\x1b" not in picture
    attributes = {str(name) for element in root.iter(etree.Element) for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on")]


def test_a_dollar_is_a_dollar_and_no_formula() -> None:
    assert r"$\frac{1}{0}$" in text_of(charts.draw(made.hostile(), "timeline", "svg"))


def test_a_label_in_another_script_warns_nobody() -> None:
    plain = made.healthy()
    labels = plain.run.labels.assign(label=["入力を集める", "🙂"])
    other = dataclasses.replace(plain, run=dataclasses.replace(plain.run, labels=labels))

    assert charts.draw(other, "latency", "png").startswith(b"\x89PNG")


def test_thousands_of_failures_make_no_larger_picture() -> None:
    many = charts.draw(made.cap(6000, 1000, rate=100.0), "timeline", "svg")

    assert len(many) < 300_000


def test_few_closures_are_drawn_one_by_one_with_their_uncertainty() -> None:
    rows = [
        connection(
            thread=f"callers 1-{n}", attempted_at=made.START, opened_at=made.START + 5, end="data",
            kind="abnormal", code=1006, last_alive_at=made.START + 1000.0, last_frame_at=made.START + 1000.0,
            end_after=made.START + 1000.0, noticed_at=made.START + 4000.0 + n,
        )
        for n in range(5)
    ]  # fmt: skip
    analysis = made.analysis(rows, made.idle_timeout().verdict)

    assert "5; bars: last known alive to detected" in text_of(charts.draw(analysis, "timeline", "svg"))


def test_marks_at_one_time_are_put_above_each_other() -> None:
    assert timeline._stack(np.array([0.1, 0.2, 0.3, 5.0]), 1.0).tolist() == [1, 2, 3, 1]


def test_an_interval_is_spread_evenly_over_its_bins() -> None:
    edges = np.array([0.0, 1.0, 2.0, 3.0, 4.0])

    spread = durations.spread(np.array([0.0, 2.5, np.nan]), np.array([4.0, 2.5, 1.0]), edges)

    assert spread == pytest.approx([0.25, 0.25, 1.25, 0.25])


def test_some_of_each_way_to_end_are_chosen_and_some_that_lived() -> None:
    groups = sessions.chosen(made.cap())

    assert [(group.name, group.size) for group in groups] == [
        ("handshakes failed with HTTP 503", 103), ("connections closed by the client", 157),
    ]  # fmt: skip
    assert len(groups[0].rows) == 10
    assert groups[0].rows["attempted_at"].is_monotonic_increasing


def test_a_reason_that_all_share_stands_once_and_callers_of_one_group_are_numbers() -> None:
    told = text_of(charts.draw(made.idle_timeout(), "sessions", "svg"))

    assert told.count("end of stream") == 1
    assert "caller 1, connection 1" in told


def test_sessions_name_only_what_is_drawn() -> None:
    told = text_of(charts.draw(made.cap(), "sessions", "svg"))

    assert "handshake failed" in told
    assert "loss detected" not in told
    assert "abandoned" not in told


def test_abandoned_connections_are_held_as_long_as_tells_best_what_was_refused() -> None:
    connections = made.leak().run.connections

    assert series.hold_s(connections) == 10
    assert series.held(connections, 10).peak == 30
    assert series.opened(connections).peak == 15


def test_a_server_begins_to_wait_when_jmeter_lets_go_of_an_abandoned_connection() -> None:
    row = connection(
        attempted_at=made.START, opened_at=made.START + 1, last_alive_at=made.START + 3000,
        noticed_at=made.START + 7000, end="leaked",
    )  # fmt: skip
    connections = made.analysis([row], made.leak().verdict).run.connections

    assert series.held(connections, 10).at_ms.tolist() == [made.START + 1, made.START + 17_000]


def test_no_bin_holds_attempts_on_both_sides_of_a_limit() -> None:
    rates = risk.rates(made.cap(), "handshake")

    assert rates.low[-1] == 120
    assert (rates.closures[:-1] == 0).all()
    assert rates.rate[-1] == 1
    assert (rates.at_risk >= 10).all()


def test_losses_are_counted_per_minute_of_an_open_connection() -> None:
    rates = risk.rates(made.idle_timeout(), "data")

    assert rates.closures.sum() == made.idle_timeout().counts.data
    lived = measures.ages(made.idle_timeout().run.connections)
    ended = made.idle_timeout().run.connections["noticed_at"]
    minutes = (ended - made.idle_timeout().run.connections["opened_at"]).sum() / 60_000
    assert len(lived) == 300
    assert rates.at_risk.sum() == pytest.approx(minutes, rel=0.01)


@pytest.mark.parametrize("make", [made.crash, made.nobody_there])
def test_where_nobody_is_there_the_load_decides_nothing(make: Callable[[], Analysis]) -> None:
    assert not {"threshold", "rate"} & set(charts.kinds(make()))


def test_no_limit_in_connections_shows_where_the_rate_of_handshakes_decides() -> None:
    plain = made.cap()
    verdict = dataclasses.replace(
        plain.verdict, cause="handshake-rate-limit", evidence={"rate_per_s": 6.0, "interval": [5.5, 6.4]}
    )
    limited = dataclasses.replace(plain, verdict=verdict, hypotheses=())

    assert charts.kinds(limited)[0] == "rate"
    assert "threshold" not in charts.kinds(limited)
    assert "limit 6/s (5.5/s to 6.4/s)" in text_of(charts.draw(limited, "rate", "svg"))


def test_the_number_of_attempts_stands_over_each_bin_the_one_at_the_limit_as_well() -> None:
    rates = risk.rates(made.long_cap(), "handshake")

    told = text_of(charts.draw(made.long_cap(), "threshold", "svg"))

    assert rates.low[-1] == 1500
    assert all(f"{int(n):,}" in told.split() for n in rates.at_risk)


def test_the_numbers_of_neighbours_stand_above_each_other() -> None:
    middle, width, tops = np.array([1.0, 1.1, 3.0]), np.array([0.2, 0.05, 0.2]), np.array([0.1, 0.4, 0.2])

    low, high, apart = threshold._heights(middle, width, tops, ["16,007", "61,057", "5"])

    assert low >= 0.4  # it would lie on the bar beside it
    assert high >= low + 0.1
    assert apart == 0.2


def test_what_lies_just_below_a_limit_has_a_bin_of_its_own() -> None:
    level = np.array([*range(0, 1400, 10), *[1495] * 20, *[1500] * 40])

    edges = risk._with_border(series.bins(level, np.ones(len(level)), 1500, 16, 10), level, 1500)

    assert edges.tolist()[-3:] == [1470, 1500, 1501]


def test_bins_begin_at_the_least_a_limit_can_be_where_hardly_anything_is_above_it() -> None:
    found = dataclasses.replace(made.cap().verdict, evidence={"limit": 138, "interval": [123, 138]})
    level = np.array([*range(123), *[130] * 50, 138])

    assert risk._start(found, level, np.ones(len(level)), 10) == 123
    assert risk._start(found, np.append(level, [138] * 20), np.ones(len(level) + 20), 10) == 138


def test_the_limit_of_a_second_cause_is_drawn_as_well() -> None:
    both = made.two_faults()

    assert "limit 120 (119 to 121)" in text_of(charts.draw(both, "timeline", "svg"))
    assert "limit 120 (119 to 121)" in text_of(charts.draw(both, "threshold", "svg"))
    assert charts.describe(both, "threshold").startswith("Handshakes are refused once 120 connections")
    assert "limit 40 s (30 s to 40.9 s)" in text_of(charts.draw(both, "idle", "svg"))


def test_the_first_closure_has_one_number_of_open_connections_everywhere() -> None:
    run = made.idle_timeout()
    first = next(moment for moment in moments.of(run) if "first closure" in moment.text)

    assert first.text.endswith(f", {words.onset(run)[1]} open")


def test_what_does_not_decide_says_so() -> None:
    assert charts.describe(made.crash(), "ages").startswith("Median age")
    assert durations.outlived("Age", np.array([1.0, 2.0, 9.0]), np.array([10.0])) == (
        "Age does not decide: others outlived all 3 that were lost"
    )
    assert durations.outlived("Age", np.array([1.0, 2.0, 9.0]), np.array([5.0])) == ""


def test_a_time_of_which_only_bounds_are_known_is_drawn_as_a_band() -> None:
    plain = made.idle_timeout()
    verdict = dataclasses.replace(plain.verdict, evidence={"seconds": None, "interval": [30.0, 60.9]})

    told = text_of(charts.draw(dataclasses.replace(plain, verdict=verdict), "idle", "svg"))

    assert "limit between 30 s and 60.9 s" in told


def test_bins_grow_until_each_has_enough_and_none_straddles_the_start() -> None:
    values = np.array([*range(30), 30, 30, 31, 45])

    edges = series.bins(values, np.ones(len(values)), 30, 10, 4)

    assert edges.tolist() == [0, 5, 10, 15, 20, 25, 30, 46]


def test_an_admission_counts_in_the_second_of_its_attempt() -> None:
    rows = [
        connection(attempted_at=made.START + 900, opened_at=made.START + 2_100, noticed_at=made.START + 5_000)
    ]
    attempts, admitted = series.demand(
        made.analysis(rows, made.healthy().verdict).run.connections, made.START, 6
    )

    assert attempts.tolist() == admitted.tolist() == [1, 0, 0, 0, 0, 0]


def test_each_loss_of_many_at_once_is_found_with_all_that_were_lost() -> None:
    assert series.mass_losses(made.crash().run.connections) == [(made.START + 10_000, 60)]


def test_a_percentile_at_the_timeout_is_cut_off() -> None:
    row = {"samples": 100, "errors": 12, "p50": 9, "p90": 2003, "p95": 2012, "p99": 2047, "max": 2051}

    assert latency.cut_off(row) == 2047
    assert latency.cut_off(row | {"errors": 0}) is None
    assert latency.cut_off(row | {"p99": 900}) is None


def test_waits_are_left_out_of_answer_times() -> None:
    scenario = {
        "call": [{"repeat": {"steps": [{"label": "menu", "listen": "5s"}]}}, {"request": {}, "label": "a"}]
    }

    assert latency.waits(scenario) == {"menu"}


def test_seconds_of_the_same_demand_are_one_mark() -> None:
    pairs = rate.pairs(made.cap())

    assert pairs["seconds"].sum() == 26
    assert (pairs["accepted"] <= pairs["attempted"]).all()


def test_pictures_leave_matplotlib_as_it_was() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)

    charts.draw(made.healthy(), "timeline", "png")

    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("kind", charts.KINDS)
@pytest.mark.parametrize("unknown", ["noticed_at", "attempted_at", "opened_at"])
def test_a_loss_at_an_unknown_time_is_no_reason_to_fail(kind: charts.Kind, unknown: str) -> None:
    plain = made.idle_timeout(callers=9)
    rows = plain.run.connections.assign(**{unknown: np.nan})
    odd = dataclasses.replace(plain, run=dataclasses.replace(plain.run, connections=rows))

    assert "<text" in charts.draw(odd, kind, "svg").decode()


def test_bins_of_several_seconds_say_that_they_are_means_and_what_the_busiest_second_had() -> None:
    told = text_of(charts.draw(made.long_cap(), "timeline", "svg"))

    attempts, _ = series.demand(made.long_cap().run.connections, made.START, 3620)
    assert f"line: attempted; grey: accepted; mean of each 30 s, busiest second {attempts.max()}" in told
    assert "busiest second" not in text_of(charts.draw(made.cap(), "timeline", "svg"))
