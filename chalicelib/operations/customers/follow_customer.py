"""What follows the edit of a customer on the accounts that they manage: addresses, contacts, assignments (R32, R52).

The contacts that follow are the Sold To and Bill To of these accounts that carry the previous address, and no others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.addresses import address_in
from chalicelib.domain import contact_limits
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import FIELDS, Contact, ContactAssignment, ContactRole, SyncState, assignment_version
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import Changed
from chalicelib.domain.invitations import Invitation
from chalicelib.frozen import frozen
from chalicelib.operations.invitations.expire_invitation import still_pending
from chalicelib.store import accounts, address_locks, contacts, memberships, reading
from chalicelib.store.address_locks import AddressLock
from chalicelib.store.reading import Key

_NAMES = ("first_name", "last_name")


@frozen
class ContactEdit:
    """A contact that follows, with the parts that it plays and the fields that change."""

    contact: Contact
    parts: tuple[ContactRole, ...]
    changes: Mapping[str, str]


@frozen
class Place:
    """An account of the customer: what there follows an edit.

    ``other_invitation`` is a pending invitation to the new address, which ends; ``assignments`` are those of this
    person that Zuora does not have yet; ``new_assignment`` makes the person the Sold To, in the place of
    ``old_assignment``.
    """

    account: Account
    edits: tuple[ContactEdit, ...]
    other_invitation: Invitation | None
    assignments: tuple[ContactAssignment, ...]
    new_assignment: ContactAssignment | None
    old_assignment: ContactAssignment | None

    @property
    def has_no_contact(self) -> bool:
        """Whether no contact of the account carries the previous address, and none is about to."""
        return not self.edits and not self.assignments


def places_of(before: Customer, after: Customer, *, replace_sold_to: bool, now: datetime) -> list[Place]:
    """Every account that the customer manages, with what follows there."""
    account_ids = memberships.accounts_of(before.id) if before.membership_count else []
    moved = before.address != after.address
    keys: list[Key[Any]] = []
    for each in account_ids:
        keys += [
            accounts.key(each),
            contacts.assignment_key(each, ContactRole.SOLD_TO),
            contacts.assignment_key(each, ContactRole.BILL_TO),
        ]
        keys.append(address_locks.key(each, after.address if moved else Address("")))
    read = iter(reading.many(keys))
    found = [(next(read), (next(read), next(read)), next(read)) for _ in account_ids]
    whole: list[Account] = [account for account, _, _ in found if account is not None]
    if len(whole) != len(found):
        raise Changed
    copies = _copies(whole)
    return [
        _place(before, after, account, assignments, held, copies, replace_sold_to=replace_sold_to, now=now)
        for account, (_, assignments, held) in zip(whole, found, strict=True)
    ]


def _copies(whole: list[Account]) -> dict[str, Contact]:
    wanted = {each for account in whole for each in (account.sold_to_contact_id, account.bill_to_contact_id) if each}
    read = reading.many([contacts.key(each) for each in sorted(wanted)])
    return {contact.id: contact for contact in read if contact is not None}


def _place(  # noqa: PLR0917 -- what was read of one account
    before: Customer,
    after: Customer,
    account: Account,
    assignments: tuple[ContactAssignment | None, ContactAssignment | None],
    held: AddressLock | None,
    copies: Mapping[str, Contact],
    *,
    replace_sold_to: bool,
    now: datetime,
) -> Place:
    other_invitation = None
    if held is not None and held.invitation_id is not None:
        other_invitation = still_pending(account.id, held.invitation_id, now=now)
    edits = _edits(before, after, account, copies)
    own = tuple(
        assignment for assignment in assignments if assignment is not None and assignment.customer_id == before.id
    )
    place = Place(account, edits, other_invitation, own, None, assignments[0])
    if place.has_no_contact and replace_sold_to:
        assignment = sold_to_assignment(
            after, account, copies.get(account.sold_to_contact_id or ""), assignments[0], now=now
        )
        return replace(place, new_assignment=assignment)
    return place


def _edits(
    before: Customer, after: Customer, account: Account, copies: Mapping[str, Contact]
) -> tuple[ContactEdit, ...]:
    parts: dict[str, list[ContactRole]] = {}
    if account.sold_to_contact_id:
        parts.setdefault(account.sold_to_contact_id, []).append(ContactRole.SOLD_TO)
    if account.bill_to_contact_id:
        parts.setdefault(account.bill_to_contact_id, []).append(ContactRole.BILL_TO)
    wanted = {name: getattr(after, name) for name in _NAMES if getattr(after, name) != getattr(before, name)}
    if after.address != before.address:
        wanted["work_email"] = str(after.address)
    found = []
    for contact_id, played in parts.items():
        contact = copies.get(contact_id)
        if contact is None or contact.sync_state is SyncState.DELETED_IN_ZUORA:
            continue
        if address_in(contact.work_email) != before.address:
            continue
        changes = {name: value for name, value in wanted.items() if getattr(contact, name) != value}
        found.append(ContactEdit(contact, tuple(played), changes))
    return tuple(found)


def sold_to_assignment(
    person: Customer,
    account: Account,
    present: Contact | None,
    before: ContactAssignment | None,
    *,
    now: datetime,
    transfer_id: str | None = None,
) -> ContactAssignment:
    """To have that person as Sold To, at the postal address of the present one.

    Of the assignment before it keeps what may still be under way to Zuora.
    """
    fields = dict(present.fields) if present is not None else dict.fromkeys(FIELDS, "")
    fields |= _named(person)
    return ContactAssignment(
        account_id=account.id,
        part=ContactRole.SOLD_TO,
        fields=fields,
        contact_id=None,
        customer_id=person.id,
        version=assignment_version(before, now),
        chosen_at=now,
        error=None,
        sent=before.sent if before else None,
        transfer_id=transfer_id,
        replaces=account.sold_to_contact_id,
    )


def must_be_taken(places: Iterable[Place], after: Customer, *, called: str = "email") -> None:
    """Invalid for what Zuora is known to refuse in the contacts that follow, and in those that are chosen.

    ``called`` is the field of the request that brings the new address.
    """
    named = _named(after)
    for place in places:
        followed: list[Mapping[str, str]] = [edit.changes for edit in place.edits]
        chosen = [named] * (len(place.assignments) + (place.new_assignment is not None))
        for changes in [*followed, *chosen]:
            contact_limits.must_be_taken(changes, names={"work_email": called})


def _named(person: Customer) -> dict[str, str]:
    return {"first_name": person.first_name, "last_name": person.last_name, "work_email": str(person.address)}


def rewritten(assignment: ContactAssignment, person: Customer, *, now: datetime) -> ContactAssignment:
    """The same assignment with the person as they are now."""
    return replace(
        assignment,
        fields={**assignment.fields, **_named(person)},
        version=assignment.version + 1,
        chosen_at=now,
        error=None,
    )
