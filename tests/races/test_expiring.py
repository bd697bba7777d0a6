"""Races at the moment at which an invitation expires."""

from datetime import timedelta
from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.domain.errors import DomainError
from chalicelib.operations.invitations.expire_invitation import if_overdue
from chalicelib.operations.invitations.invite import invite
from chalicelib.operations.invitations.list_invitations import view
from tests.races.people import claim_of, person, refusals
from tests.races.race_kit import RaceKit, asked, context, rounds

A_MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize("kind", ["email", "link"])
def test_accepting_in_the_last_millisecond_against_expiry_ends_one_way(kit: RaceKit, kind: str) -> None:
    """R10, R17, R20: accepted or expired, never both; the seat is the manager's or free again (I2)."""
    account = kit.account()
    for number in rounds(15):
        who = person(f"late{number}@acme.example")
        if kind == "email":
            invitation = kit.invited(account.owner, account.id, str(who.address)).invitation
        else:
            invitation = kit.linked(account.owner, account.id, lasts=timedelta(days=1))
        end = invitation.expires_at
        assert end is not None

        accepted, *swept = kit.together(
            kit.accepting(who, claim_of(invitation), now=end - A_MOMENT),
            *[partial(if_overdue, account.id, invitation.id, now=end)] * 2,
        )

        assert refusals(swept) == []
        status = view(account.owner, account.id, invitation.id, now=wiring.now()).status
        assert status == ("expired" if isinstance(accepted, DomainError) else "accepted")
        assert refusals([accepted]) in ([], ["invitation_expired"])
    kit.require_order()


def test_an_expired_invitation_blocks_nobody_and_takes_nobodys_place(kit: RaceKit) -> None:
    """I3, R11, R20: at that moment the address is invited again, four times at once, while the invitee accepts."""
    account = kit.account()
    for number in rounds(10):
        who = person(f"again{number}@acme.example")
        invitation = kit.invited(account.owner, account.id, str(who.address)).invitation
        end = invitation.expires_at
        assert end is not None

        accepted, *again = kit.together(
            kit.accepting(who, claim_of(invitation), now=end - A_MOMENT),
            *[
                partial(
                    invite, account.owner, account.id, asked(str(who.address)), context=context(now=end)
                )
            ]
            * 4,
        )  # fmt: skip

        if isinstance(accepted, DomainError):
            assert accepted.code == "invitation_expired"
            assert refusals(again) == ["already_invited"] * 3
        else:  # who read before the acceptance and wrote after it is told of the invitation that was read
            assert len(refusals(again)) == 4
            assert set(refusals(again)) <= {"already_manager", "already_invited"}
    kit.require_order()
