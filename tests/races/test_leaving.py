"""Races of managers who go, are made to go, or lose their role: the account keeps somebody (I4)."""

from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.domain.memberships import Role
from chalicelib.operations.managers.change_role import change_role
from chalicelib.operations.managers.list_managers import list_managers
from chalicelib.operations.managers.remove_manager import leave, remove
from chalicelib.operations.pages import PageRequest
from tests.races.people import RaceAccount, id_of, person, refusals, successes
from tests.races.race_kit import RaceKit, context, rounds

GONE = {"account_not_found", "last_manager"}


def everybody(account: RaceAccount) -> list[str]:
    """The ids of the owner and the managers."""
    return [id_of(each) for each in (account.owner, *account.managers)]


def test_two_managers_who_remove_each_other_do_not_both_succeed(kit: RaceKit) -> None:
    """S23, R31: one stays."""
    for _ in rounds(20):
        account = kit.account(managers=1)
        both = (account.owner, *account.managers)

        outcomes = kit.together(
            *[
                partial(remove, by, account.id, target, context=context())
                for by, target in zip(both, reversed(everybody(account)), strict=True)
            ]
        )

        assert len(successes(outcomes)) == 1
        assert set(refusals(outcomes)) <= GONE
    kit.require_order()


def test_four_who_remove_the_next_one_in_a_circle_leave_somebody(kit: RaceKit) -> None:
    """R30, R31: whoever is removed first removes nobody any more."""
    for _ in rounds(6):
        account = kit.account(managers=3)
        people, found = (account.owner, *account.managers), everybody(account)

        outcomes = kit.together(
            *[
                partial(remove, by, account.id, found[(place + 1) % 4], context=context())
                for place, by in enumerate(people)
            ]
        )

        assert 1 <= len(successes(outcomes)) <= 3
        assert set(refusals(outcomes)) <= GONE
    kit.require_order()


def test_when_all_leave_at_once_the_last_one_stays(kit: RaceKit) -> None:
    """R31, R33: of four who leave, three go and one is told ``last_manager``."""
    for _ in rounds(6):
        account = kit.account(managers=3)

        outcomes = kit.together(
            *[partial(leave, who, account.id, now=wiring.now()) for who in (account.owner, *account.managers)]
        )

        assert refusals(outcomes) == ["last_manager"]
    kit.require_order()


def test_leaving_against_being_removed_happens_once(kit: RaceKit) -> None:
    """R30, R33: one event, whoever was first (I5)."""
    for _ in rounds(12):
        account = kit.account(managers=2)
        leaver, colleague = account.managers
        leaver_id = id_of(leaver)

        left, *removed = kit.together(
            partial(leave, leaver, account.id, now=wiring.now()),
            *[partial(remove, by, account.id, leaver_id, context=context()) for by in (account.owner, colleague)],
        )

        assert len(successes([left, *removed])) == 1
        assert set(refusals([left])) <= {"account_not_found", "manager_not_found"}
        assert set(refusals(removed)) <= {"manager_not_found"}
        page = list_managers(account.owner, account.id, PageRequest(10, None), now=wiring.now())
        assert len(page.people.things) == 2
    kit.require_order()


def test_somebody_removed_while_inviting_leaves_no_invitation(kit: RaceKit) -> None:
    """R22: what slips in before the removal is revoked with it, what comes after is refused."""
    for number in rounds(8):
        account = kit.account(managers=1)
        (inviter,) = account.managers
        inviter_id = id_of(inviter)

        removed, *invited = kit.together(
            partial(remove, account.owner, account.id, inviter_id, context=context()),
            *[partial(kit.invite, inviter, account.id, f"slip{number}-{each}@acme.example") for each in range(4)],
        )

        assert removed is None
        assert set(refusals(invited)) <= {"account_not_found"}
    tables = kit.tables()
    statuses = {each["status"]["S"] for each in tables["Invitations"] if each["invitation_id"]["S"].startswith("inv_")}
    assert statuses <= {"accepted", "revoked"}
    kit.require_order()


@pytest.mark.parametrize("of_each_other", [False, True], ids=["step down", "take each other's role"])
def test_of_two_admins_one_stays(kit: RaceKit, *, of_each_other: bool) -> None:
    """R6, R31: where admins manage, whoever takes the role from whom; who has lost it cannot take the other's."""
    for _ in rounds(12):
        account = kit.account(managers=1)
        kit.make_admin(account, account.managers[0])
        kit.set_account(account.id, managed_by="admins")
        targets = everybody(account)[::-1] if of_each_other else everybody(account)

        outcomes = kit.together(
            *[
                partial(change_role, by, account.id, target, Role.VIEWER, context=context())
                for by, target in zip((account.owner, account.managers[0]), targets, strict=True)
            ]
        )

        assert len(successes(outcomes)) == 1
        late = {"account_not_found", "forbidden", "last_manager"} if of_each_other else {"last_manager"}
        assert set(refusals(outcomes)) <= late
        assert len(refusals(outcomes)) == 1
    kit.require_order()


def test_a_newcomer_may_come_while_everybody_else_goes(kit: RaceKit) -> None:
    """R17, R31: accepting against the leaving of all others: the account is never without a manager (I4)."""
    for number in rounds(10):
        account = kit.account(managers=1)
        who = person(f"late{number}@acme.example")
        claim = kit.invite(account.owner, account.id, who.address)

        accepted, *left = kit.together(
            kit.accepting(who, claim),
            *[partial(leave, each, account.id, now=wiring.now()) for each in (account.owner, *account.managers)],
        )

        assert set(refusals([accepted])) <= {"invitation_revoked"}
        assert set(refusals(left)) <= {"last_manager"}
        assert len(successes([accepted])) + len(refusals(left)) >= 1
    kit.require_order()
