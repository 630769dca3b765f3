from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from lxml import etree

from jmxgen.analysis import charts
from jmxgen.analysis.charts import ages, sessions, timeline
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
    assert charts.kinds(made.cap()) == ("timeline", "threshold", "handshakes", "sessions", "latency")
    assert charts.kinds(made.idle_timeout()) == ("timeline", "threshold", "ages", "sessions", "latency")


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
    assert "JMeter counts 2,472 errors for 103 closures" in told


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
    given = dataclasses.replace(plain, results=dataclasses.replace(plain.results, metrics=metrics))

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
    labels = plain.results.labels.assign(label=["入力を集める", "🙂"])
    other = dataclasses.replace(plain, results=dataclasses.replace(plain.results, labels=labels))

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

    assert "5; bars from last seen alive to noticed" in text_of(charts.draw(analysis, "timeline", "svg"))


def test_marks_at_one_time_are_put_above_each_other() -> None:
    assert timeline._stack(np.array([0.1, 0.2, 0.3, 5.0]), 1.0).tolist() == [1, 2, 3, 1]


def test_an_interval_is_spread_evenly_over_its_bins() -> None:
    edges = np.array([0.0, 1.0, 2.0, 3.0, 4.0])

    spread = ages.spread(np.array([0.0, 2.5, np.nan]), np.array([4.0, 2.5, 1.0]), edges)

    assert spread == pytest.approx([0.25, 0.25, 1.25, 0.25])


def test_the_first_and_the_last_lost_connections_are_chosen() -> None:
    first, last = sessions.chosen(made.cap())

    assert (len(first), len(last)) == (12, 12)
    assert first["noticed_at"].max() < last["noticed_at"].min()
    assert sessions.what_ended(sessions._records(first)[0]) == "HTTP 503"


def test_pictures_leave_matplotlib_as_it_was() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)

    charts.draw(made.healthy(), "timeline", "png")

    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("kind", charts.KINDS)
@pytest.mark.parametrize("unknown", ["noticed_at", "attempted_at", "opened_at"])
def test_a_loss_at_an_unknown_time_is_no_reason_to_fail(kind: charts.Kind, unknown: str) -> None:
    plain = made.idle_timeout(callers=9)
    rows = plain.results.connections.assign(**{unknown: np.nan})
    odd = dataclasses.replace(plain, results=dataclasses.replace(plain.results, connections=rows))

    assert "<text" in charts.draw(odd, kind, "svg").decode()
