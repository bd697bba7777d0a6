"""Races of the support desk: with managers, with colleagues, and of a transfer's workers with each other."""

from functools import partial

from chalicelib import wiring
from chalicelib.domain.addresses import Address
from chalicelib.domain.memberships import Role
from chalicelib.domain.rules import Overrides
from chalicelib.domain.sign_in_links import SignInClaim
from chalicelib.domain.transfers import State, Transfer
from chalicelib.operations.accounts import edit_account
from chalicelib.operations.customers import edit_customer, sign_in_link
from chalicelib.operations.customers.edit_customer import Edit
from chalicelib.operations.managers.grant_membership import Grantee
from chalicelib.operations.managers.remove_manager import leave
from chalicelib.operations.managers.remove_membership import remove_membership
from chalicelib.operations.transfers import start_transfer
from chalicelib.operations.transfers.advance_transfer import advance
from chalicelib.store import customers, reading, transfers
from tests.races.desk import DESK, PROOF, granted
from tests.races.people import Held, id_of, person, refusals, successes
from tests.races.race_kit import Arena, context, rounds


def owner_id(held: Held) -> str:
    """The owner, who may never have acted."""
    return str(reading.one(customers.by_address(Address(str(held.owner.address)))))


def started(held: Held, address: str) -> Transfer:
    """A transfer from the owner to somebody who has a record by now, up to the assignment for Zuora."""
    granted(held, address)()
    customer_id = reading.one(customers.by_address(Address(address)))
    named = Edit("Nina", "New", None, None, replace_sold_to=False, dry_run=False, version=None)
    edit_customer.edit_customer(DESK, str(customer_id), named, context=context())
    asked = start_transfer.TransferRequest(
        from_customer_id=owner_id(held),
        to=Grantee(customer_id, None),
        role=Role.ADMIN,
        proof=PROOF,
    )
    return start_transfer.start(DESK, held.id, asked, context=context()).transfer


def state_of(transfer: Transfer) -> State:
    found = reading.one(transfers.key(transfer.id))
    assert found is not None
    return found.state


def events_of(arena: Arena, transfer: Transfer, *types: str) -> int:
    """How many events of these types the account has."""
    history = arena.tables()["History"]
    return sum(
        it["account_id"]["S"] == transfer.account_id and it["type"]["S"] in types
        for it in history
        if "account_id" in it
    )


def test_two_grants_of_one_person_make_one_membership(arena: Arena) -> None:
    """R12, I1, I2: whoever was slower is told ``already_manager``; one record, whoever made it."""
    for number in rounds(8):
        held = arena.account()
        outcomes = arena.together(*[granted(held, f"nina{number}@race.example")] * 4)
        assert len(successes(outcomes)) == 1
        assert set(refusals(outcomes)) <= {"already_manager", "busy"}
    arena.require_order()


def test_grants_and_invitations_never_take_more_seats_than_there_are(arena: Arena) -> None:
    """R7, I2: of a plan with four seats three are free."""
    for number in rounds(4):
        held = arena.account(plan="small")
        actions = [granted(held, f"granted{number}.{each}@race.example") for each in range(4)]
        actions += [
            partial(arena.invite, held.owner, held.id, f"invited{number}.{each}@race.example") for each in range(4)
        ]
        outcomes = arena.together(*actions)
        assert len(successes(outcomes)) == 3
        assert set(refusals(outcomes)) <= {"account_full", "busy"}
    arena.require_order()


def test_a_manager_who_leaves_while_support_removes_the_other_does_not_leave_nobody(arena: Arena) -> None:
    """R31, I4: without ``allow_last`` the guard holds for support too."""
    for _ in rounds(10):
        held = arena.account(managers=1)
        removing = partial(
            remove_membership, DESK, held.id, id_of(held.managers[0]), overrides=Overrides(), reason="Asked for it",
            dry_run=False, now=wiring.now(),
        )  # fmt: skip
        outcomes = arena.together(partial(leave, held.owner, held.id, now=wiring.now()), removing)
        assert len(successes(outcomes)) == 1
        assert set(refusals(outcomes)) <= {"last_manager", "busy"}
    arena.require_order()


