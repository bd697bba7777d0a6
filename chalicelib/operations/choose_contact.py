"""Chooses who plays a part of an account: a manager, or for the Bill To also a contact of one's own (R55)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import FIELDS, Contact, Part, Wish, wish_version
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import AccountClosed, Invalid, ManagerNotFound
from chalicelib.domain.events import Event, EventType, of_account
from chalicelib.domain.limits import Limits
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations import mirror
from chalicelib.operations.access import Entered, enter
from chalicelib.operations.again import reading_again
from chalicelib.store import account_contacts, contacts, customers, history, memberships, reading
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit

EVENTS: Mapping[Part, EventType] = {
    Part.SOLD_TO: EventType.SOLD_TO_CHANGED,
    Part.BILL_TO: EventType.BILL_TO_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who plays the part, or is to: a wish that Zuora does not have yet, or the contact that plays it already."""

    by: Entered
    part: Part
    wish: Wish | None
    contact: Contact | None


@reading_again
def choose_manager(
    person: SignedIn, account_id: str, part: Part, manager_id: str, *, limits: Limits, now: datetime
) -> Chosen:
    """Makes a manager the Sold To or Bill To. Protection from removal (R32) follows at once, Zuora a moment later.

    Refuses: AccountNotFound, Forbidden, ManagerNotFound, AccountClosed, RateLimited, Invalid for a manager without a
    name (Zuora takes none). Whoever is chosen already stays, and nothing happens.
    """
    keys: list[Key[Any]] = [memberships.key(account_id, manager_id), customers.key(manager_id)]
    entered = enter(person, account_id, Permission.CHANGE_CONTACTS, *keys, contacts.wish_key(account_id, part), now=now)
    membership, manager, before = entered.also
    if membership is None or manager is None:
        raise ManagerNotFound
    if before is not None and before.customer_id == manager.id and before.is_waiting:
        return Chosen(entered, part, before, None)
    if before is None and account_contacts.address_of(entered.account, part) == manager.address:
        return Chosen(entered, part, None, _present(entered, part))
    if not (manager.first_name and manager.last_name):
        raise Invalid("manager_id", "has not given a first and a last name, which a contact needs")
    wish = wish_of(entered.account.id, part, fields_of(manager), before, customer_id=manager.id, now=now)
    own = manager.id == entered.customer.id
    manages = None if own else memberships.is_there(membership)
    _commit(entered, wish, before, manager.address, manages, entered.changes(limits, now=now))
    return Chosen(entered, part, wish, None)


@reading_again
def choose_custom(
    person: SignedIn, account_id: str, fields: Mapping[str, str], *, limits: Limits, now: datetime
) -> Chosen:
    """Makes a contact that was typed in the Bill To; it need not be a manager.

    Refuses: AccountNotFound, Forbidden, AccountClosed, RateLimited. The same contact once more, before Zuora
    has it, is no change.
    """
    part = Part.BILL_TO
    key = contacts.wish_key(account_id, part)
    entered = enter(person, account_id, Permission.CHANGE_CONTACTS, key, now=now)
    before: Wish | None = entered.also[0]
    typed = {name: fields.get(name, "") for name in FIELDS}
    if before is not None and before.customer_id is None and before.fields == typed and before.is_waiting:
        return Chosen(entered, part, before, None)
    wish = wish_of(entered.account.id, part, typed, before, customer_id=None, now=now)
    _commit(entered, wish, before, mirror.address_in(typed["work_email"]), entered.changes(limits, now=now))
    return Chosen(entered, part, wish, None)


def fields_of(manager: Customer) -> dict[str, str]:
    """A manager as a contact; the postal address is the company's, and comes when the contact is made."""
    known = {"first_name": manager.first_name, "last_name": manager.last_name, "work_email": manager.address}
    return {name: known.get(name, "") for name in FIELDS}


def wish_of(
    account_id: str,
    part: Part,
    fields: Mapping[str, str],
    before: Wish | None,
    *,
    customer_id: str | None,
    now: datetime,
) -> Wish:
    """A new wish in the place of the one before, of which it keeps what may still be under way to Zuora."""
    return Wish(
        account_id=account_id,
        part=part,
        fields=fields,
        contact_id=None,
        customer_id=customer_id,
        version=wish_version(before, now),
        wished_at=now,
        error=None,
        sent=before.sent if before else None,
    )


def _present(entered: Entered, part: Part) -> Contact | None:
    contact_id = account_contacts.contact_of(entered.account, part)
    return reading.one(contacts.key(contact_id)) if contact_id else None


def _commit(entered: Entered, wish: Wish, before: Wish | None, address: Address | None, *also: Step | None) -> None:
    if entered.account.is_closed:
        raise AccountClosed
    commit(
        contacts.wish(wish, before),
        account_contacts.chosen(entered.account, wish.part, address),
        memberships.still(entered.membership),
        *also,
        history.record(_event(entered, wish)),
    )


def _event(entered: Entered, wish: Wish) -> Event:
    """Says which manager, not what a contact that was typed says."""
    (event_id,) = ids.event_ids(wish.wished_at, 1)
    subject = f"manager:{wish.customer_id}" if wish.customer_id else f"account:{wish.account_id}"
    return of_account(
        wish.account_id,
        event_id=event_id,
        event_type=EVENTS[wish.part],
        at=wish.wished_at,
        actor=entered.actor,
        subject=subject,
        customer_id=wish.customer_id,
        part=wish.part.value,
        contact_id_before=account_contacts.contact_of(entered.account, wish.part),
        version=wish.version,
    )
