"""What both support groups may read: accounts with their people, invitations and history, and customers (R40, R61)."""

from collections.abc import Collection
from datetime import datetime

from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import AccountNotFound, CustomerNotFound, InvitationNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.domain.memberships import Membership
from chalicelib.frozen import frozen
from chalicelib.operations.history import edit_values
from chalicelib.operations.invitations.list_invitations import page_of
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.support import Reader
from chalicelib.operations.zuora import protection
from chalicelib.store import accounts, contacts, customers, history, invitations, memberships, reading, transfers
from chalicelib.store.bounded import Found
from chalicelib.store.reading import if_readable


@frozen
class AccountView:
    """An account with its two contacts, and the id of the transfer that is under way."""

    account: Account
    sold_to: Contact | None
    bill_to: Contact | None
    transfer_id: str | None


@frozen
class CustomerView:
    """A customer with the accounts that they manage."""

    customer: Customer
    places: list[tuple[Membership, Account]]


def account(reader: Reader, account_id: str) -> AccountView:
    """An account with its contacts and its open transfer. Refuses: SupportOnly, AccountNotFound."""
    found = _account(reader, account_id)
    sold_to, bill_to, transfer_id = reading.batch(
        if_readable(contacts.key(found.sold_to_contact_id or "none")),
        if_readable(contacts.key(found.bill_to_contact_id or "none")),
        transfers.under_way(account_id),
    )
    return AccountView(found, sold_to, bill_to, transfer_id)


def managers(reader: Reader, account_id: str, part: PageRequest) -> tuple[Account, Found[tuple[Membership, Customer]]]:
    """The managers of an account, oldest customer first. Refuses: SupportOnly, AccountNotFound."""
    found = _account(reader, account_id)
    page = memberships.part_of_account(account_id, limit=part.limit, after=part.position)
    read = reading.many([if_readable(customers.key(each.customer_id)) for each in page.things])
    both = [(member, person) for member, person in zip(page.things, read, strict=True) if person is not None]
    known = protection.as_known([person for _, person in both], [found])
    people = [(member, person) for (member, _), person in zip(both, known, strict=True)]
    return found, Found(people, page.next_position)


def account_invitations(
    reader: Reader, account_id: str, statuses: Collection[InvitationStatus], part: PageRequest, *, now: datetime
) -> Found[Invitation]:
    """The invitations of an account, newest first. Refuses: SupportOnly, AccountNotFound."""
    _account(reader, account_id)
    return page_of(account_id, statuses, part, now=now)


def invitation(reader: Reader, account_id: str, invitation_id: str, *, now: datetime) -> Invitation:
    """One invitation. Refuses: SupportOnly, AccountNotFound, InvitationNotFound."""
    _account(reader, account_id)
    found = reading.one(invitations.key(account_id, invitation_id))
    if found is None:
        raise InvitationNotFound
    return found.seen_at(now)


def account_history(reader: Reader, account_id: str, types: frozenset[EventType], part: PageRequest) -> Found[Event]:
    """What happened on an account, newest first. Refuses: SupportOnly, AccountNotFound."""
    _account(reader, account_id)
    found = history.part_of_stream(account_stream(account_id), types=types, limit=part.limit, before=part.position)
    return Found(edit_values.shown(found.things), found.next_position)


def customer(reader: Reader, customer_id: str) -> CustomerView:
    """A customer with their accounts, a hundred at most. Refuses: SupportOnly, CustomerNotFound."""
    found = _customer(reader, customer_id)
    account_ids = memberships.accounts_of(customer_id, limit=100)
    theirs = reading.many([if_readable(memberships.key(each, customer_id)) for each in account_ids])
    whole = reading.many([if_readable(accounts.key(each)) for each in account_ids])
    places = [(member, place) for member, place in zip(theirs, whole, strict=True) if member and place]
    (known,) = protection.as_known([found], [place for _, place in places])
    return CustomerView(known, places)


def customer_history(reader: Reader, customer_id: str, types: frozenset[EventType], part: PageRequest) -> Found[Event]:
    """What happened to a person, on whatever account, newest first. Refuses: SupportOnly, CustomerNotFound."""
    _customer(reader, customer_id)
    found = history.part_of_customer(customer_id, types=types, limit=part.limit, before=part.position)
    return Found(edit_values.shown(found.things), found.next_position)


def _account(reader: Reader, account_id: str) -> Account:
    reader.may_read()
    found = reading.one(accounts.key(account_id))
    if found is None:
        raise AccountNotFound
    return found


def _customer(reader: Reader, customer_id: str) -> Customer:
    reader.may_read()
    found = reading.one(customers.key(customer_id))
    if found is None:
        raise CustomerNotFound
    return found
