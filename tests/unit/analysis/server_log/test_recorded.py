"""Logs of real nginx, HAProxy and Envoy that a real JMeter ran through (benchmarks/record_server_logs.py)."""

from __future__ import annotations

import functools
import gzip
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from jmxgen.analysis import measures, reading, server_log
from jmxgen.errors import ResultError

DATA = Path(__file__).parents[3] / "data" / "server_logs"
NAMES = sorted(folder.name for folder in DATA.iterdir() if folder.is_dir())
HOUR = 3600_000.0
ZONES = {"UTC": 0.0, "America/New_York": -5 * HOUR, "Asia/Kolkata": 5.5 * HOUR}


@functools.cache
def connections(name: str) -> pd.DataFrame:
    return reading.read([DATA / name / "results.jtl.gz"]).connections


@functools.cache
def joined(name: str) -> server_log.ServerView:
    return server_log.read(connections(name), sorted((DATA / name).glob("*.log.gz")))


def test_every_real_part_is_recorded() -> None:
    assert NAMES == [
        "envoy-backend-restart",
        "envoy-circuit-breaker",
        "envoy-client-reset",
        "envoy-idle-timeout",
        "haproxy-backend-restart",
        "haproxy-client-reset",
        "haproxy-maxconn-queue",
        "haproxy-tunnel-timeout",
        "nginx-backend-restart",
        "nginx-client-reset",
        "nginx-limit-conn",
        "nginx-limit-req",
        "nginx-read-timeout",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_nearly_every_connection_that_reached_the_server_is_joined(name: str) -> None:
    view = joined(name)

    assert view.joined >= 0.99 * (len(connections(name)) - view.never_sent)
    assert view.unmatched_lines == 0


@pytest.mark.parametrize("name", NAMES)
def test_who_ended_it_is_right_for_all(name: str) -> None:
    expected = json.loads((DATA / name / "expected.json").read_text(encoding="utf-8"))["ended_by"]
    ended = joined(name).connections["server_ended_by"].astype(str)
    wanted = connections(name)["end"].astype(str).map(expected)

    assert list(ended) == list(wanted)


@pytest.mark.parametrize("name", NAMES)
def test_both_sides_agree(name: str) -> None:
    view = joined(name)

    assert view.contradictions == ()
    assert view.agreements == view.joined
    run = reading.read([DATA / name / "results.jtl.gz"])
    # Envoy doesn't log when the 101 came, and JMeter notices late what Envoy cut.
    assert view.peak_open == pytest.approx(
        measures.count(run).peak_open, rel=0.2 if name.startswith("envoy") else 0
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_clocks_offset_is_found_whatever_the_zone(name: str) -> None:
    zone = json.loads((DATA / name / "expected.json").read_text(encoding="utf-8"))["zone"]
    view = joined(name)
    off = ZONES[zone] if name.startswith("haproxy") else 0.0  # nginx's access log carries its zone

    assert view.clock_offset_ms == pytest.approx(off, abs=5)
    assert view.clock_interval_ms[0] - 1 <= off <= view.clock_interval_ms[1] + 1


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("envoy-backend-restart", "outage"),
        ("envoy-circuit-breaker", "concurrency-cap"),
        ("envoy-idle-timeout", "idle-timeout"),
        ("haproxy-maxconn-queue", "concurrency-cap"),
        ("haproxy-tunnel-timeout", "idle-timeout"),
        ("nginx-limit-conn", "concurrency-cap"),
        ("nginx-limit-req", "handshake-rate-limit"),
        ("nginx-read-timeout", "idle-timeout"),
        ("nginx-backend-restart", "outage"),
    ],
)
def test_the_log_names_the_cause_of_all_closures_that_have_one(name: str, cause: str) -> None:
    (named,) = joined(name).named
    end = connections(name)["end"].astype(str)
    phase = "data" if cause == "idle-timeout" else "handshake"

    assert named.cause == cause
    assert named.connections == int((end == phase).sum())


@pytest.mark.parametrize("name", ["envoy-idle-timeout", "haproxy-tunnel-timeout", "nginx-read-timeout"])
def test_a_timeouts_length_is_measured(name: str) -> None:
    (named,) = joined(name).named

    assert named.seconds == pytest.approx(2.0, abs=0.05)
    assert named.interval[0] <= 2.01  # a timer is never early
    assert named.interval[1] >= 2.0


@pytest.mark.parametrize("name", ["haproxy-client-reset", "haproxy-maxconn-queue", "haproxy-tunnel-timeout"])
def test_without_any_id_times_and_status_join_nearly_all(name: str, tmp_path: Path) -> None:
    text = gzip.decompress((DATA / name / "haproxy.log.gz").read_bytes()).decode()
    log = tmp_path / "haproxy.log"
    log.write_text(re.sub(r"\{[^}]*\} |\?caller=\d+", "", text))
    view, known = server_log.read(connections(name), [log]), joined(name)

    assert view.by_time == view.joined >= 0.99 * known.joined
    for mine, right in zip(view.named, known.named, strict=True):
        assert mine.seconds == pytest.approx(right.seconds, rel=0.1, nan_ok=True)
    assert view.clock_offset_ms == pytest.approx(known.clock_offset_ms, abs=20)
    same = view.connections["server_ended_by"].astype(str) == known.connections["server_ended_by"].astype(str)
    assert same.mean() >= 0.95


def test_a_run_isnt_joined_with_another_runs_log() -> None:
    with pytest.raises(ResultError, match=r"none of its 71 lines is about a connection of this run"):
        server_log.read(
            connections("nginx-limit-conn"), [DATA / "haproxy-backend-restart" / "haproxy.log.gz"]
        )
