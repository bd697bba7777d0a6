"""Shows contacts to the support desk: one, its history, and what is not in step with Zuora."""

from dataclasses import dataclass

from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, SyncState, Wish
from chalicelib.domain.errors import ContactNotFound
from chalicelib.domain.events import Event, EventType, account_stream, contact_stream
from chalicelib.domain.people import SignedIn
from chalicelib.operations.support import SupportGroups, may_read
from chalicelib.store import accounts, contacts, drifts, history, reading
from chalicelib.store.drifts import Drift


@dataclass(frozen=True, slots=True)
class Viewed:
    """A contact with its account, if that is here."""

    contact: Contact
    account: Account | None


def view_contact(person: SignedIn, contact_id: str, *, groups: SupportGroups) -> Viewed:
    """One contact. Refuses: SupportOnly, ContactNotFound."""
    may_read(person, groups)
    contact = _contact(contact_id)
    return Viewed(contact, reading.one(accounts.key(contact.account_id)) if contact.account_id else None)


def history_of(
    person: SignedIn,
    contact_id: str,
    *,
    groups: SupportGroups,
    types: frozenset[EventType],
    limit: int,
    before: str | None,
) -> list[Event]:
    """What happened to a contact, newest first, of these types (all if empty); with or without an account.

    Refuses: SupportOnly, ContactNotFound.
    """
    may_read(person, groups)
    contact = _contact(contact_id)
    streams = [contact_stream(contact_id)]
    if contact.account_id:
        streams.append(account_stream(contact.account_id))
    subject = f"contact:{contact_id}"
    found = [
        event
        for each in streams
        for event in history.of_subject(each, subject, types=types, limit=limit, before=before)
    ]
    return sorted(found, key=lambda event: event.id, reverse=True)[:limit]


def out_of_step(
    person: SignedIn, state: SyncState, *, groups: SupportGroups, limit: int, after: str | None
) -> list[Contact | Wish]:
    """Contacts and wishes in that state, in the order of their ids. Refuses: SupportOnly."""
    may_read(person, groups)
    keys = contacts.out_of_step(state, after=after, limit=limit)
    return [each for each in reading.many(keys) if each is not None] if keys else []


def drift(person: SignedIn, *, groups: SupportGroups, limit: int, after: str | None) -> list[Drift]:
    """What the last rounds found to differ from Zuora. Refuses: SupportOnly."""
    may_read(person, groups)
    return drifts.listed(after=after, limit=limit)


def _contact(contact_id: str) -> Contact:
    contact = reading.one(contacts.key(contact_id))
    if contact is None:
        raise ContactNotFound
    return contact
