"""The same races while DynamoDB reports conflicts and loses answers: the retries do nothing twice."""

from functools import partial

import pytest

from chalicelib.domain.errors import Busy
from chalicelib.operations.managers.remove_manager import remove
from tests.races.flaky import Flaky, Trouble
from tests.races.people import id_of, person, refusals, successes
from tests.races.race_kit import LIMITS, Arena, context, rounds

SOME_TROUBLE = {Trouble.CONFLICT: 0.3, Trouble.ERROR_AFTERWARDS: 0.2}
CLICKS = 8


def test_a_click_that_is_retried_counts_once(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """S9, R16: eight clicks, conflicts and lost answers among them, make one membership and one event (I2, I5)."""
    held = arena.account()
    flaky = Flaky(monkeypatch, SOME_TROUBLE)
    for number in rounds(5):
        who = person(f"patient{number}@acme.example")
        claim = arena.invite(held.owner, held.id, who.address)

        outcomes = arena.together(*[arena.accepting(who, claim)] * CLICKS)

        assert refusals(outcomes) == []
        assert sorted(each.repeated for each in outcomes) == [False] + [True] * (CLICKS - 1)
        assert len({each.membership for each in outcomes}) == 1
    assert flaky.made[Trouble.CONFLICT] > 5
    assert flaky.made[Trouble.ERROR_AFTERWARDS] > 2
    arena.require_order()


def test_seats_are_counted_right_through_conflicts(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: three of eight invitations get the three seats, however often each had to be tried (I2)."""
    flaky = Flaky(monkeypatch, SOME_TROUBLE)
    for number in rounds(4):
        held = arena.account(plan="small")
        free = (LIMITS.managers_by_plan["small"] or 0) - 1

        outcomes = arena.together(
            *[partial(arena.invite, held.owner, held.id, f"try{number}-{each}@acme.example") for each in range(CLICKS)]
        )

        assert len(successes(outcomes)) == free
        assert refusals(outcomes) == ["account_full"] * (CLICKS - free)
    assert flaky.made[Trouble.CONFLICT] > 5
    arena.require_order()


def test_the_last_manager_stays_through_conflicts(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """S23, R31: two remove each other, and their transactions get into each other's way (I4)."""
    flaky = Flaky(monkeypatch, SOME_TROUBLE)
    for _ in rounds(5):
        held = arena.account(managers=1)
        both = [(held.owner, id_of(held.managers[0])), (held.managers[0], id_of(held.owner))]

        outcomes = arena.together(*[partial(remove, by, held.id, whom, context=context()) for by, whom in both])

        assert len(successes(outcomes)) == 1
        assert set(refusals(outcomes)) <= {"account_not_found", "last_manager"}
    assert flaky.made[Trouble.CONFLICT] > 5
    arena.require_order()


def test_conflicts_without_end_are_busy_and_change_nothing(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """I2: after five tries the caller is asked to come again, and nothing has happened."""
    held = arena.account()
    before = arena.tables()
    flaky = Flaky(monkeypatch, {Trouble.CONFLICT: 1.0}, most=100)

    with pytest.raises(Busy) as refused:
        arena.invite(held.owner, held.id, "nobody@acme.example")

    assert refused.value.code == "busy"
    assert flaky.made[Trouble.CONFLICT] == 5
    assert arena.tables() == before
