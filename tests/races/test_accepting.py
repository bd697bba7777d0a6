"""Races for one invitation: who gets it, and that it is got once."""

from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.domain.errors import DomainError
from chalicelib.operations.customers.view_me import view_me
from chalicelib.operations.invitations.list_invitations import view
from chalicelib.operations.managers.list_managers import list_managers
from chalicelib.operations.managers.remove_manager import remove
from chalicelib.operations.pages import PageRequest
from tests.races.people import id_of, person, refusals, successes
from tests.races.race_kit import CROWD, RaceKit, bounded, context, rounds


def test_sixteen_clicks_of_a_newcomer_make_one_membership(kit: RaceKit) -> None:
    """S9, R16, R21: one 201, the rest 200 with the same membership; one customer, one event (I1, I2, I5)."""
    account = kit.account()
    for number in rounds(6):
        who = person(f"newcomer{number}@acme.example")
        claim = kit.invite(account.owner, account.id, who.address)

        outcomes = kit.together(*[kit.accepting(who, claim)] * CROWD)

        assert refusals(outcomes) == []
        assert sorted(each.repeated for each in outcomes) == [False] + [True] * (CROWD - 1)
        assert len({each.membership for each in outcomes}) == 1
    kit.require_order()


def test_sixteen_clicks_of_a_known_customer_make_one_membership(kit: RaceKit) -> None:
    """S9, R16: the same for somebody who has a customer record already."""
    (who,) = kit.account(managers=1).managers
    for _ in rounds(6):
        account = kit.account()
        claim = kit.invite(account.owner, account.id, who.address)

        outcomes = kit.together(*[kit.accepting(who, claim)] * CROWD)

        assert refusals(outcomes) == []
        assert sorted(each.repeated for each in outcomes) == [False] + [True] * (CROWD - 1)
        assert len({each.membership for each in outcomes}) == 1
    kit.require_order()


def test_one_of_sixteen_holders_of_a_link_gets_it(kit: RaceKit) -> None:
    """R10, R16: a link is good for one person; the others are told that it was used."""
    account = kit.account()
    for number in rounds(6):
        claim = kit.link(account.owner, account.id)
        holders = [person(f"holder{number}-{each}@elsewhere.example") for each in range(CROWD)]

        outcomes = kit.together(*[kit.accepting(who, claim) for who in holders])

        assert refusals(outcomes) == ["invitation_used"] * (CROWD - 1)
        (winner,) = successes(outcomes)
        assert not winner.repeated
    kit.require_order()


def test_an_invitation_by_mail_is_for_its_address_however_many_try(kit: RaceKit) -> None:
    """S1, R15: fifteen others with the right link are refused, and hinder nobody."""
    account = kit.account()
    for number in rounds(4):
        invited = person(f"invited{number}@acme.example")
        claim = kit.invite(account.owner, account.id, invited.address)
        others = [person(f"other{number}-{each}@elsewhere.example") for each in range(CROWD - 1)]

        accepted, *rest = kit.together(*[kit.accepting(who, claim) for who in (invited, *others)])

        assert not isinstance(accepted, DomainError), accepted
        assert len(refusals(rest)) == CROWD - 1
        assert set(refusals(rest)) <= {"email_mismatch", "invitation_used"}
    kit.require_order()


def test_one_address_with_two_sign_ins_becomes_one_customer(kit: RaceKit) -> None:
    """S3, R2: whoever is first with the address has it; the other sign-in is refused."""
    account = kit.account()
    for number in rounds(8):
        address = f"double{number}@acme.example"
        both = [person(address), person(address, sign_in="another way")]
        claim = kit.invite(account.owner, account.id, address)

        outcomes = kit.together(*[kit.accepting(who, claim) for who in both * 4])

        joined = successes(outcomes)
        assert len({each.membership for each in joined}) == 1
        assert sorted(each.repeated for each in joined) == [False, True, True, True]
        assert refusals(outcomes) == ["forbidden"] * 4
    kit.require_order()