def test_of_edits_that_read_the_same_version_one_is_written(arena: Arena) -> None:
    """R64: the others are told that it has changed."""
    for _ in rounds(8):
        held = arena.account()
        edits = [
            partial(
                edit_account.edit_account,
                DESK,
                held.id,
                {"max_managers": 5 + each},
                version=1,
                context=context(),
            )
            for each in range(4)
        ]
        outcomes = arena.together(*edits)
        assert (len(successes(outcomes)), refusals(outcomes)) == (1, ["version_conflict"] * 3)
    arena.require_order()


def test_a_sign_in_link_is_redeemed_once(arena: Arena) -> None:
    """R64: eight clicks at once."""
    held = arena.account()
    for _ in rounds(6):
        link = sign_in_link.create(DESK, owner_id(held), context=context()).link
        claim = SignInClaim(link.key_id, link.customer_id, link.generation)
        outcomes = arena.together(*[partial(sign_in_link.redeem, claim, now=wiring.now())] * 8)
        assert (len(successes(outcomes)), refusals(outcomes)) == (1, ["sign_in_link_used"] * 7)


def test_workers_who_advance_one_transfer_do_each_step_once(arena: Arena) -> None:
    """R66: messages come twice, the schedule comes by; each state is written by one of them."""
    for number in rounds(5):
        held = arena.account()
        transfer = started(held, f"next{number}@race.example")
        now = context()
        arena.together(*[partial(advance, transfer.id, now)] * 6)
        assert state_of(transfer) is State.SOLD_TO_REQUESTED
        assert events_of(arena, transfer, "sold_to_changed") == 1
        assert events_of(arena, transfer, "transfer_advanced") == 2
    arena.require_order()


def test_a_transfer_that_is_cancelled_while_it_is_worked_on_is_cancelled(arena: Arena) -> None:
    """R66: either the step or the cancelling comes first; the transfer ends once."""
    for number in rounds(8):
        held = arena.account()
        transfer = started(held, f"other{number}@race.example")
        now = context()
        cancelling = partial(start_transfer.cancel, DESK, held.id, transfer.id, now=wiring.now())
        arena.together(partial(advance, transfer.id, now), cancelling, partial(advance, transfer.id, now))
        if state_of(transfer) is not State.CANCELLED:  # it was told to come again
            cancelling()
        assert state_of(transfer) is State.CANCELLED
        assert events_of(arena, transfer, "transfer_ended") == 1
    arena.require_order()


def test_of_transfers_that_are_started_at_once_one_is(arena: Arena) -> None:
    """R66: the others are told which."""
    for number in rounds(5):
        held = arena.account()
        address = f"heir{number}@race.example"
        first = started(held, address)
        start_transfer.cancel(DESK, held.id, first.id, now=wiring.now())
        asked = start_transfer.TransferRequest(
            owner_id(held), Grantee(None, Address(f"{number}.{address}")), Role.ADMIN, PROOF
        )  # fmt: skip
        outcomes = arena.together(*[partial(start_transfer.start, DESK, held.id, asked, context=context())] * 4)
        assert (len(successes(outcomes)), refusals(outcomes)) == (1, ["transfer_open"] * 3)
    arena.require_order()


def test_two_people_cannot_be_given_one_address(arena: Arena) -> None:
    """R1, R64: whoever is slower is told ``email_taken``."""
    for number in rounds(6):
        everybody = [person(f"one{number}.{each}@race.example") for each in range(3)]
        held = arena.account()
        for each in everybody:
            granted(held, str(each.address))()
        ids = [str(reading.one(customers.by_address(Address(str(each.address))))) for each in everybody]
        same = Edit(None, None, Address(f"same{number}@race.example"), None, replace_sold_to=False,
                    dry_run=False, version=None)  # fmt: skip
        outcomes = arena.together(
            *[partial(edit_customer.edit_customer, DESK, each, same, context=context())
              for each in ids]
        )  # fmt: skip
        assert (len(successes(outcomes)), set(refusals(outcomes))) == (1, {"email_taken"})
    arena.require_order()
