"""Races around sending again, declining, and the bounds of how much may be sent."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import DomainError, RateLimited
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.tokens import Claim
from chalicelib.operations.invitations.decline_invitation import decline_by_link
from chalicelib.operations.invitations.expire_invitation import if_overdue
from chalicelib.operations.invitations.invite import invite
from chalicelib.operations.invitations.list_invitations import view
from chalicelib.operations.invitations.request_new_invitation import request_new
from chalicelib.operations.invitations.resend_invitation import resend
from chalicelib.operations.managers.remove_manager import remove
from tests.races.people import RaceAccount, claim_of, id_of, person, refusals, successes
from tests.races.race_kit import CROWD, RaceKit, asked, bounded, context, rounds


def sending_again(account: RaceAccount, it: Invitation, *, to: str | None = None) -> "partial[Invitation]":
    """Sending it again, for later."""
    address = None if to is None else Address(to)
    return partial(resend, account.owner, account.id, it.id, new_address=address, context=context())


def now_of(account: RaceAccount, it: Invitation) -> Invitation:
    return view(account.owner, account.id, it.id, now=wiring.now())


def test_accepting_against_sending_again_ends_one_way(kit: RaceKit) -> None:
    """R14, R17: by the old link before, or with a new link and the old one dead; never both."""
    account = kit.account()
    for number in rounds(15):
        who = person(f"again{number}@acme.example")
        it = kit.invited(account.owner, account.id, str(who.address)).invitation

        accepted, *sent = kit.together(kit.accepting(who, claim_of(it)), *[sending_again(account, it)] * 2)

        after = now_of(account, it)
        if isinstance(accepted, DomainError):
            assert accepted.code == "invitation_superseded"
            assert after.status == "pending"
        else:
            assert after.status == "accepted"
            assert set(refusals(sent)) <= {"invitation_accepted"}
        assert after.generation == 1 + len(successes(sent))
    kit.require_order()


def test_declining_by_a_link_against_giving_its_address_up_ends_one_way(kit: RaceKit) -> None:
    """R14, R18: declined before, or sent to somebody else, whom the old link can do nothing to; never both."""
    account = kit.account()
    for number in rounds(10):
        it = kit.invited(account.owner, account.id, f"wrong{number}@acme.example").invitation

        declined, sent = kit.together(
            partial(decline_by_link, account.id, it.id, generation=1, reason=None, now=wiring.now()),
            sending_again(account, it, to=f"right{number}@acme.example"),
        )

        if isinstance(declined, DomainError):
            assert (declined.code, now_of(account, it).status) == ("invitation_superseded", "pending")
            kit.revoking(account.owner, claim_of(now_of(account, it)))()
        else:
            assert (refusals([sent]), now_of(account, it).status) == (["invitation_declined"], "declined")
    kit.require_order()


def test_an_address_that_several_invitations_move_to_is_invited_once(kit: RaceKit) -> None:
    """R11, I3: four invitations are sent again to one address, while it is invited too."""
    account = kit.account()
    for number in rounds(10):
        wanted = f"wanted{number}@acme.example"
        made = [
            kit.invited(account.owner, account.id, f"old{number}-{each}@acme.example").invitation for each in range(3)
        ]

        outcomes = kit.together(
            *[sending_again(account, each, to=wanted) for each in made],
            partial(
                invite, account.owner, account.id, asked(wanted), context=context(),
            ),
        )  # fmt: skip

        assert refusals(outcomes) == ["already_invited"] * 3
        for each in made:
            kit.revoking(account.owner, claim_of(each))()
        kit.require_order()
        (winner,) = successes(outcomes)
        last = getattr(winner, "invitation", winner)
        kit.revoking(account.owner, claim_of(last))()


@pytest.mark.parametrize("rival", ["accept", "revoke", "expire"])
def test_declining_against_another_end_has_one_end(kit: RaceKit, rival: str) -> None:
    """R16, R18, R19, R20, I2, I5."""
    account = kit.account()
    for number in rounds(8):
        who = person(f"undecided{number}@acme.example")
        it = kit.invited(account.owner, account.id, str(who.address)).invitation
        assert it.expires_at is not None
        rivals: dict[str, Callable[[], object]] = {
            "accept": kit.accepting(who, claim_of(it)),
            "revoke": kit.revoking(account.owner, claim_of(it)),
            "expire": partial(if_overdue, account.id, it.id, now=it.expires_at),
        }

        kit.together(
            partial(decline_by_link, account.id, it.id, generation=1, reason=None, now=wiring.now()), rivals[rival]
        )

        ended = {"accept": {"accepted"}, "revoke": {"revoked"}, "expire": set()}[rival]
        assert now_of(account, it).status in ended | {"declined"}
        kit.require_order()


def test_revoking_against_the_sweep_is_for_good(kit: RaceKit) -> None:
    """R19, R20: whichever comes first, it is revoked in the end, and its seat is given back once (I2)."""
    account = kit.account()
    for number in rounds(15):
        it = kit.invited(account.owner, account.id, f"over{number}@acme.example").invitation
        assert it.expires_at is not None

        outcomes = kit.together(
            kit.revoking(account.owner, claim_of(it)), *[partial(if_overdue, account.id, it.id, now=it.expires_at)] * 3
        )

        assert refusals(outcomes) == []
        assert now_of(account, it).status == "revoked"
    kit.require_order()


def test_an_inviter_who_is_removed_takes_along_what_is_just_being_accepted_or_not(kit: RaceKit) -> None:
    """R17, R22: accepted before the removal, or dead; the removal happens in any case."""
    for number in rounds(10):
        account = kit.account(managers=1)
        (inviter,) = account.managers
        who = person(f"invited{number}@acme.example")
        it = kit.invited(inviter, account.id, str(who.address)).invitation

        accepted, removed = kit.together(
            kit.accepting(who, claim_of(it)),
            partial(remove, account.owner, account.id, id_of(inviter), context=context()),
        )

        assert not isinstance(removed, DomainError)
        assert refusals([accepted]) in ([], ["invitation_revoked"])
        assert now_of(account, it).status == ("revoked" if isinstance(accepted, DomainError) else "accepted")
        kit.require_order()


@pytest.mark.parametrize("bound", ["invitations_per_inviter", "invitations_per_account", "mails_per_address"])
def test_a_quota_is_drawn_on_to_its_end_and_no_further(kit: RaceKit, bound: str) -> None:
    """R24: sixteen at once get exactly as many as there are, and the others are told when to come again."""
    for number in rounds(4):
        account = [kit.account() for _ in range(CROWD)] if bound == "mails_per_address" else [kit.account()] * CROWD
        limits = bounded(pending_invitations=CROWD, **{bound: 5})
        now = wiring.now()
        one = f"one{number}-{bound}@acme.example"
        assignments = [
            asked(one if bound == "mails_per_address" else f"{each}-{number}-{bound}@acme.example")
            for each in range(CROWD)
        ]

        outcomes = kit.together(
            *[
                partial(invite, each.owner, each.id, wanted, context=context(limits, now=now))
                for each, wanted in zip(account, assignments, strict=True)
            ]
        )

        assert refusals(outcomes) == ["rate_limited"] * (CROWD - 5)
        waits = [each.retry_after for each in outcomes if isinstance(each, RateLimited)]
        assert all(timedelta(0) < each <= timedelta(days=1) for each in waits)
    kit.require_order(limits=bounded(pending_invitations=CROWD))


def test_a_new_one_is_asked_for_once_a_day_however_often_they_click(kit: RaceKit) -> None:
    """R23."""
    account = kit.account()
    for number in rounds(10):
        it = kit.invited(account.owner, account.id, f"asks{number}@acme.example").invitation
        assert it.expires_at is not None
        claim = Claim(it.key_id, account.id, it.id, it.generation)

        outcomes = kit.together(*[partial(request_new, claim, now=it.expires_at)] * 8)

        assert refusals(outcomes) == ["rate_limited"] * 7
    kit.require_order()
