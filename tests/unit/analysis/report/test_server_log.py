"""What the server saw, as text, JSON, CSV, HTML and picture show it."""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import json
from pathlib import Path

import jsonschema
import pytest

from jmxgen.analysis import charts, measures, reading, verdict
from jmxgen.analysis.model import Analysis
from jmxgen.analysis.report import connections, headline, html, text
from jmxgen.analysis.report import json as report
from jmxgen.analysis.schema import schema
from jmxgen.analysis.server_log import Contradiction, ServerView, read

DATA = Path(__file__).parents[3] / "data" / "server_logs"
HOSTILE = "<script>alert(1)</script>\x1b]0;owned\x07"


@functools.cache
def joined(name: str) -> Analysis:
    folder = DATA / name
    found = reading.read([folder / "results.jtl.gz"])
    view = read(found.connections, sorted(folder.glob("*.log.gz")))
    return verdict.judge(dataclasses.replace(found, server_log=view))


def with_view(analysis: Analysis, **fields: object) -> Analysis:
    view = analysis.run.server_log
    assert view is not None
    changed: ServerView = dataclasses.replace(view, **fields)  # type: ignore[arg-type]
    return dataclasses.replace(analysis, run=dataclasses.replace(analysis.run, server_log=changed))


def contradicted(what: str = "3 connections were cut") -> Analysis:
    found = Contradiction(kind="cut between", what=what, count=3, examples=(f"callers 1-1 #1 {what}",))
    return with_view(joined("nginx-limit-conn"), contradictions=(found,), agreements=121)


def test_a_log_that_was_given_is_not_asked_for() -> None:
    folder = DATA / "nginx-backend-restart"
    without = verdict.judge(reading.read([folder / "results.jtl.gz"])).verdict

    assert any("--server-log" in step for step in without.advice)
    assert not any("--server-log" in step for step in joined("nginx-backend-restart").verdict.advice)


def test_the_text_says_how_much_was_joined_and_what_the_log_names() -> None:
    told = " ".join(text.render(joined("haproxy-maxconn-queue")).split())

    assert "The log has 127 of the 127 connections that should be in it; both sides agree on 127." in told
    assert "The log's clock is 5 h behind JMeter's (a time zone, most likely), to within" in told
    assert "The log itself names concurrency-cap for 68 connections (sQ)." in told


def test_a_timeout_is_named_with_its_length() -> None:
    told = " ".join(text.render(joined("nginx-read-timeout")).split())

    assert "names idle-timeout for 41 connections (upstream timed out), 2 s after the last frame" in told


def test_a_contradiction_is_said_before_anything_else() -> None:
    analysis = contradicted()
    warning = "The server's log contradicts JMeter: 3 connections were cut."

    assert headline.warning(analysis) == warning
    assert text.render(analysis).startswith(warning)
    page = html.render(analysis)
    assert page.index(warning.replace("'", "&#39;")) < page.index("<h1")


def test_without_a_log_nothing_is_said_of_one() -> None:
    alone = dataclasses.replace(joined("nginx-limit-conn").run, server_log=None)
    analysis = dataclasses.replace(joined("nginx-limit-conn"), run=alone)

    assert "What the server saw" not in text.render(analysis) + html.render(analysis)
    assert report.value(analysis)["server_log"] is None
    assert "server_opened_at" not in connections.render(analysis).decode()
    assert "server" not in charts.kinds(analysis)


def test_the_json_has_the_view_and_follows_the_schema() -> None:
    value = json.loads(report.render(joined("nginx-limit-conn")))

    jsonschema.validate(value, schema())
    assert value["server_log"]["joined"] == 124
    assert value["server_log"]["ended_by"] == {"client": 61, "proxy": 63}
    assert value["server_log"]["files"][0]["formats"] == {"nginx-error": 127}
    assert value["server_log"]["named"][0]["flags"] == ["limit_conn"]


def test_the_connections_have_the_servers_columns() -> None:
    rows = list(csv.DictReader(io.StringIO(connections.render(joined("nginx-limit-conn")).decode())))
    refused = [row for row in rows if row["end"] == "handshake"]

    assert {row["server_ended_by"] for row in refused} == {"proxy"}
    assert {(row["server_status"], row["server_code"], row["server_opened_at"]) for row in refused} == {
        ("503", "", "")
    }
    assert {row["server_flags"] for row in refused} == {"limit_conn"}
    assert all(float(row["server_seconds"]) >= 0 for row in rows)


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_picture_is_drawn_and_titled_by_its_finding(form: charts.Format) -> None:
    from jmxgen.analysis.charts import server

    analysis = joined("nginx-limit-conn")

    assert server.title(analysis) == "All 63 closures came from the proxy or load balancer"
    assert "Peak open connections: 18 by JMeter, 18 by the log." in charts.describe(analysis, "server")
    assert charts.draw(analysis, "server", form)
    assert server.title(contradicted()) == "3 connections were cut"


def test_hostile_text_of_a_log_neither_runs_nor_steers_a_terminal() -> None:
    analysis = contradicted(HOSTILE)
    logged = joined("nginx-limit-conn").run.server_log
    assert logged is not None
    frame = logged.connections.assign(server_flags=f"=cmd|{HOSTILE}")
    analysis = with_view(analysis, connections=frame.astype({"server_flags": "category"}))

    assert "<script>alert" not in html.render(analysis)
    assert "\x1b" not in text.render(analysis) + html.render(analysis) + report.render(analysis)
    assert "\x1b" not in connections.render(analysis).decode()
    assert ",'=cmd|" in connections.render(analysis).decode()


def test_who_ended_what_is_counted_by_phase() -> None:
    assert measures.closures_by_ender(joined("nginx-backend-restart").run) == [("server", 74, 25)]