@pytest.mark.parametrize("kind", ["email", "link"])
def test_accepting_against_revoking_ends_one_way(kit: RaceKit, kind: str) -> None:
    """S10, R19: accepted or revoked, never both, and everybody is told which."""
    account = kit.account(managers=1)
    for number in rounds(20):
        who = person(f"invited{number}@acme.example")
        by_link = kind == "link"
        claim = kit.link(account.owner, account.id) if by_link else kit.invite(account.owner, account.id, who.address)
        managers = (account.owner, *account.managers)

        accepted, *revoked = kit.together(kit.accepting(who, claim), *[kit.revoking(each, claim) for each in managers])

        seen = view(account.owner, account.id, claim.invitation_id, now=wiring.now())
        if isinstance(accepted, DomainError):
            assert accepted.code == "invitation_revoked"
            assert refusals(revoked) == []
            assert seen.status == "revoked"
        else:
            assert refusals(revoked) == ["invitation_accepted"] * 2
            assert seen.status == "accepted"
    kit.require_order()


def test_an_invitation_does_not_outlive_the_right_of_who_sent_it(kit: RaceKit) -> None:
    """R17, R22: accepting against the removal of the inviter: in time, or ``invitation_revoked``."""
    for number in rounds(10):
        account = kit.account(managers=1)
        (inviter,) = account.managers
        people = [person(f"invited{number}-{each}@acme.example") for each in range(3)]
        claims = [kit.invite(inviter, account.id, each.address) for each in people]

        removed, *accepted = kit.together(
            partial(remove, account.owner, account.id, id_of(inviter), context=context()),
            *[kit.accepting(who, claim) for who, claim in zip(people, claims, strict=True)],
        )

        assert removed is None
        assert set(refusals(accepted)) <= {"invitation_revoked"}
        page = list_managers(account.owner, account.id, PageRequest(10, None), now=wiring.now())
        assert len(page.people.things) == 1 + len(successes(accepted))
    kit.require_order()


def test_nobody_gets_more_accounts_than_one_person_may_have(kit: RaceKit) -> None:
    """R5: eight invitations accepted at once by one newcomer; one is good, the others say why not."""
    one_each = bounded(memberships_per_customer=1)
    for number in rounds(5):
        places = [kit.account() for _ in range(8)]
        who = person(f"wanted{number}@acme.example")
        claims = [kit.invite(each.owner, each.id, who.address) for each in places]

        outcomes = kit.together(*[kit.accepting(who, claim, limits=one_each) for claim in claims])

        assert len(successes(outcomes)) == 1
        assert refusals(outcomes) == ["membership_limit_reached"] * 7
    kit.require_order(limits=one_each)


def test_a_manager_gets_no_more_accounts_than_one_person_may_have(kit: RaceKit) -> None:
    """R5: the same for somebody who manages one account and may have two (I2)."""
    two_each = bounded(memberships_per_customer=2)
    for _ in rounds(5):
        (who,) = kit.account(managers=1).managers
        claims = [kit.invite(each.owner, each.id, who.address) for each in [kit.account() for _ in range(6)]]

        outcomes = kit.together(*[kit.accepting(who, claim, limits=two_each) for claim in claims])

        assert len(successes(outcomes)) == 1
        assert refusals(outcomes) == ["membership_limit_reached"] * 5
    kit.require_order(limits=two_each)


def test_an_account_is_imported_once(kit: RaceKit) -> None:
    """R53: eight imports of one Zuora account at once give the same account, new to one of them."""
    for number in rounds(6):
        owner = person(f"sold-to{number}@acme.example")

        outcomes = kit.together(*[partial(kit.imported, owner, f"one-{number}")] * 8)

        assert refusals(outcomes) == []
        assert len({each.account.id for each in outcomes}) == 1
        assert sum(not each.known_before for each in outcomes) == 1
    kit.require_order()


def test_a_first_sign_in_binds_once(kit: RaceKit) -> None:
    """R2: the Sold To's first request, eight times at once, in two ways of signing in."""
    for number in rounds(6):
        address = f"first{number}@acme.example"
        both = [person(address), person(address, sign_in="another way")]
        customer = kit.imported(both[0], f"first-{number}").first_manager.customer
        assert customer is not None

        outcomes = kit.together(*[partial(view_me, who, now=wiring.now()) for who in both * 4])

        assert {each.customer.id for each in successes(outcomes)} == {customer.id}
        assert refusals(outcomes) == ["forbidden"] * 4
    kit.require_order()
