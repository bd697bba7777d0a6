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
from tests.races.people import RaceAccount, id_of, person, refusals, successes
from tests.races.race_kit import RaceKit, context, rounds


def owner_id(account: RaceAccount) -> str:
    """The owner, who may never have acted."""
    return str(reading.one(customers.by_address(Address(str(account.owner.address)))))


def started(account: RaceAccount, address: str) -> Transfer:
    """A transfer from the owner to somebody who has a record by now, up to the assignment for Zuora."""
    granted(account, address)()
    customer_id = reading.one(customers.by_address(Address(address)))
    named = Edit("Nina", "New", None, None, replace_sold_to=False, dry_run=False, version=None)
    edit_customer.edit_customer(DESK, str(customer_id), named, context=context())
    asked = start_transfer.TransferRequest(
        from_customer_id=owner_id(account),
        to=Grantee(customer_id, None),
        role=Role.ADMIN,
        proof=PROOF,
    )
    return start_transfer.start(DESK, account.id, asked, context=context()).transfer


def state_of(transfer: Transfer) -> State:
    found = reading.one(transfers.key(transfer.id))
    assert found is not None
    return found.state


def events_of(kit: RaceKit, transfer: Transfer, *types: str) -> int:
    """How many events of these types the account has."""
    history = kit.tables()["History"]
    return sum(
        it["account_id"]["S"] == transfer.account_id and it["type"]["S"] in types
        for it in history
        if "account_id" in it
    )


def test_two_grants_of_one_person_make_one_membership(kit: RaceKit) -> None:
    """R12, I1, I2: whoever was slower is told ``already_manager``; one record, whoever made it."""
    for number in rounds(8):
        account = kit.account()
        outcomes = kit.together(*[granted(account, f"nina{number}@race.example")] * 4)
        assert len(successes(outcomes)) == 1
        assert set(refusals(outcomes)) <= {"already_manager", "busy"}
    kit.require_order()


def test_grants_and_invitations_never_take_more_seats_than_there_are(kit: RaceKit) -> None:
    """R7, I2: of a plan with four seats three are free."""
    for number in rounds(4):
        account = kit.account(plan="small")
        actions = [granted(account, f"granted{number}.{each}@race.example") for each in range(4)]
        actions += [
            partial(kit.invite, account.owner, account.id, f"invited{number}.{each}@race.example") for each in range(4)
        ]
        outcomes = kit.together(*actions)
        assert len(successes(outcomes)) == 3
        assert set(refusals(outcomes)) <= {"account_full", "busy"}
    kit.require_order()


def test_a_manager_who_leaves_while_support_removes_the_other_does_not_leave_nobody(kit: RaceKit) -> None:
    """R31, I4: without ``allow_last`` the guard holds for support too."""
    for _ in rounds(10):
        account = kit.account(managers=1)
        removing = partial(
            remove_membership, DESK, account.id, id_of(account.managers[0]), overrides=Overrides(),
            reason="Asked for it", dry_run=False, now=wiring.now(),
        )  # fmt: skip
        outcomes = kit.together(partial(leave, account.owner, account.id, now=wiring.now()), removing)
        assert len(successes(outcomes)) == 1
        assert set(refusals(outcomes)) <= {"last_manager", "busy"}
    kit.require_order()


def test_of_edits_that_read_the_same_version_one_is_written(kit: RaceKit) -> None:
    """R64: the others are told that it has changed."""
    for _ in rounds(8):
        account = kit.account()
        edits = [
            partial(
                edit_account.edit_account,
                DESK,
                account.id,
                {"max_managers": 5 + each},
                version=1,
                context=context(),
            )
            for each in range(4)
        ]
        outcomes = kit.together(*edits)
        assert (len(successes(outcomes)), refusals(outcomes)) == (1, ["version_conflict"] * 3)
    kit.require_order()


def test_a_sign_in_link_is_redeemed_once(kit: RaceKit) -> None:
    """R64: eight clicks at once."""
    account = kit.account()
    for _ in rounds(6):
        link = sign_in_link.create(DESK, owner_id(account), context=context()).link
        claim = SignInClaim(link.key_id, link.customer_id, link.generation)
        outcomes = kit.together(*[partial(sign_in_link.redeem, claim, now=wiring.now())] * 8)
        assert (len(successes(outcomes)), refusals(outcomes)) == (1, ["sign_in_link_used"] * 7)


def test_workers_who_advance_one_transfer_do_each_step_once(kit: RaceKit) -> None:
    """R66: messages come twice, the schedule comes by; each state is written by one of them."""
    for number in rounds(5):
        account = kit.account()
        transfer = started(account, f"next{number}@race.example")
        now = context()
        kit.together(*[partial(advance, transfer.id, now)] * 6)
        assert state_of(transfer) is State.SOLD_TO_REQUESTED
        assert events_of(kit, transfer, "sold_to_changed") == 1
        assert events_of(kit, transfer, "transfer_advanced") == 2
    kit.require_order()


def test_a_transfer_that_is_cancelled_while_it_is_worked_on_is_cancelled(kit: RaceKit) -> None:
    """R66: either the step or the cancelling comes first; the transfer ends once."""
    for number in rounds(8):
        account = kit.account()
        transfer = started(account, f"other{number}@race.example")
        now = context()
        cancelling = partial(start_transfer.cancel, DESK, account.id, transfer.id, now=wiring.now())
        kit.together(partial(advance, transfer.id, now), cancelling, partial(advance, transfer.id, now))
        if state_of(transfer) is not State.CANCELLED:  # it was told to come again
            cancelling()
        assert state_of(transfer) is State.CANCELLED
        assert events_of(kit, transfer, "transfer_ended") == 1
    kit.require_order()


def test_of_transfers_that_are_started_at_once_one_is(kit: RaceKit) -> None:
    """R66: the others are told which."""
    for number in rounds(5):
        account = kit.account()
        address = f"heir{number}@race.example"
        first = started(account, address)
        start_transfer.cancel(DESK, account.id, first.id, now=wiring.now())
        asked = start_transfer.TransferRequest(
            owner_id(account), Grantee(None, Address(f"{number}.{address}")), Role.ADMIN, PROOF
        )  # fmt: skip
        outcomes = kit.together(*[partial(start_transfer.start, DESK, account.id, asked, context=context())] * 4)
        assert (len(successes(outcomes)), refusals(outcomes)) == (1, ["transfer_open"] * 3)
    kit.require_order()


def test_two_people_cannot_be_given_one_address(kit: RaceKit) -> None:
    """R1, R64: whoever is slower is told ``email_taken``."""
    for number in rounds(6):
        everybody = [person(f"one{number}.{each}@race.example") for each in range(3)]
        account = kit.account()
        for each in everybody:
            granted(account, str(each.address))()
        ids = [str(reading.one(customers.by_address(Address(str(each.address))))) for each in everybody]
        same = Edit(None, None, Address(f"same{number}@race.example"), None, replace_sold_to=False,
                    dry_run=False, version=None)  # fmt: skip
        outcomes = kit.together(
            *[partial(edit_customer.edit_customer, DESK, each, same, context=context())
              for each in ids]
        )  # fmt: skip
        assert (len(successes(outcomes)), set(refusals(outcomes))) == (1, {"email_taken"})
    kit.require_order()
