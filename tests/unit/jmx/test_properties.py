from __future__ import annotations

from pathlib import Path

from jmxgen.jmx.properties import render_properties
from jmxgen.plan.build import build
from jmxgen.scenario.load import loads


def lines(host: str) -> list[str]:
    target = f"target: {{url: 'ws://{host}/ivr'}}"
    text = f"name: x\n{target}\nsecrets: {{api_key: {{env: K}}}}\ncall: [{{send: x}}]"
    return render_properties(build(loads(text, path=Path("x.yaml")))).splitlines()


def test_connections_are_closed_and_columns_are_the_analysis_own() -> None:
    told = lines("h")

    assert "websocket.thread.stop.policy=wsClose" in told
    assert "sample_variables=ws_conn,ws_id" in told
    assert "jmeter.save.saveservice.subresults=false" in told
    assert "jmeter.save.saveservice.connect_time=true" in told


def test_knobs_are_told_and_change_nothing_by_themselves() -> None:
    told = lines("bücher.example")

    assert "# callers=1  (at a time, on each engine)" in told
    assert r"# host=b\u00fccher.example  (the server's name or address)" in told
    assert not any(line.startswith(("callers", "host", "api_key")) for line in told)
    assert "# -Japi_key=VALUE" in told
