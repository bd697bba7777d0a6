"""Races for seats, for places among the pending, for an address and for an idempotency key."""

from functools import partial

from chalicelib.store.idempotency import IdempotentRequest
from tests.races.people import person, refusals, successes
from tests.races.race_kit import CROWD, LIMITS, RaceKit, bounded, rounds


def test_free_seats_are_taken_and_no_more(kit: RaceKit) -> None:
    """R7: sixteen invitations for three free seats (I2)."""
    for number in rounds(5):
        account = kit.account(plan="small")
        seats = LIMITS.managers_by_plan["small"]
        assert seats == 4

        outcomes = kit.together(
            *[
                partial(kit.invite, account.owner, account.id, f"seat{number}-{each}@acme.example")
                for each in range(CROWD)
            ]
        )

        assert len(successes(outcomes)) == seats - 1
        assert refusals(outcomes) == ["account_full"] * (CROWD - seats + 1)
    kit.require_order()


def test_seats_are_shared_by_those_who_accept_and_those_who_are_invited(kit: RaceKit) -> None:
    """R7, R17: accepting keeps its seat, revoking and inviting race for the others (I2)."""
    for number in rounds(6):
        account = kit.account(plan="small")
        people = [person(f"seated{number}-{each}@acme.example") for each in range(3)]
        claims = [kit.invite(account.owner, account.id, each.address) for each in people]
        more = [
            partial(kit.invite, account.owner, account.id, f"more{number}-{each}@acme.example") for each in range(6)
        ]

        outcomes = kit.together(
            *[kit.accepting(who, claim) for who, claim in zip(people[:2], claims[:2], strict=True)],
            kit.revoking(account.owner, claims[2]),
            *more,
        )

        assert refusals(outcomes[:3]) == []
        assert len(successes(outcomes[3:])) <= 1
        assert set(refusals(outcomes[3:])) == {"account_full"}
    kit.require_order()


def test_places_among_the_pending_are_taken_and_no_more(kit: RaceKit) -> None:
    """R8: two managers send sixteen invitations where six may be pending (I2)."""
    six = bounded(pending_invitations=6)
    for number in rounds(5):
        account = kit.account(managers=1)
        senders = [account.owner, *account.managers] * (CROWD // 2)

        outcomes = kit.together(
            *[
                partial(kit.invited, sender, account.id, f"place{number}-{each}@acme.example", limits=six)
                for each, sender in enumerate(senders)
            ]
        )

        assert len(successes(outcomes)) == 6
        assert refusals(outcomes) == ["pending_limit_reached"] * (CROWD - 6)
    kit.require_order(limits=six)


def test_one_address_is_invited_once(kit: RaceKit) -> None:
    """R11, I3: sixteen invitations for one address by two managers; the others are told which one there is."""
    for number in rounds(6):
        account = kit.account(managers=1)
        senders = [account.owner, *account.managers] * (CROWD // 2)

        outcomes = kit.together(
            *[partial(kit.invited, sender, account.id, f"one{number}@acme.example") for sender in senders]
        )

        (invited,) = successes(outcomes)
        assert refusals(outcomes) == ["already_invited"] * (CROWD - 1)
        told = {each.fields["invitation_id"] for each in outcomes if each is not invited}
        assert told == {invited.invitation.id}
    kit.require_order()


def test_one_key_makes_one_invitation(kit: RaceKit) -> None:
    """R26: the same request sixteen times at once; one is new, fifteen repeat its answer."""
    for number in rounds(6):
        account = kit.account()
        request = IdempotentRequest(id=f"request {number}", fingerprint="the body")
        address = f"key{number}@acme.example"

        outcomes = kit.together(
            *[partial(kit.invited, account.owner, account.id, address, request=request)] * CROWD
        )  # fmt: skip

        assert refusals(outcomes) == []
        assert sorted(each.replayed for each in outcomes) == [False] + [True] * (CROWD - 1)
        assert len({each.invitation for each in outcomes}) == 1
    kit.require_order()


def test_one_key_with_two_bodies_makes_one_of_the_two(kit: RaceKit) -> None:
    """R26: the other body is ``idempotency_key_reused``, and has invited nobody."""
    for number in rounds(6):
        account = kit.account()
        addresses = [f"either{number}@acme.example", f"other{number}@acme.example"]

        outcomes = kit.together(
            *[
                partial(
                    kit.invited,
                    account.owner,
                    account.id,
                    each,
                    request=IdempotentRequest(f"request {number}", f"body {body}"),
                )
                for body, each in enumerate(addresses)
            ]
            * 4
        )

        assert len({each.invitation.id for each in successes(outcomes)}) == 1
        assert refusals(outcomes) == ["idempotency_key_reused"] * 4
    kit.require_order()
