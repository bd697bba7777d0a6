"""Finds all data of one person, by their id and by every address that they ever had here; for erasing."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from chalicelib.addresses import address_in
from chalicelib.domain import search as words
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole
from chalicelib.domain.customers import Customer
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream, contact_stream, customer_stream
from chalicelib.domain.invitations import Invitation, InvitationStatus
from chalicelib.frozen import frozen
from chalicelib.operations.history import edit_values
from chalicelib.store import accounts, contacts, customers, history, invitations, memberships, reading, search

T = TypeVar("T", Event, Invitation)

_AT_ONCE = 200
_EVERY_STATUS = frozenset(InvitationStatus)


@frozen
class Traces:
    """The data of a person.

    ``addresses`` are all that they had, but for those that are another person's by now. ``accounts`` are those that
    they manage or that their history names, ``invitations`` those to any of the addresses, by the person, or accepted
    by them, ``contacts`` our copies with one of the addresses, ``assignments`` those to have the person in a part.
    ``moves`` are the ids of the events by which they got another address.
    """

    addresses: frozenset[Address]
    accounts: tuple[Account, ...]
    invitations: tuple[Invitation, ...]
    contacts: tuple[Contact, ...]
    assignments: tuple[ContactAssignment, ...]
    moves: tuple[str, ...]

    @property
    def streams(self) -> set[str]:
        """The streams of contacts that are the person's, or were."""
        account_ids = {*(it.id for it in self.accounts), *(it.account_id for it in self.contacts if it.account_id)}
        return {*map(account_stream, account_ids), *(contact_stream(each.id) for each in self.contacts)}


def find_traces(person: Customer) -> Traces:
    """Reads all of it; the cost follows the person's own history, and the invitations of the accounts in it."""
    known = _accounts(person)
    own = [each for account in known for each in _own_invitations(person, account)]
    addresses = _addresses(person, own)
    assigned = reading.many([contacts.assignment_key(account.id, part) for account in known for part in ContactRole])
    return Traces(
        addresses=addresses,
        accounts=tuple(known),
        invitations=tuple(_with_those_to(addresses, own)),
        contacts=tuple(_contacts(addresses, known)),
        assignments=tuple(each for each in assigned if each is not None and each.customer_id == person.id),
        moves=tuple(each.id for each in _events_of_moves(person)),
    )


def _accounts(person: Customer) -> list[Account]:
    """The accounts that the person manages, and those that their history names."""
    events = _all(lambda before: history.of_customer(person.id, limit=_AT_ONCE, before=before))
    named = {*memberships.accounts_of(person.id), *(each.account_id for each in events if each.account_id is not None)}
    return [each for each in reading.many([accounts.key(it) for it in sorted(named)]) if each is not None]


def _own_invitations(person: Customer, account: Account) -> Iterator[Invitation]:
    """Those that the person sent or accepted there, whatever the address."""

    def page(before: str | None) -> list[Invitation]:
        now = account.created_at  # every state is asked for, so it makes no difference
        return invitations.of_account(account.id, statuses=_EVERY_STATUS, now=now, limit=_AT_ONCE, before=before)

    for each in _all(page):
        if each.accepted_by == person.id or (each.inviter is not None and each.inviter.id == person.id):
            yield each


def _addresses(person: Customer, own: list[Invitation]) -> frozenset[Address]:
    """Every address of the person: kept with the record, in the values of edits, in what they accepted."""
    accepted = {each.address for each in own if each.accepted_by == person.id and each.address is not None}
    had = sorted({*person.addresses, *map(Address, edit_values.addresses_of(person)), *accepted})
    holders = reading.many([customers.by_address(each) for each in had])
    return frozenset(each for each, holder in zip(had, holders, strict=True) if holder in {None, person.id})


def _with_those_to(addresses: frozenset[Address], own: list[Invitation]) -> Iterator[Invitation]:
    keys = [key for each in sorted(addresses) for key in invitations.every_to(each)]
    to_person = [each for each in reading.many(keys) if each is not None and each.address in addresses]
    seen = {each.id: each for each in [*to_person, *own]}
    yield from (each for each in seen.values() if each.is_pending or _says_something(each))


def still_there(found: Iterable[Invitation]) -> list[Invitation]:
    """The invitations as they are by now, without those that say nothing of anybody any more."""
    read = reading.many([invitations.key(each.account_id, each.id) for each in found])
    return [each for each in read if each is not None and (each.is_pending or _says_something(each))]


def _says_something(it: Invitation) -> bool:
    """Whether it has not been scrubbed already."""
    named = it.inviter is not None and (it.inviter.first_name or it.inviter.last_name)
    return bool(it.address or it.message or it.decline_reason or named)


def _contacts(addresses: frozenset[Address], known: list[Account]) -> Iterator[Contact]:
    """Our copies of the contacts with one of the addresses, of whatever account."""
    keys = [key for account in known for key in contacts.of_account(account.id)]
    for address in sorted(addresses):
        question = words.by_email(words.Kind.CONTACT, address)
        entries = search.read(question.places[0], beginning=question.beginning, after=None, limit=100)
        keys += [contacts.key(each.thing_id) for each in entries]
    read = {each.id: each for each in reading.many(keys) if each is not None}
    yield from (each for _, each in sorted(read.items()) if address_in(each.work_email) in addresses)


def _events_of_moves(person: Customer) -> Iterator[Event]:
    moved = frozenset({EventType.EMAIL_CHANGED})
    stream = customer_stream(person.id)
    yield from _all(lambda before: history.of_stream(stream, types=moved, limit=_AT_ONCE, before=before))


def _all(page: Callable[[str | None], list[T]]) -> Iterator[T]:
    """Page by page, from the newest on, to the end."""
    before: str | None = None
    while found := page(before):
        yield from found
        before = found[-1].id
