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
from tests.races.people import Held, claim_of, id_of, person, refusals, successes
from tests.races.race_kit import Arena, context, rounds
from tests.races.test_control import commit_whatever

ROUNDS = len(rounds(6))
KINDS = ["mail", "link"]


def invitation(by: SignedIn, held: Held, who: SignedIn | None, role: Role = Role.ADMIN) -> InvitationRef:
    """An invitation to that role, by mail or, for nobody in particular, by a link without an end."""
    address = None if who is None else Address(str(who.address))
    asked = InvitationRequest(address, role, None if who is None else timedelta(days=7), None, None)
    made = invite(by, held.id, asked, context=context())
    return claim_of(made.invitation)


def demoting(held: Held, who: SignedIn, role: Role = Role.MANAGER) -> Callable[[], Any]:
    """The owner gives somebody a lower role, for later."""
    return partial(change_role.change_role, held.owner, held.id, id_of(who), role, context=context())


def in_order(arena: Arena) -> None:
    """All invariants hold, and nothing is pending that its sender may not give."""
    arena.require_order()
    assert not_entitled(arena.tables()) == []


def role_of(arena: Arena, held: Held, who: SignedIn) -> str | None:
    """The role that somebody has in the tables."""
    for it in arena.tables()["Memberships"]:
        if it["owner"]["S"] == held.id and it["member"]["S"] == id_of(who):
            return str(it["role"]["S"])
    return None


def came_in_or_was_told(arena: Arena, held: Held, who: SignedIn, answer: Any, role: str) -> None:
    """Either somebody is in with the role that they were invited to, or the invitation counts as revoked."""
    if isinstance(answer, AcceptResult):
        assert role_of(arena, held, who) == role
    else:
        assert refusals([answer]) == ["invitation_revoked"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_demoted_admin_gave_is_accepted_before_or_not_at_all(arena: Arena, kind: str) -> None:
    """R17, I1, I5: by mail and by link; the demotion happens whatever the invitee does."""
    for number in range(ROUNDS):
        held, invitee = arena.account(managers=1), person(f"heir{number}@race.example")
        (mark,) = held.managers
        arena.make_admin(held, mark)
        claim = invitation(mark, held, invitee if kind == "mail" else None)

        demoted, accepted = arena.together(demoting(held, mark), arena.accepting(invitee, claim))

        assert refusals([demoted]) == []
        assert role_of(arena, held, mark) == "manager"
        came_in_or_was_told(arena, held, invitee, accepted, "admin")
        in_order(arena)


def test_who_is_demoted_while_they_invite_leaves_no_invitation(arena: Arena) -> None:
    """R17, I2: what slips in before the demotion ends with it, what comes after is refused."""
    for number in range(ROUNDS):
        held = arena.account(managers=1)
        (mark,) = held.managers
        arena.make_admin(held, mark)

        demoted, *invited = arena.together(
            demoting(held, mark),
            *[partial(invitation, mark, held, person(f"slip{number}.{each}@race.example")) for each in range(3)],
        )

        assert refusals([demoted]) == []
        assert set(refusals(invited)) <= {"account_not_found", "forbidden"}
        in_order(arena)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_new_policy_takes_away_is_accepted_before_or_not_at_all(arena: Arena, kind: str) -> None:
    """R17, I1, I5: managers lose the right to invite, while one whom they invited comes in."""
    for number in range(ROUNDS):
        held, invitee = arena.account(managers=1), person(f"guest{number}@race.example")
        claim = invitation(held.managers[0], held, invitee if kind == "mail" else None, Role.MANAGER)

        edited, accepted = arena.together(letting(ManagedBy.ADMINS, held), arena.accepting(invitee, claim))

        assert refusals([edited]) == []
        came_in_or_was_told(arena, held, invitee, accepted, "manager")
        in_order(arena)


def test_a_new_policy_beside_invitations_and_a_demotion_leaves_nothing_that_nobody_may_give(arena: Arena) -> None:
    """R17, I2: what is sent meanwhile ends as well, and so does what the admin sent who is one no more."""
    for number in range(ROUNDS):
        held = arena.account(managers=2)
        mark, mona = held.managers
        arena.make_admin(held, mark)
        invitation(mark, held, person(f"before{number}@race.example"), Role.MANAGER)

        edited, demoted, *invited = arena.together(
            letting(ManagedBy.ADMINS, held),
            demoting(held, mark),
            *[
                partial(invitation, mona, held, person(f"beside{number}.{each}@race.example"), Role.MANAGER)
                for each in range(2)
            ],
        )

        assert refusals([edited, demoted]) == []
        assert set(refusals(invited)) <= {"forbidden", "busy"}
        in_order(arena)


def caught(arena: Arena, accounts: list[Held]) -> int:
    """How many of the accounts a violated invariant, or an invitation of no worth, names."""
    tables = arena.tables()
    found = violations_in(tables) + not_entitled(tables)
    return sum(any(held.id in text for text in found) for held in accounts)


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_a_careless_demotion_is_caught(arena: Arena, monkeypatch: pytest.MonkeyPatch, *, conditions: bool) -> None:
    """I2, I5: the negative control: it ends what has been accepted, or leaves what was sent meanwhile."""
    all_held = [arena.account(managers=1) for _ in range(ROUNDS)]
    for held in all_held:
        arena.make_admin(held, held.managers[0])
    if not conditions:
        monkeypatch.setattr(change_role, "commit", commit_whatever)
    for number, held in enumerate(all_held):
        (mark,), invitee = held.managers, person(f"careless{number}@race.example")
        claim = invitation(mark, held, invitee)
        slips = [person(f"careless{number}.{each}@race.example") for each in range(3)]
        arena.together(
            demoting(held, mark),
            arena.accepting(invitee, claim),
            *[partial(invitation, mark, held, each) for each in slips],
        )
    assert caught(arena, all_held) == 0 if conditions else caught(arena, all_held) >= 0.3 * ROUNDS


@pytest.mark.parametrize("conditions", [True, False], ids=["with conditions", "without conditions"])
def test_a_careless_policy_is_caught(arena: Arena, monkeypatch: pytest.MonkeyPatch, *, conditions: bool) -> None:
    """I2, I5, R17: the negative control: it ends what has been accepted."""
    all_held = [arena.account(managers=1) for _ in range(ROUNDS)]
    if not conditions:
        monkeypatch.setattr(edit_account, "commit", commit_whatever)
    for number, held in enumerate(all_held):
        guests = [person(f"guest{number}.{each}@careless.example") for each in range(3)]
        claims = [invitation(held.managers[0], held, each, Role.MANAGER) for each in guests]
        outcomes = arena.together(
            letting(ManagedBy.ADMINS, held), *[arena.accepting(*each) for each in zip(guests, claims, strict=True)]
        )
        assert len(successes(outcomes)) >= 1
    assert caught(arena, all_held) == 0 if conditions else caught(arena, all_held) >= 0.3 * ROUNDS
