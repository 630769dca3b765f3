"""The decision alone, against servers that are a few lines of Python."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from jmxgen.search.model import Demand, Goal, Load, Probe, Stop, Trials, Try
from jmxgen.search.plan import next_step

Server = Callable[[Load], Probe]
DEMANDS = (
    Demand("handshake", 0.01, "closures.handshake.rate < 1%"),
    Demand("data", 0.01, "closures.data.rate < 1%"),
)
N = 150  # connections of a probe


def probe(load: Load, *, refused: int = 0, lost: int = 0, trials: int = N, **more: object) -> Probe:
    found = {"cause": "healthy", "confidence": 0.99, "reached": load.callers, **more}
    return Probe(
        load=load,
        purpose="",
        handshake=Trials(refused, trials),
        data=Trials(lost, trials - refused),
        **found,  # type: ignore[arg-type]
    )


def cap(limit: int, *, blur: int = 1) -> Server:
    """A server with a cap, of which the verdict gives the limit to within `blur`."""

    def serve(load: Load) -> Probe:
        if load.callers <= limit:
            return probe(load)
        near = (max(1, limit - blur), limit + blur)
        return probe(load, refused=60, cause="concurrency-cap", interval=near)

    return serve


def rate_limit(per_s: float) -> Server:
    """A server that admits so many openings a second, whatever is open; by itself the scenario makes 20/s."""

    def serve(load: Load) -> Probe:
        if (load.rate or 20.0) <= per_s:
            return probe(load)
        return probe(load, refused=60, cause="handshake-rate-limit", interval=(0.97 * per_s, 1.03 * per_s))

    return serve


def always(cause: str) -> Server:
    return lambda load: probe(load, lost=60, cause=cause)


def bottleneck(limit: int) -> Server:
    """A server that can do so much, with a verdict that knows no number."""
    return lambda load: probe(load, lost=60 * (load.callers > limit), cause="processing-bottleneck")


def search(server: Server, goal: int, first: int = 10, most: int = 20) -> tuple[Stop, list[Probe]]:
    wanted = Goal(callers=goal, first=first, demands=DEMANDS, most_probes=most)
    made: list[Probe] = []
    while True:
        step = next_step(made, wanted)
        if isinstance(step, Stop):
            return step, made
        assert 1 <= step.load.callers <= goal
        made.append(server(step.load))
        assert len(made) <= most


@pytest.mark.parametrize("limit", [11, 20, 25, 37, 40, 79, 500, 1_210])
@pytest.mark.parametrize("blur", [0, 1, 3])
def test_a_cap_is_found_below_and_within_five_percent_in_ten_probes_from_near(limit: int, blur: int) -> None:
    goal = 2 * limit

    stop, made = search(cap(limit, blur=blur), goal=goal, first=max(1, goal // 8))

    assert stop.kind == "limit"
    assert stop.holds is not None
    assert stop.fails is not None
    assert limit * 0.95 - 1 <= stop.holds.callers <= limit < stop.fails.callers
    assert stop.fails.callers - stop.holds.callers <= max(1, 0.05 * stop.holds.callers)
    assert len(made) <= 10
    assert sum(p.load == stop.holds for p in made) == 3


def test_a_cap_whose_limit_the_verdict_misses_by_far_is_bisected() -> None:
    def serve(load: Load) -> Probe:
        made = cap(100)(load)
        return (
            made
            if made.cause == "healthy"
            else probe(load, refused=60, cause="concurrency-cap", interval=(3, 5))
        )

    stop, made = search(serve, goal=400, first=50)

    assert stop.kind == "limit"
    assert stop.holds is not None
    assert 95 <= stop.holds.callers <= 100
    assert len(made) <= 15


def test_the_goal_is_a_ceiling_and_is_run_three_times() -> None:
    stop, made = search(cap(1000), goal=70)

    assert (stop.kind, stop.holds, stop.fails) == ("goal", Load(70), None)
    assert [p.load.callers for p in made] == [10, 20, 40, 70, 70, 70]


def test_a_limit_on_openings_keeps_the_callers_and_slows_them_down() -> None:
    stop, made = search(rate_limit(8), goal=40, first=20)

    assert stop.kind == "goal"
    assert stop.holds is not None
    assert stop.holds.callers == 40
    assert stop.holds.rate is not None
    assert 0.9 * 8 <= stop.holds.rate <= 8
    assert [(p.load.callers, p.load.rate) for p in made[:3]] == [(20, None), (20, 7.37), (20, 9.06)]


def test_few_refusals_just_over_the_limit_on_openings_say_nothing_of_the_callers() -> None:
    def serve(load: Load) -> Probe:
        if load.rate is not None and 8 < load.rate < 20:  # too few to be given a cause
            return probe(load, refused=4, missed=("closures.handshake.total == 0",))
        return rate_limit(8)(load)

    stop, _ = search(serve, goal=20, first=20)

    assert stop.kind == "goal"
    assert stop.holds is not None
    assert stop.holds.callers == 20


def test_a_limit_on_openings_first_taken_for_a_cap_does_not_hold_the_callers_down() -> None:
    def serve(load: Load) -> Probe:
        found = rate_limit(4.5)(load)
        if load.callers < 10 or load.rate is not None or found.cause == "healthy":
            return found if load.callers > 5 else probe(load)
        return probe(load, refused=18, cause="concurrency-cap", interval=(5, 9))

    stop, made = search(serve, goal=20, first=20)

    assert stop.kind == "goal", made
    assert stop.holds is not None
    assert stop.holds.callers == 20


def test_few_refusals_between_a_load_that_holds_and_a_known_limit_are_that_limit() -> None:
    slow, fast = Load(20, 4.43), Load(20, 6.9)
    made = [
        probe(Load(20), refused=18, trials=93, cause="handshake-rate-limit", interval=(4.66, 6.27)),
        probe(slow, trials=59),
        probe(fast, refused=6, trials=99, cause="random-drop", confidence=0.6),
    ]

    assert next_step(made, Goal(callers=20, first=20, demands=DEMANDS)) == Try(slow, "confirm: run 2 of 3")

    under, over, far = Load(38), Load(40), Load(80)
    made = [
        probe(far, refused=60, cause="concurrency-cap", interval=(38, 39)),
        probe(under, trials=59),
        probe(over, refused=6, trials=99, cause="denied", confidence=0.6),
    ]

    assert isinstance(next_step(made, Goal(callers=80, first=20, demands=DEMANDS)), Try)


def test_a_pace_just_over_the_limit_is_slowed_down_whatever_its_few_refusals_look_like() -> None:
    fast, slow = Load(20, 10.6), Load(20, 8.11)
    made = [
        probe(Load(20), refused=20, trials=102, cause="handshake-rate-limit", interval=(8.54, 9.6)),
        probe(slow, trials=62),
        probe(fast, refused=19, trials=85, cause="handshake-rate-limit", interval=(6.0, 7.0)),
        probe(slow, refused=5, trials=77, cause="random-drop", confidence=0.7, interval=(0.02, 0.15)),
    ]
    goal = Goal(callers=20, first=20, demands=DEMANDS)

    assert next_step(made, goal) == Try(Load(20, 5.79), "just under the limit on openings")

    made[-1] = probe(slow, refused=16, trials=77, cause="random-drop", confidence=0.7)
    step = next_step(made, goal)
    assert isinstance(step, Stop)
    assert step.kind == "cause"


def test_a_cap_behind_a_limit_on_openings_is_found_as_well() -> None:
    def serve(load: Load) -> Probe:
        fast = rate_limit(8)(load)
        return fast if fast.cause != "healthy" else cap(31)(load)

    stop, _ = search(serve, goal=80, first=10)

    assert stop.kind == "limit"
    assert stop.holds is not None
    assert stop.fails is not None
    assert stop.holds == Load(31, stop.holds.rate)
    assert stop.fails.callers == 32


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("idle-timeout", "keep_alive.ping_every"),
        ("max-session-age", "shorter calls"),
        ("unanswered-pings", "reply_to_pings"),
        ("random-drop", "any load"),
        ("denied", "credentials"),
        ("wrong-endpoint", "target.url"),
        ("leaked-sessions", "close its connections"),
    ],
)
def test_what_is_not_a_matter_of_capacity_ends_the_search_at_once(cause: str, words: str) -> None:
    stop, made = search(always(cause), goal=100)

    assert stop.kind == "cause"
    assert words in stop.words
    assert stop.holds is None
    assert len(made) == 1


@pytest.mark.parametrize("cause", ["idle-timeout", "denied", "random-drop"])
@pytest.mark.parametrize("callers", [1, 2, 5, 9])
def test_of_few_callers_a_single_one_shows_that_their_number_does_not_matter(
    callers: int, cause: str
) -> None:
    def serve(load: Load) -> Probe:  # one caller fails too seldom to be given a cause
        sure = (
            {"cause": cause, "confidence": 0.9} if load.callers > 1 or callers == 1 else {"cause": "unknown"}
        )
        return probe(load, lost=load.callers, trials=5 * load.callers, missed=("data == 0",), **sure)

    stop, made = search(serve, goal=callers, first=callers)

    assert stop.kind == "cause"
    assert [p.load.callers for p in made] == [callers, 1][: 1 + (callers > 1)]


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
@pytest.mark.parametrize("cause", ["random-drop", "denied"])
def test_a_small_cap_is_found_though_its_refusals_look_like_chance(limit: int, cause: str) -> None:
    def serve(load: Load) -> Probe:
        if load.callers <= limit:
            return probe(load)
        return probe(load, refused=6, missed=("handshake == 0",), cause=cause)

    stop, made = search(serve, goal=8, first=8)

    assert (stop.kind, stop.holds, stop.fails) == ("limit", Load(limit), Load(limit + 1))
    assert len(made) <= 8


def test_where_nobody_gets_in_few_callers_are_enough() -> None:
    stop, made = search(
        lambda load: probe(load, refused=5, trials=5, cause="wrong-endpoint"), goal=5, first=5
    )

    assert (stop.kind, len(made)) == ("cause", 1)


def test_a_guess_at_such_a_cause_does_not() -> None:
    def unsure(load: Load) -> Probe:
        return probe(load, lost=60 * (load.callers > 33), cause="idle-timeout", confidence=0.3)

    stop, _ = search(unsure, goal=100)

    assert stop.kind == "limit"
    assert stop.holds == Load(33)


@pytest.mark.parametrize("lost", [2, 60])
def test_nor_does_one_that_fewer_callers_contradict_or_that_hardly_anything_shows(lost: int) -> None:
    def serve(load: Load) -> Probe:
        trials = 15 if lost == 2 else N
        return probe(load, lost=lost * (load.callers > 33), trials=trials, cause="random-drop")

    stop, made = search(serve, goal=100)

    assert stop.kind in ("limit", "undecided")
    assert stop.holds is not None
    assert stop.holds.callers <= 33
    assert len(made) > 4


def test_a_limit_of_the_load_generator_is_not_called_the_servers() -> None:
    ports, _ = search(always("client-exhaustion"), goal=100)
    threads, _ = search(lambda load: probe(load, not_judged=("callers",), reached=7), goal=100)

    assert {ports.kind, threads.kind} == {"load-generator"}
    assert "--remote" in ports.words
    assert threads.words.startswith("JMeter started only 7 of 10 callers")


@pytest.mark.parametrize("limit", [3, 17, 64, 900])
def test_without_a_number_the_load_is_doubled_and_bisected(limit: int) -> None:
    stop, made = search(bottleneck(limit), goal=4 * limit, first=max(1, limit // 3))

    assert stop.holds is not None
    assert 0.95 * limit - 1 <= stop.holds.callers <= limit
    assert len(made) <= 14


def test_one_mass_loss_is_one_event_and_decides_nothing() -> None:
    losses = iter([1])

    stop, made = search(lambda load: probe(load, lost=next(losses, 0), trials=400), goal=10)

    assert stop.kind == "goal"
    assert [p.load.callers for p in made] == [10, 10, 10]


def test_a_load_that_fails_when_it_is_confirmed_is_not_the_answer() -> None:
    tired = iter([0, 0, 60])  # the third run at 40 fails

    def serve(load: Load) -> Probe:
        return probe(load, lost=next(tired, 60) if load.callers >= 40 else 0, cause="stall")

    stop, _ = search(serve, goal=40)

    assert stop.kind == "limit"
    assert stop.fails == Load(40)
    assert stop.holds is not None
    assert 38 <= stop.holds.callers < 40


def test_too_few_connections_prove_nothing_and_that_is_said() -> None:
    stop, _ = search(lambda load: probe(load, trials=20), goal=10)

    assert stop.kind == "undecided"
    assert "load.hold" in stop.words


def test_the_probes_run_out() -> None:
    stop, made = search(cap(100), goal=400, first=1, most=4)

    assert stop.kind == "exhausted"
    assert stop.holds == Load(8)
    assert len(made) == 4


def test_not_even_one_caller() -> None:
    stop, made = search(bottleneck(0), goal=8, first=4)

    assert stop.kind == "limit"
    assert stop.holds is None
    assert [p.load.callers for p in made] == [4, 2, 1]


def test_whatever_a_server_does_the_search_ends() -> None:
    chance = random.Random(1)
    causes = ["concurrency-cap", "handshake-rate-limit", "stall", "unknown", "mass-disconnect", "healthy"]

    for _ in range(60):

        def serve(load: Load) -> Probe:
            low = chance.uniform(0.1, 200)
            return probe(
                load,
                refused=chance.choice([0, 0, 1, 3, 60]),
                lost=chance.choice([0, 0, 1, 3, 60]),
                cause=chance.choice(causes),
                confidence=chance.random(),
                interval=chance.choice([None, (low, 1.2 * low)]),
            )

        stop, made = search(serve, goal=chance.randint(1, 300), most=30)
        assert stop.kind in ("goal", "limit", "undecided", "exhausted")
        assert len(made) <= 30


def test_a_step_is_a_value() -> None:
    assert next_step([], Goal(callers=5, first=10, demands=DEMANDS)) == Try(Load(5), "first probe")
