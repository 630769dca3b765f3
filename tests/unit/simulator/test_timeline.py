from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jmxgen.errors import UsageError
from jmxgen.simulator import timeline
from jmxgen.simulator.faults import parse
from tests.unit.simulator.bench import Bench, trial


def test_faults_come_and_go_at_their_times_after_the_first_request() -> None:
    async def script(bench: Bench) -> None:
        await asyncio.sleep(0.5)  # the clock does not run yet
        await bench.call()
        await bench.until(lambda: "cap" in bench.simulator.faults)
        await bench.call()
        await bench.until(lambda: "cap" not in bench.simulator.faults)
        await bench.call()

    changes = (
        timeline.FaultChange(at=1.3, clear=("cap",)),
        timeline.FaultChange(at=0.3, set=(parse("cap:limit=0"),)),
    )

    assert trial(script, changes=changes).ends() == ["closed", "handshake", "closed"]


def test_a_cap_set_later_counts_those_who_are_in() -> None:
    async def script(bench: Bench) -> None:
        held = asyncio.create_task(bench.calls(2, hold=1.5))
        await bench.until(lambda: "cap" in bench.simulator.faults)
        await bench.call()
        await held

    found = trial(script, changes=(timeline.FaultChange(at=0.4, set=(parse("cap:limit=2"),)),))

    assert sorted(found.ends()) == ["closed", "closed", "handshake"]


def test_a_mass_disconnect_without_a_time_strikes_when_it_is_set() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(3, hold=10)

    found = trial(script, changes=(timeline.FaultChange(at=0.3, set=(parse("mass:form=1012"),)),))

    assert [row.code for row in found.rows] == [1012] * 3


def test_a_file_is_read_with_one_or_several_faults(tmp_path: Path) -> None:
    file = tmp_path / "timeline.yaml"
    file.write_text("- at: 10s\n  set: ['cap:limit=100,form=503', silence]\n- {at: 1m, clear: cap}\n")

    first, second = timeline.load(file)

    assert (first.at, [fault.name for fault in first.set], first.clear) == (10.0, ["cap", "silence"], ())
    assert (second.at, second.set, second.clear) == (60.0, (), ("cap",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("at: 10s\n", "timeline.yaml:1: a timeline is a list"),
        ("", "a timeline is a list"),
        ("- at: [\n", "no YAML"),
        ("- at: 1s\n- until: 5s\n", "timeline.yaml:2:3: an entry has `at`"),
        ("- at: soon\n", "timeline.yaml:1:3: at: soon is not a duration"),
        ("- {at: 1s, set: cop}\n", "timeline.yaml:1:3: no fault 'cop' (did you mean 'cap'?)"),
        ("- {at: 1s, clear: cop}\n", "timeline.yaml:1:3: no fault 'cop' to clear"),
        ("- {at: 1s, set: !!python/name:os.system x}\n", "timeline.yaml:1"),
        ("- text\n", "timeline.yaml:1:3: an entry has `at`"),
    ],
)
def test_a_file_that_is_no_timeline_is_told_by_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "timeline.yaml"
    file.write_text(text)

    with pytest.raises(UsageError) as caught:
        timeline.load(file)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read the timeline"):
        timeline.load(tmp_path / "none.yaml")
