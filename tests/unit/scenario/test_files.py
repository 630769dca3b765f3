"""Files keep their meaning when the plan lies in another folder than the scenario."""

from __future__ import annotations

from pathlib import Path

from jmxgen.scenario.files import rebased
from jmxgen.scenario.load import loads

SCENARIO = loads(
    """
name: a
target: {url: wss://x, tls: {keystore: c.p12}, headers: {file: a.json}}
data: [{csv: sub/a.csv}, {csv: /abs/b.csv}, {csv: "${folder}/c.csv"}]
call:
  - http: {url: http://x, headers: {file: a.json}}
  - send: {file: open.json}
  - repeat: {times: 2, steps: [{request: {send: {file: in.bin, binary: true}}}]}
  - send: file
"""
)


def test_relative_files_are_named_from_the_plans_folder(tmp_path: Path) -> None:
    moved = rebased(SCENARIO, tmp_path / "scenarios", tmp_path / "out" / "run")

    assert [table.csv for table in moved.data] == [
        "../../scenarios/sub/a.csv",
        "/abs/b.csv",
        "${folder}/c.csv",
    ]
    assert moved.target.tls
    assert moved.target.tls.keystore == "../../scenarios/c.p12"
    assert moved.call[1].send.file == "../../scenarios/open.json"  # type: ignore[union-attr]
    assert moved.call[2].repeat.steps[0].request.send.file == "../../scenarios/in.bin"  # type: ignore[union-attr]
    assert moved.call[3].send.text == "file"  # type: ignore[union-attr]
    assert moved.target.headers == moved.call[0].http.headers == {"file": "a.json"}  # type: ignore[union-attr]


def test_in_the_same_folder_nothing_changes(tmp_path: Path) -> None:
    assert rebased(SCENARIO, tmp_path, tmp_path / "x" / "..") is SCENARIO
