"""Chooses who plays a part of an account: a manager, or for the Bill To also a contact of one's own (R55)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.addresses import address_in
from chalicelib.domain import contact_limits
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import FIELDS, Contact, ContactAssignment, ContactRole, assignment_version
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import AccountClosed, Invalid, ManagerNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream, new_event
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.frozen import frozen
from chalicelib.operations.access import Entered, enter
from chalicelib.operations.context import Context
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.zuora import protection
from chalicelib.store import account_contacts, contacts, customers, history, memberships, reading
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit

EVENTS: Mapping[ContactRole, EventType] = {
    ContactRole.SOLD_TO: EventType.SOLD_TO_CHANGED,
    ContactRole.BILL_TO: EventType.BILL_TO_CHANGED,
}


@frozen
class Chosen:
    """The contact in that role, or the assignment that Zuora does not have yet."""

    by: Entered
    part: ContactRole
    assignment: ContactAssignment | None
    contact: Contact | None


@retry_on_change
def choose_manager(
    person: SignedIn, account_id: str, part: ContactRole, manager_id: str, *, context: Context
) -> Chosen:
    """Makes a manager the Sold To or Bill To, in Zuora a moment later.

    Both they and who is it there are protected from removal meanwhile (R32).

    Refuses: AccountNotFound, Forbidden, ManagerNotFound, AccountClosed, RateLimited, Invalid for a manager whom Zuora
    is known to refuse: without a name, with an address that is too long. A manager who is chosen already stays, and
    nothing happens.
    """
    now = context.now
    keys: list[Key[Any]] = [memberships.key(account_id, manager_id), customers.key(manager_id)]
    entered = enter(
        person, account_id, Permission.CHANGE_CONTACTS, *keys, contacts.assignment_key(account_id, part), now=now
    )
    membership, manager, before = entered.also
    if membership is None or manager is None:
        raise ManagerNotFound
    if before is not None and before.customer_id == manager.id and before.is_waiting:
        return Chosen(entered, part, before, None)
    if before is None and entered.account.address_of(part) == manager.address:
        return Chosen(entered, part, None, _present(entered, part))
    fields = fields_of(manager)
    can_be_contact(fields, called="manager_id")
    assignment = _assignment(entered, part, fields, before, customer_id=manager.id, now=now)
    own = manager.id == entered.customer.id
    manages = None if own else memberships.is_there(membership)
    _commit(entered, assignment, before, manager.address, manages, entered.changes(context))
    return Chosen(entered, part, assignment, None)


@retry_on_change
def choose_custom(person: SignedIn, account_id: str, fields: Mapping[str, str], *, context: Context) -> Chosen:
    """Makes a contact that was typed in the Bill To; it need not be a manager.

    Refuses: Invalid for what Zuora is known to refuse and for a contact without a country, AccountNotFound, Forbidden,
    AccountClosed, RateLimited. The same contact once more, before Zuora has it, is no change.
    """
    part, now = ContactRole.BILL_TO, context.now
    key = contacts.assignment_key(account_id, part)
    entered = enter(person, account_id, Permission.CHANGE_CONTACTS, key, now=now)
    before: ContactAssignment | None = entered.also[0]
    typed = {name: fields.get(name, "") for name in FIELDS}
    contact_limits.must_be_taken(typed, names={name: f"contact.{name}" for name in FIELDS})
    if not typed["country"]:
        raise Invalid("contact.country", "must not be empty: taxes depend on it")
    if before is not None and before.customer_id is None and before.fields == typed and before.is_waiting:
        return Chosen(entered, part, before, None)
    assignment = _assignment(entered, part, typed, before, customer_id=None, now=now)
    _commit(entered, assignment, before, address_in(typed["work_email"]), entered.changes(context))
    return Chosen(entered, part, assignment, None)


def can_be_contact(person: Mapping[str, str], *, called: str) -> None:
    """Invalid for a person whom Zuora is known to refuse as a contact; ``called`` is the field that names them."""
    problems = [f"{name.replace('_', ' ')} {why}" for name, why in contact_limits.refusals(person)]
    if problems:
        raise Invalid(called, f"cannot be a contact: {'; '.join(problems)}")


def fields_of(manager: Customer) -> dict[str, str]:
    """A manager as a contact; the postal address is the company's, and comes when the contact is made."""
    known = {"first_name": manager.first_name, "last_name": manager.last_name, "work_email": manager.address}
    return {name: known.get(name, "") for name in FIELDS}


def _assignment(
    entered: Entered,
    part: ContactRole,
    fields: Mapping[str, str],
    before: ContactAssignment | None,
    *,
    customer_id: str | None,
    now: datetime,
) -> ContactAssignment:
    """A new assignment in the place of the one before, of which it keeps what may still be under way to Zuora."""
    return ContactAssignment(
        account_id=entered.account.id,
        part=part,
        fields=fields,
        contact_id=None,
        customer_id=customer_id,
        version=assignment_version(before, now),
        chosen_at=now,
        error=None,
        sent=before.sent if before else None,
        chosen_by=entered.customer.id,
        replaces=entered.account.contact_of(part),
    )


def _present(entered: Entered, part: ContactRole) -> Contact | None:
    contact_id = entered.account.contact_of(part)
    return reading.one(contacts.key(contact_id)) if contact_id else None


def _commit(
    entered: Entered,
    assignment: ContactAssignment,
    before: ContactAssignment | None,
    address: Address | None,
    *also: Step | None,
) -> None:
    if entered.account.is_closed:
        raise AccountClosed
    addresses = protection.with_choice(entered.account, assignment.part, before, address)
    commit(
        contacts.assign(assignment, before),
        account_contacts.choose(entered.account, assignment.part, addresses),
        memberships.still(entered.membership),
        *also,
        history.record(_event(entered, assignment)),
    )


def _event(entered: Entered, assignment: ContactAssignment) -> Event:
    """Says which manager, not what a contact that was typed says."""
    (event_id,) = ids.event_ids(assignment.chosen_at, 1)
    subject = f"manager:{assignment.customer_id}" if assignment.customer_id else f"account:{assignment.account_id}"
    return new_event(
        account_stream(assignment.account_id),
        event_id=event_id,
        event_type=EVENTS[assignment.part],
        at=assignment.chosen_at,
        actor=entered.actor,
        subject=subject,
        customer_id=assignment.customer_id,
        part=assignment.part.value,
        contact_id_before=entered.account.contact_of(assignment.part),
        version=assignment.version,
    )
