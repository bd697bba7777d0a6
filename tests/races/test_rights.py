"""Races of a right that shrinks with what was given by it: an invitation is worth its sender's right (R17)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.accounts import ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import SignedIn
from chalicelib.operations.accounts import edit_account
from chalicelib.operations.invitations.accept_invitation import AcceptResult, InvitationRef
from chalicelib.operations.invitations.invite import InvitationRequest, invite
from chalicelib.operations.managers import change_role
from tests.invariants import violations_in
from tests.races.desk import letting, not_entitled
from tests.races.people import RaceAccount, claim_of, id_of, person, refusals, successes
from tests.races.race_kit import RaceKit, context, rounds
from tests.races.test_control import commit_whatever

ROUNDS = len(rounds(6))
KINDS = ["mail", "link"]


def invitation(by: SignedIn, account: RaceAccount, who: SignedIn | None, role: Role = Role.ADMIN) -> InvitationRef:
    """An invitation to that role, by mail or, for nobody in particular, by a link without an end."""
    address = None if who is None else Address(str(who.address))
    asked = InvitationRequest(address, role, None if who is None else timedelta(days=7), None, None)
    made = invite(by, account.id, asked, context=context())
    return claim_of(made.invitation)


def demoting(account: RaceAccount, who: SignedIn, role: Role = Role.MANAGER) -> Callable[[], Any]:
    """The owner gives somebody a lower role, for later."""
    return partial(change_role.change_role, account.owner, account.id, id_of(who), role, context=context())


def in_order(kit: RaceKit) -> None:
    """All invariants hold, and nothing is pending that its sender may not give."""
    kit.require_order()
    assert not_entitled(kit.tables()) == []


def role_of(kit: RaceKit, account: RaceAccount, who: SignedIn) -> str | None:
    """The role that somebody has in the tables."""
    for it in kit.tables()["Memberships"]:
        if it["owner"]["S"] == account.id and it["member"]["S"] == id_of(who):
            return str(it["role"]["S"])
    return None


def came_in_or_was_told(kit: RaceKit, account: RaceAccount, who: SignedIn, answer: Any, role: str) -> None:
    """Either somebody is in with the role that they were invited to, or the invitation counts as revoked."""
    if isinstance(answer, AcceptResult):
        assert role_of(kit, account, who) == role
    else:
        assert refusals([answer]) == ["invitation_revoked"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_demoted_admin_gave_is_accepted_before_or_not_at_all(kit: RaceKit, kind: str) -> None:
    """R17, I1, I5: by mail and by link; the demotion happens whatever the invitee does."""
    for number in range(ROUNDS):
        account, invitee = kit.account(managers=1), person(f"heir{number}@race.example")
        (mark,) = account.managers
        kit.make_admin(account, mark)
        claim = invitation(mark, account, invitee if kind == "mail" else None)

        demoted, accepted = kit.together(demoting(account, mark), kit.accepting(invitee, claim))

        assert refusals([demoted]) == []
        assert role_of(kit, account, mark) == "manager"
        came_in_or_was_told(kit, account, invitee, accepted, "admin")
        in_order(kit)


def test_who_is_demoted_while_they_invite_leaves_no_invitation(kit: RaceKit) -> None:
    """R17, I2: what slips in before the demotion ends with it, what comes after is refused."""
    for number in range(ROUNDS):
        account = kit.account(managers=1)
        (mark,) = account.managers
        kit.make_admin(account, mark)

        demoted, *invited = kit.together(
            demoting(account, mark),
            *[partial(invitation, mark, account, person(f"slip{number}.{each}@race.example")) for each in range(3)],
        )

        assert refusals([demoted]) == []
        assert set(refusals(invited)) <= {"account_not_found", "forbidden"}
        in_order(kit)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_new_policy_takes_away_is_accepted_before_or_not_at_all(kit: RaceKit, kind: str) -> None:
    """R17, I1, I5: managers lose the right to invite, while one whom they invited comes in."""
    for number in range(ROUNDS):
        account, invitee = kit.account(managers=1), person(f"guest{number}@race.example")
        claim = invitation(account.managers[0], account, invitee if kind == "mail" else None, Role.MANAGER)

        edited, accepted = kit.together(letting(ManagedBy.ADMINS, account), kit.accepting(invitee, claim))

        assert refusals([edited]) == []
        came_in_or_was_told(kit, account, invitee, accepted, "manager")
        in_order(kit)


def test_a_new_policy_beside_invitations_and_a_demotion_leaves_nothing_that_nobody_may_give(kit: RaceKit) -> None:
    """R17, I2: what is sent meanwhile ends as well, and so does what the admin sent who is one no more."""
    for number in range(ROUNDS):
        account = kit.account(managers=2)
        mark, mona = account.managers
        kit.make_admin(account, mark)
        invitation(mark, account, person(f"before{number}@race.example"), Role.MANAGER)

        edited, demoted, *invited = kit.together(
            letting(ManagedBy.ADMINS, account),
            demoting(account, mark),
            *[
                partial(invitation, mona, account, person(f"beside{number}.{each}@race.example"), Role.MANAGER)
                for each in range(2)
            ],
        )

        assert refusals([edited, demoted]) == []
        assert set(refusals(invited)) <= {"forbidden", "busy"}
        in_order(kit)


def caught(kit: RaceKit, accounts: list[RaceAccount]) -> int:
    """How many of the accounts a violated invariant, or an invitation of no worth, names."""
    tables = kit.tables()
    found = violations_in(tables) + not_entitled(tables)
    return sum(any(account.id in text for text in found) for account in accounts)


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_a_careless_demotion_is_caught(kit: RaceKit, monkeypatch: pytest.MonkeyPatch, *, conditions: bool) -> None:
    """I2, I5: the negative control: it ends what has been accepted, or leaves what was sent meanwhile."""
    all_held = [kit.account(managers=1) for _ in range(ROUNDS)]
    for account in all_held:
        kit.make_admin(account, account.managers[0])
    if not conditions:
        monkeypatch.setattr(change_role, "commit", commit_whatever)
    for number, account in enumerate(all_held):
        (mark,), invitee = account.managers, person(f"careless{number}@race.example")
        claim = invitation(mark, account, invitee)
        slips = [person(f"careless{number}.{each}@race.example") for each in range(3)]
        kit.together(
            demoting(account, mark),
            kit.accepting(invitee, claim),
            *[partial(invitation, mark, account, each) for each in slips],
        )
    assert caught(kit, all_held) == 0 if conditions else caught(kit, all_held) >= 0.3 * ROUNDS


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_a_careless_policy_is_caught(kit: RaceKit, monkeypatch: pytest.MonkeyPatch, *, conditions: bool) -> None:
    """I2, I5, R17: the negative control: it ends what has been accepted."""
    all_held = [kit.account(managers=1) for _ in range(ROUNDS)]
    if not conditions:
        monkeypatch.setattr(edit_account, "commit", commit_whatever)
    for number, account in enumerate(all_held):
        guests = [person(f"guest{number}.{each}@careless.example") for each in range(3)]
        claims = [invitation(account.managers[0], account, each, Role.MANAGER) for each in guests]
        outcomes = kit.together(
            letting(ManagedBy.ADMINS, account), *[kit.accepting(*each) for each in zip(guests, claims, strict=True)]
        )
        assert len(successes(outcomes)) >= 1
    assert caught(kit, all_held) == 0 if conditions else caught(kit, all_held) >= 0.3 * ROUNDS
