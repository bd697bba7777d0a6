"""Steps on contact roles, assignments, transfers and edits: if one attribute differs, nothing is written."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import FIELDS, ContactAssignment, ContactRole, Sent, SyncError
from chalicelib.domain.errors import AccountClosed, Busy, Changed, IsBillToContact, IsSoldToContact
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import Actor
from chalicelib.domain.rules import Overrides
from chalicelib.domain.transfers import State, Transfer
from chalicelib.store import account_contacts, accounts, contact_sync, contacts, edits, seats, transfers
from chalicelib.store.account_contacts import Followed, Plays
from chalicelib.store.accounts import Protected
from chalicelib.store.transaction import Step, commit
from tests.integration.store_fixtures import an_account, meanwhile, new_id, read, refusal

pytestmark = pytest.mark.usefixtures("tables")

NOW = datetime(2026, 12, 1, tzinfo=UTC)
NINA, CARL = Address("nina@acme.example"), Address("carl@acme.example")
PLAYS = Plays("c-new", Protected(NINA, frozenset()))
FOLLOWED = Followed("Acme", "A-1", closed=False, channel=Channel.DIRECT, parts={ContactRole.SOLD_TO: PLAYS})
NEXT = frozenset({NINA})
BOTH = dict.fromkeys(ContactRole, Protected(NINA, NEXT))
STEPS: dict[str, Callable[[Account], Step]] = {
    "choose": lambda it: account_contacts.choose(it, ContactRole.SOLD_TO, NEXT),
    "await_choice": lambda it: account_contacts.await_choice(it, {ContactRole.SOLD_TO: NEXT}),
    "settle": lambda it: account_contacts.settle(it, {ContactRole.SOLD_TO: Protected(NINA, NEXT)}),
    "place": lambda it: account_contacts.place(it, ContactRole.SOLD_TO, PLAYS),
    "refuse": lambda it: account_contacts.refuse(it, ContactRole.SOLD_TO, NEXT),
    "follow_zuora": lambda it: account_contacts.follow_zuora(it, FOLLOWED),
    "a customer's address": lambda it: accounts.follow_zuora(it, BOTH, freed=0),
}  # fmt: skip
PART = ("sold_to_contact_id", "sold_to_address", "sold_to_next")
LOOKS_AT: dict[str, tuple[str, ...]] = {
    "choose": ("managed_by", "sold_to_next"),
    "follow_zuora": ("status", *PART),
    "a customer's address": (*PART, "bill_to_contact_id", "bill_to_address", "bill_to_next"),
    **dict.fromkeys(("await_choice", "settle", "place", "refuse"), PART),
}
OTHERWISE: dict[str, Any] = {"managed_by": "admins", "status": "closed", "sold_to_next": {"x@acme.example"}}
OTHERWISE["bill_to_next"] = OTHERWISE["sold_to_next"]
ROWS = [(step, attribute) for step, looks_at in LOOKS_AT.items() for attribute in looks_at]


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize(("step", "attribute"), ROWS)
def test_a_role_that_changed_meanwhile_is_not_written(step: str, attribute: str, *, filled: bool) -> None:
    """R32: each attribute that the Step checks, alone; also where there was nothing before."""
    it = an_account(**({} if filled else dict.fromkeys(PART[:2])))
    if filled:
        meanwhile("Accounts", {"key": it.id}, sold_to_next={"carl@acme.example"}, bill_to_next={"carl@acme.example"})
        it = read(accounts.key(it.id))
    meanwhile("Accounts", {"key": it.id}, **{attribute: OTHERWISE.get(attribute, "otherwise")})
    now = read(accounts.key(it.id))
    refused = AccountClosed if attribute == "status" else Busy if step == "settle" else Changed
    assert type(refusal(STEPS[step](it))) is refused
    assert read(accounts.key(it.id)) == now


@pytest.mark.parametrize("step", STEPS)
def test_an_unchanged_role_is_written(step: str) -> None:
    """R32: and nobody else is protected by it."""
    it = an_account()
    assert refusal(STEPS[step](it)) is None
    now = read(accounts.key(it.id))
    assert NINA in {now.sold_to_address, *now.sold_to_next}
    assert step == "a customer's address" or now.next_of(ContactRole.BILL_TO) == frozenset()


@pytest.mark.parametrize(
    ("attribute", "error", "overrides"),
    [
        ("sold_to_next", IsSoldToContact, Overrides()),
        ("sold_to_next", IsSoldToContact, Overrides(bill_to=True)),
        ("bill_to_next", IsBillToContact, Overrides()),
        ("bill_to_next", None, Overrides(bill_to=True)),
        ("sold_to_next", None, Overrides(contact=True)),
        ("bill_to_next", None, Overrides(contact=True)),
    ],
)
def test_a_manager_chosen_while_being_removed_stays(
    attribute: str, error: type[Exception] | None, overrides: Overrides
) -> None:
    """R32: the transaction sees it, as the early check would; support may override it, a transfer only the Bill To."""
    it = an_account(managing_count=3, manager_count=3, seats_used=3)
    meanwhile("Accounts", {"key": it.id}, **{attribute: {"carl@acme.example", "x@acme.example"}})
    step = seats.remove_manager(it, role=Role.MANAGER, addresses=frozenset({CARL}), pending=0, overrides=overrides)
    found = refusal(step)
    assert found is None if error is None else type(found) is error


def an_assignment(**changes: Any) -> ContactAssignment:
    """A stored assignment."""
    made = ContactAssignment(
        new_id("acc"), ContactRole.SOLD_TO, dict.fromkeys(FIELDS, "x"), None, "cus_1", 7, NOW, None
    )
    commit(contacts.assign(made, None))
    if changes.get("error"):
        commit(contact_sync.mark_assignment_failed(made, changes["error"]))
    return replace(made, **changes)


@pytest.mark.parametrize("refused", [True, False])
def test_an_assignment_sent_to_zuora_meanwhile_is_not_replaced_as_if_unsent(*, refused: bool) -> None:
    """R32: the request in flight would be forgotten, and with it who may become Sold To; nor one that was refused."""
    before = an_assignment()
    if refused:
        commit(contact_sync.mark_assignment_failed(before, SyncError("20", "no")))
    else:
        commit(contact_sync.mark_assignment_sending(before, Sent(before.version, NOW + timedelta(minutes=2))))
    assert type(refusal(contacts.assign(replace(before, version=8), before))) is Changed


def test_an_unchanged_assignment_is_replaced() -> None:
    """R55: also one that was refused."""
    before = an_assignment(error=SyncError("20", "no"))
    assert refusal(contacts.assign(replace(before, version=8, error=None), before)) is None
    after = read(contacts.assignment_key(before.account_id, before.part))
    assert (after.version, after.error) == (8, None)


def a_transfer(state: State = State.JOINED) -> Transfer:
    """A stored transfer that is under way."""
    made = Transfer(
        id=new_id("tra"),
        account_id=new_id("acc"),
        state=state,
        from_customer_id="cus_1",
        to_customer_id="cus_2",
        to_address=None,
        role=Role.ADMIN,
        proof={},
        started_by=Actor("admin:sue@support.example"),
        started_at=NOW,
        ticket_url="https://tickets.example/1",
    )
    commit(*transfers.start(made))
    return made


def test_a_transfer_advances_once_from_the_state_that_was_read() -> None:
    """R66: two workers at once; the second writes nothing."""
    before = a_transfer()
    after = before.moved(State.SOLD_TO_REQUESTED, now=NOW)
    assert refusal(*transfers.advance(before, after, now=NOW)) is None
    assert type(refusal(*transfers.advance(before, before.moved(State.FAILED, now=NOW), now=NOW))) is Changed
    assert read(transfers.key(before.id)).state is State.SOLD_TO_REQUESTED


def test_a_transfer_that_ends_does_not_free_an_account_with_another_one() -> None:
    """R66: the account is its own, or the end is not written."""
    before = a_transfer()
    meanwhile("Transfers", {"key": f"account#{before.account_id}"}, transfer_id="tra_of_another")
    ended = before.moved(State.CANCELLED, now=NOW)
    assert type(refusal(*transfers.advance(before, ended, now=NOW))) is Changed
    assert read(transfers.key(before.id)).state is State.JOINED


@pytest.mark.parametrize("state", [each for each in State if each is not State.STARTED])
def test_the_end_time_of_a_transfer_is_kept_and_open_ones_have_none(state: State) -> None:
    """R66."""
    before = a_transfer()
    later = NOW + timedelta(hours=1)
    commit(*transfers.advance(before, before.moved(state, now=later), now=later))
    assert read(transfers.key(before.id)).ended_at == (later if state.is_end else None)


def test_the_values_of_an_edit_are_written_once() -> None:
    """R40: an event has one set of values, even if written again."""
    event_id = new_id("evt")
    assert refusal(edits.of_contacts(event_id, {"c-1": {"city": ("Graz", "Linz")}}, {NINA})) is None
    assert type(refusal(edits.of_contacts(event_id, {"c-1": {"city": ("Graz", "Wels")}}, {NINA}))) is Changed
