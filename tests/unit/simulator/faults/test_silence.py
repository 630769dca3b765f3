from __future__ import annotations

from tests.unit.simulator.bench import Bench, trial


def test_messages_get_no_answer_and_the_connection_lives() -> None:
    async def script(bench: Bench) -> None:
        await bench.call(says=("a", "b", "c"), hold=1)

    found = trial(script, "silence:after=1")

    row = found.rows[0]
    assert found.seen[0].answers == ("a",)
    assert (row.end, row.frames_in, row.frames_out) == ("closed", 2, 1)


def test_a_share_of_the_messages_is_passed_over() -> None:
    async def script(bench: Bench) -> None:
        await bench.calls(40, says=("a",), hold=1)

    answered = sum(len(seen.answers) for seen in trial(script, "silence:share=50%").seen)

    assert 5 < answered < 35
