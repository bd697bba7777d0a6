"""The same races while DynamoDB reports conflicts and loses answers: the retries do nothing twice."""

from functools import partial

import pytest

from chalicelib.domain.errors import Busy
from chalicelib.operations.managers.remove_manager import remove
from tests.races.flaky import Flaky, Trouble
from tests.races.people import id_of, person, refusals, successes
from tests.races.race_kit import LIMITS, RaceKit, context, rounds

SOME_TROUBLE = {Trouble.CONFLICT: 0.3, Trouble.ERROR_AFTERWARDS: 0.2}
CLICKS = 8


def test_a_click_that_is_retried_counts_once(kit: RaceKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """S9, R16: eight clicks, conflicts and lost answers among them, make one membership and one event (I2, I5)."""
    account = kit.account()
    flaky = Flaky(monkeypatch, SOME_TROUBLE)
    for number in rounds(5):
        who = person(f"patient{number}@acme.example")
        claim = kit.invite(account.owner, account.id, who.address)

        outcomes = kit.together(*[kit.accepting(who, claim)] * CLICKS)

        assert refusals(outcomes) == []
        assert sorted(each.repeated for each in outcomes) == [False] + [True] * (CLICKS - 1)
        assert len({each.membership for each in outcomes}) == 1
    assert flaky.made[Trouble.CONFLICT] > 5
    assert flaky.made[Trouble.ERROR_AFTERWARDS] > 2
    kit.require_order()


def test_seats_are_counted_right_through_conflicts(kit: RaceKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: three of eight invitations get the three seats, however often each had to be tried (I2)."""
    flaky = Flaky(monkeypatch, SOME_TROUBLE)
    for number in rounds(4):
        account = kit.account(plan="small")
        free = (LIMITS.managers_by_plan["small"] or 0) - 1

        outcomes = kit.together(
            *[
                partial(kit.invite, account.owner, account.id, f"try{number}-{each}@acme.example")
                for each in range(CLICKS)
            ]
        )

        assert len(successes(outcomes)) == free
        assert refusals(outcomes) == ["account_full"] * (CLICKS - free)
    assert flaky.made[Trouble.CONFLICT] > 5
    kit.require_order()


def test_the_last_manager_stays_through_conflicts(kit: RaceKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """S23, R31: two remove each other, and their transactions get into each other's way (I4)."""
    flaky = Flaky(monkeypatch, SOME_TROUBLE)
    for _ in rounds(5):
        account = kit.account(managers=1)
        both = [(account.owner, id_of(account.managers[0])), (account.managers[0], id_of(account.owner))]

        outcomes = kit.together(*[partial(remove, by, account.id, whom, context=context()) for by, whom in both])

        assert len(successes(outcomes)) == 1
        assert set(refusals(outcomes)) <= {"account_not_found", "last_manager"}
    assert flaky.made[Trouble.CONFLICT] > 5
    kit.require_order()


def test_conflicts_without_end_are_busy_and_change_nothing(kit: RaceKit, monkeypatch: pytest.MonkeyPatch) -> None:
    """I2: after five tries the caller is asked to come again, and nothing has happened."""
    account = kit.account()
    before = kit.tables()
    flaky = Flaky(monkeypatch, {Trouble.CONFLICT: 1.0}, most=100)

    with pytest.raises(Busy) as refused:
        kit.invite(account.owner, account.id, "nobody@acme.example")

    assert refused.value.code == "busy"
    assert flaky.made[Trouble.CONFLICT] == 5
    assert kit.tables() == before
