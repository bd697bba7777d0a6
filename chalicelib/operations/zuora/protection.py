"""Who is protected from removal as Sold To or Bill To while Zuora does not have the choice or edit yet (R32).

The guard follows Zuora: who plays a part there stays protected until somebody else does, and whoever was chosen, or
written into the contact, is protected as well, until Zuora has it so or refuses permanently.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chalicelib.addresses import address_in
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole
from chalicelib.domain.customers import Customer
from chalicelib.domain.zuora_records import ZuoraContact
from chalicelib.operations.zuora import zuora_mapping
from chalicelib.store import account_contacts, accounts, contacts, customers, reading
from chalicelib.store.accounts import Protected
from chalicelib.store.transaction import Step

NOBODY: frozenset[Address] = frozenset()


def as_known(people: Sequence[Customer], on: Collection[Account]) -> list[Customer]:
    """Managers of these accounts with the addresses by which the guard knows them: all that they ever had.

    Zuora may have any of these. One that is another person's by now is theirs no more. Nothing is read unless a former
    address plays a part.
    """
    former = sorted({each for it in people for each in it.other_addresses if _is_kept(each, on)})
    if not former:
        return list(people)
    holders = dict(zip(former, reading.many([customers.by_address(each) for each in former]), strict=True))
    return [
        replace(
            it, other_addresses=it.other_addresses - {each for each in former if holders[each] not in {None, it.id}}
        )
        for it in people
    ]


def _is_kept(address: Address, on: Collection[Account]) -> bool:
    return any(account.kept_parts(_only(address)) for account in on)


def with_choice(
    account: Account, part: ContactRole, before: ContactAssignment | None, address: Address | None
) -> frozenset[Address]:
    """Who may become it when somebody is chosen in the place of ``before``.

    A person who was chosen before and may be under way to Zuora stays protected.
    """
    kept = account.next_of(part)
    if before is not None and not before.is_under_way:
        kept -= _named(before)
    return kept | _only(address)


def with_edit(contact: Contact, account: Account | None, changes: Mapping[str, str]) -> Step | None:
    """The Step for an edit of a contact: who has its new address may become what it plays."""
    address = address_in(changes.get("work_email", ""))
    if account is None or address is None:
        return None
    parts = parts_of(contact, account)
    after = {part: account.next_of(part) | {address} for part in parts if account.address_of(part) != address}
    return account_contacts.await_choice(account, after) if after else None


def after_edit(
    contact: Contact, theirs: ZuoraContact | None, *, taken: bool, edited_again: bool = False
) -> Step | None:
    """The Step for the end of an edit: Zuora has the address (``taken``), or refused it for good; None if none moved.

    ``edited_again`` says that there is a newer edit, which keeps its own. ``theirs`` is what Zuora has now.
    """
    if contact.account_id is None or "work_email" not in contact.edited:
        return None
    keys = [contacts.assignment_key(contact.account_id, part) for part in ContactRole]
    account, *assignments = reading.many([accounts.key(contact.account_id), *keys])
    if not isinstance(account, Account):
        return None
    by_part = {assignment.part: assignment for assignment in assignments if isinstance(assignment, ContactAssignment)}
    after = {
        part: Protected(
            _address(account, part, theirs, taken=taken),
            account.next_of(part) if edited_again else _without_edit(account, part, by_part.get(part), contact),
        )
        for part in parts_of(contact, account)
    }
    return account_contacts.settle(account, after) if after else None


def edited_to(contact: Contact | None) -> frozenset[Address]:
    """Who may become what the contact plays, because Zuora is to get their address; nobody if none is on its way."""
    if contact is None or not contact.is_waiting or "work_email" not in contact.edited:
        return NOBODY
    return _only(address_in(contact.work_email))


def parts_of(contact: Contact, account: Account | None) -> tuple[ContactRole, ...]:
    """The parts that the contact plays on the account."""
    return () if account is None else tuple(part for part in ContactRole if account.contact_of(part) == contact.id)


def _address(account: Account, part: ContactRole, theirs: ZuoraContact | None, *, taken: bool) -> Address | None:
    """Of an edit that was refused an earlier try may have taken effect; else who plays the part is who did."""
    found = zuora_mapping.address_of(theirs)
    return found if taken or found in account.next_of(part) else account.address_of(part)


def _without_edit(
    account: Account, part: ContactRole, assignment: ContactAssignment | None, contact: Contact
) -> frozenset[Address]:
    if assignment is None or not assignment.is_waiting:
        return NOBODY
    return (account.next_of(part) - _only(address_in(contact.work_email))) | _named(assignment)


def _named(assignment: ContactAssignment) -> frozenset[Address]:
    return _only(address_in(assignment.fields["work_email"]))


def _only(address: Address | None) -> frozenset[Address]:
    return NOBODY if address is None else frozenset({address})
