"""Races of a login that is switched: the guards of the last one count who can sign in (R31, I2, I4)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.domain.accounts import ManagedBy
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import SignedIn
from chalicelib.domain.rules import Overrides
from chalicelib.operations.customers import switch_login
from chalicelib.operations.managers.change_role import change_role
from chalicelib.operations.managers.remove_manager import leave, remove
from chalicelib.operations.managers.remove_membership import remove_membership
from tests.invariants import violations_in
from tests.races.desk import DESK, granted, letting, switching
from tests.races.people import Held, id_of, refusals, successes
from tests.races.race_kit import Arena, context, rounds
from tests.races.test_control import commit_whatever

ROUNDS = len(rounds(6))
REASON = "They have left the company."


def leaving(held: Held, who: SignedIn) -> Callable[[], None]:
    """Somebody leaves, for later."""
    return partial(leave, who, held.id, now=wiring.now())


def one_of_two(arena: Arena, outcomes: list[Any], *late: str) -> None:
    """One of both happened, the other was refused with one of these, and somebody who can act is left."""
    assert len(successes(outcomes)) == 1
    assert set(refusals(outcomes)) <= {"last_manager", *late}
    arena.require_order()


def test_a_login_that_goes_off_while_the_other_manager_leaves(arena: Arena) -> None:
    """R31, I4: one of both."""
    for _ in range(ROUNDS):
        held = arena.account(managers=1)
        outcomes = arena.together(switching(held.managers[0], on=False), leaving(held, held.owner))
        one_of_two(arena, outcomes)


@pytest.mark.parametrize("policy", list(ManagedBy))
def test_a_login_that_goes_off_while_the_other_one_steps_down(arena: Arena, policy: ManagedBy) -> None:
    """R31, I4: one of both; where admins manage, to a manager is down, too."""
    for _ in range(ROUNDS):
        held = arena.account(managers=1)
        arena.make_admin(held, held.managers[0])
        letting(policy, held)()
        to = Role.MANAGER if policy is ManagedBy.ADMINS else Role.VIEWER
        stepping_down = partial(change_role, held.owner, held.id, id_of(held.owner), to, context=context())
        one_of_two(arena, arena.together(switching(held.managers[0], on=False), stepping_down))


def test_of_the_logins_of_all_managers_one_stays_on(arena: Arena) -> None:
    """R31, I4: two, and three, at once."""
    for number in range(ROUNDS):
        held = arena.account(managers=1 + number % 2)
        outcomes = arena.together(*[switching(each, on=False) for each in (held.owner, *held.managers)])
        assert refusals(outcomes) == ["last_manager"]
        arena.require_order()


def test_a_login_that_goes_off_while_its_owner_removes_the_other(arena: Arena) -> None:
    """R3, R31, I4: one of both."""
    for _ in range(ROUNDS):
        held = arena.account(managers=1)
        (mark,) = held.managers
        removing = partial(remove, mark, held.id, id_of(held.owner), context=context())
        one_of_two(arena, arena.together(switching(mark, on=False), removing), "login_deactivated")


def test_a_login_that_goes_off_while_its_owner_is_removed(arena: Arena) -> None:
    """R30, I2: both happen, in whatever order; what counts was taken off once."""
    for _ in range(ROUNDS):
        held = arena.account(managers=1)
        (mark,) = held.managers
        removing = partial(remove, held.owner, held.id, id_of(mark), context=context())
        assert refusals(arena.together(switching(mark, on=False), removing)) == []
        arena.require_order()


@pytest.mark.parametrize("on", [True, False])
def test_a_login_that_is_switched_while_another_account_is_granted(arena: Arena, *, on: bool) -> None:
    """R31, R62, I2: both happen; the new membership counts as the login says."""
    for _ in range(ROUNDS):
        held, other = arena.account(managers=1), arena.account()
        (mark,) = held.managers
        if on:
            switching(mark, on=False)()
        outcomes = arena.together(switching(mark, on=on), granted(other, str(mark.address)))
        assert refusals(outcomes) == []
        arena.require_order()


def test_a_login_that_goes_on_while_the_other_manager_leaves(arena: Arena) -> None:
    """R31, I4: it goes on in any case; the other may leave when it is."""
    for _ in range(ROUNDS):
        held = arena.account(managers=1)
        (mark,) = held.managers
        switching(mark, on=False)()
        switched, left = arena.together(switching(mark, on=True), leaving(held, held.owner))
        assert refusals([switched]) == []
        assert set(refusals([left])) <= {"last_manager"}
        arena.require_order()


@pytest.mark.parametrize("how", ["login", "removal"])
def test_the_last_one_whom_support_takes_away_is_named_also_when_they_become_it_meanwhile(
    arena: Arena, how: str
) -> None:
    """R31, R63, I4: with ``allow_last`` nothing is refused, and the history says whom that left without anybody."""
    for _ in range(ROUNDS):
        held = arena.account(managers=1)
        (mark,) = held.managers
        taking_away = switching(mark, on=False, reason=REASON)
        if how == "removal":
            taking_away = partial(
                remove_membership, DESK, held.id, id_of(mark), overrides=Overrides(last=True), reason=REASON,
                dry_run=False, now=wiring.now(),
            )  # fmt: skip
        taken, left = arena.together(taking_away, leaving(held, held.owner))
        assert refusals([taken]) == []
        assert set(refusals([left])) <= {"last_manager"}
        arena.require_order()


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_a_careless_switch_is_caught(arena: Arena, monkeypatch: pytest.MonkeyPatch, *, conditions: bool) -> None:
    """I4: the negative control: both logins go off, and nobody can manage the account."""
    if not conditions:
        monkeypatch.setattr(switch_login, "commit", commit_whatever)
    all_held = [arena.account(managers=1) for _ in range(ROUNDS)]
    for held in all_held:
        arena.together(*[switching(each, on=False) for each in (held.owner, *held.managers)])
    found = violations_in(arena.tables())
    caught = sum(any(held.id in text and text.startswith("I4") for text in found) for held in all_held)
    assert caught == 0 if conditions else caught >= 0.3 * ROUNDS
