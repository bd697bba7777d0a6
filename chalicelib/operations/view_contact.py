"""Shows contacts to the support desk: one, its history, and what is not in step with Zuora."""

from dataclasses import dataclass

from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, SyncState, Wish
from chalicelib.domain.errors import ContactNotFound
from chalicelib.domain.events import Event, EventType, account_stream, contact_stream
from chalicelib.operations import edit_values
from chalicelib.operations.parts import Part
from chalicelib.operations.support import Reader
from chalicelib.store import accounts, contacts, drifts, history, reading
from chalicelib.store.drifts import Drift


@dataclass(frozen=True, slots=True)
class Viewed:
    """A contact with its account, if that is here."""

    contact: Contact
    account: Account | None


def view_contact(reader: Reader, contact_id: str) -> Viewed:
    """One contact. Refuses: SupportOnly, ContactNotFound."""
    reader.may_read()
    contact = _contact(contact_id)
    return Viewed(contact, reading.one(accounts.key(contact.account_id)) if contact.account_id else None)


def history_of(reader: Reader, contact_id: str, types: frozenset[EventType], part: Part) -> list[Event]:
    """What happened to a contact, newest first, of these types (all if empty); with or without an account.

    Refuses: SupportOnly, ContactNotFound.
    """
    reader.may_read()
    contact = _contact(contact_id)
    streams = [contact_stream(contact_id)]
    if contact.account_id:
        streams.append(account_stream(contact.account_id))
    subject = f"contact:{contact_id}"
    limit, before = part.limit, part.position
    found = [
        event
        for each in streams
        for event in history.of_stream(each, types=types, limit=limit, before=before, subject=subject)
    ]
    return edit_values.shown(sorted(found, key=lambda event: event.id, reverse=True)[:limit])


def out_of_step(reader: Reader, state: SyncState, part: Part) -> list[Contact | Wish]:
    """Contacts and wishes in that state, in the order of their ids. Refuses: SupportOnly."""
    reader.may_read()
    keys = contacts.out_of_step(state, after=part.position, limit=part.limit)
    return [each for each in reading.many(keys) if each is not None] if keys else []


def drift(reader: Reader, part: Part) -> list[Drift]:
    """What the last rounds found to differ from Zuora. Refuses: SupportOnly."""
    reader.may_read()
    return drifts.listed(after=part.position, limit=part.limit)


def _contact(contact_id: str) -> Contact:
    contact = reading.one(contacts.key(contact_id))
    if contact is None:
        raise ContactNotFound
    return contact
