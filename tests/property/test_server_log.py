"""Logs of any text: counted, joined or refused in one line, never a traceback."""

from __future__ import annotations

import functools
import gzip
import json
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jmxgen.analysis import reading, server_log
from jmxgen.analysis.server_log.formats import formats
from jmxgen.analysis.server_log.line import Line
from jmxgen.errors import ResultError

DATA = Path(__file__).parents[1] / "data"
LOGS = DATA / "server_logs"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
KEYS = (
    *("attempted_at", "opened_at", "ended_at", "end", "kind", "by", "close_frame", "code", "status", "key"),
    *("start_time", "response_flags", "response_code", "duration", "path", "x_connection_id"),
    *("msec", "time_local", "time_iso8601", "request", "request_time", "upstream_status", "connection"),
)


@functools.cache
def lines() -> tuple[str, ...]:
    """Return real lines of every format that was recorded."""
    files = [*LOGS.glob("*/*.log.gz"), *DATA.glob("causes/*/*/truth.jsonl.gz")]
    return tuple(
        line
        for file in sorted(files)
        for line in gzip.decompress(file.read_bytes()).decode().splitlines()[:3]
    )


@functools.cache
def run() -> pd.DataFrame:
    return reading.read([LOGS / "haproxy-tunnel-timeout" / "results.jtl.gz"]).connections


@functools.cache
def log() -> tuple[str, ...]:
    packed = (LOGS / "haproxy-tunnel-timeout" / "haproxy.log.gz").read_bytes()
    return tuple(gzip.decompress(packed).decode().splitlines())


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Draw a real line of which a part is cut out, doubled, or another text."""
    line = draw(st.sampled_from(lines()))
    low, high = sorted(draw(st.tuples(*[st.integers(0, len(line))] * 2)))
    return line[:low] + draw(st.sampled_from(["", line[low:high] * 2]) | st.text(max_size=20)) + line[high:]


objects = st.dictionaries(st.sampled_from(KEYS), VALUES).map(json.dumps)


@given(st.text() | damaged() | objects)
def test_any_text_is_a_line_or_none(text: str) -> None:
    for known in formats():
        found = known.parse(text)
        assert found is None or isinstance(found, Line)
        if found is not None:
            assert 0 <= found.status < 1000
            assert 0 <= found.code < 5000
            assert not any(map(math.isinf, (found.asked_at, found.opened_at, found.ended_at)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=st.lists(damaged() | objects | st.sampled_from(log()), max_size=20), data=st.data())
def test_a_damaged_log_is_joined_as_far_as_it_goes(
    extra: list[str], data: st.DataObject, tmp_path: Path
) -> None:
    kept = data.draw(st.lists(st.sampled_from(log()), max_size=30))
    path = tmp_path / "server.log"
    path.write_bytes("".join(f"{text}\n" for text in (*kept, *extra)).encode("utf-8", "surrogatepass"))

    refused, view = "", None
    try:
        view = server_log.read(run(), [path])
    except ResultError as error:
        refused = str(error)

    assert "\n" not in refused
    if view is not None:
        assert 0 < view.joined <= len(run())
        assert view.agreements + sum(each.count for each in view.contradictions) == view.joined
        assert view.joined + view.unmatched_connections + view.never_sent >= len(run())


def test_an_empty_log_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()

    with pytest.raises(ResultError, match="is empty"):
        server_log.read(run(), [tmp_path / "empty.log"])
