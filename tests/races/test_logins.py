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
from tests.races.people import RaceAccount, id_of, refusals, successes
from tests.races.race_kit import RaceKit, context, rounds
from tests.races.test_control import commit_whatever

ROUNDS = len(rounds(6))
REASON = "They have left the company."


def leaving(account: RaceAccount, who: SignedIn) -> Callable[[], None]:
    """Somebody leaves, for later."""
    return partial(leave, who, account.id, now=wiring.now())


def one_of_two(kit: RaceKit, outcomes: list[Any], *late: str) -> None:
    """One of both happened, the other was refused with one of these, and somebody who can act is left."""
    assert len(successes(outcomes)) == 1
    assert set(refusals(outcomes)) <= {"last_manager", *late}
    kit.require_order()


def test_a_login_that_goes_off_while_the_other_manager_leaves(kit: RaceKit) -> None:
    """R31, I4: one of both."""
    for _ in range(ROUNDS):
        account = kit.account(managers=1)
        outcomes = kit.together(switching(account.managers[0], on=False), leaving(account, account.owner))
        one_of_two(kit, outcomes)


@pytest.mark.parametrize("policy", list(ManagedBy))
def test_a_login_that_goes_off_while_the_other_one_steps_down(kit: RaceKit, policy: ManagedBy) -> None:
    """R31, I4: one of both; where admins manage, to a manager is down, too."""
    for _ in range(ROUNDS):
        account = kit.account(managers=1)
        kit.make_admin(account, account.managers[0])
        letting(policy, account)()
        to = Role.MANAGER if policy is ManagedBy.ADMINS else Role.VIEWER
        stepping_down = partial(change_role, account.owner, account.id, id_of(account.owner), to, context=context())
        one_of_two(kit, kit.together(switching(account.managers[0], on=False), stepping_down))


def test_of_the_logins_of_all_managers_one_stays_on(kit: RaceKit) -> None:
    """R31, I4: two, and three, at once."""
    for number in range(ROUNDS):
        account = kit.account(managers=1 + number % 2)
        outcomes = kit.together(*[switching(each, on=False) for each in (account.owner, *account.managers)])
        assert refusals(outcomes) == ["last_manager"]
        kit.require_order()


def test_a_login_that_goes_off_while_its_owner_removes_the_other(kit: RaceKit) -> None:
    """R3, R31, I4: one of both."""
    for _ in range(ROUNDS):
        account = kit.account(managers=1)
        (mark,) = account.managers
        removing = partial(remove, mark, account.id, id_of(account.owner), context=context())
        one_of_two(kit, kit.together(switching(mark, on=False), removing), "login_deactivated")


def test_a_login_that_goes_off_while_its_owner_is_removed(kit: RaceKit) -> None:
    """R30, I2: both happen, in whatever order; what counts was taken off once."""
    for _ in range(ROUNDS):
        account = kit.account(managers=1)
        (mark,) = account.managers
        removing = partial(remove, account.owner, account.id, id_of(mark), context=context())
        assert refusals(kit.together(switching(mark, on=False), removing)) == []
        kit.require_order()


@pytest.mark.parametrize("on", [True, False])
def test_a_login_that_is_switched_while_another_account_is_granted(kit: RaceKit, *, on: bool) -> None:
    """R31, R62, I2: both happen; the new membership counts as the login says."""
    for _ in range(ROUNDS):
        account, other = kit.account(managers=1), kit.account()
        (mark,) = account.managers
        if on:
            switching(mark, on=False)()
        outcomes = kit.together(switching(mark, on=on), granted(other, str(mark.address)))
        assert refusals(outcomes) == []
        kit.require_order()


def test_a_login_that_goes_on_while_the_other_manager_leaves(kit: RaceKit) -> None:
    """R31, I4: it goes on in any case; the other may leave when it is."""
    for _ in range(ROUNDS):
        account = kit.account(managers=1)
        (mark,) = account.managers
        switching(mark, on=False)()
        switched, left = kit.together(switching(mark, on=True), leaving(account, account.owner))
        assert refusals([switched]) == []
        assert set(refusals([left])) <= {"last_manager"}
        kit.require_order()


@pytest.mark.parametrize("how", ["login", "removal"])
def test_the_last_one_whom_support_takes_away_is_named_also_when_they_become_it_meanwhile(
    kit: RaceKit, how: str
) -> None:
    """R31, R63, I4: with ``allow_last`` nothing is refused, and the history says whom that left without anybody."""
    for _ in range(ROUNDS):
        account = kit.account(managers=1)
        (mark,) = account.managers
        taking_away = switching(mark, on=False, reason=REASON)
        if how == "removal":
            taking_away = partial(
                remove_membership, DESK, account.id, id_of(mark), overrides=Overrides(last=True), reason=REASON,
                dry_run=False, now=wiring.now(),
            )  # fmt: skip
        taken, left = kit.together(taking_away, leaving(account, account.owner))
        assert refusals([taken]) == []
        assert set(refusals([left])) <= {"last_manager"}
        kit.require_order()


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_a_careless_switch_is_caught(kit: RaceKit, monkeypatch: pytest.MonkeyPatch, *, conditions: bool) -> None:
    """I4: the negative control: both logins go off, and nobody can manage the account."""
    if not conditions:
        monkeypatch.setattr(switch_login, "commit", commit_whatever)
    all_held = [kit.account(managers=1) for _ in range(ROUNDS)]
    for account in all_held:
        kit.together(*[switching(each, on=False) for each in (account.owner, *account.managers)])
    found = violations_in(kit.tables())
    caught = sum(any(account.id in text and text.startswith("I4") for text in found) for account in all_held)
    assert caught == 0 if conditions else caught >= 0.3 * ROUNDS
