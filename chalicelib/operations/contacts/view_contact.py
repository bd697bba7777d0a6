"""Shows contacts to the support desk: one, its history, and what is out of sync with Zuora."""

from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactAssignment, SyncState
from chalicelib.domain.errors import ContactNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream, contact_stream
from chalicelib.frozen import frozen
from chalicelib.operations.history import edit_values
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.support import Reader
from chalicelib.store import accounts, contacts, drifts, history, reading
from chalicelib.store.bounded import Found, first
from chalicelib.store.drifts import Drift

_MOST_QUERIES = 5  # of each stream that is merged


@frozen
class Viewed:
    """A contact with its account, if that is here."""

    contact: Contact
    account: Account | None


def view_contact(reader: Reader, contact_id: str) -> Viewed:
    """One contact. Refuses: SupportOnly, ContactNotFound."""
    reader.may_read()
    contact = _contact(contact_id)
    return Viewed(contact, reading.one(accounts.key(contact.account_id)) if contact.account_id else None)


def history_of(reader: Reader, contact_id: str, types: frozenset[EventType], part: PageRequest) -> Found[Event]:
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
        history.part_of_stream(each, types=types, limit=limit, before=before, subject=subject, queries=_MOST_QUERIES)
        for each in streams
    ]
    page = _merged(found, limit)
    return Found(edit_values.shown(page.things), page.next_position)


def out_of_step(reader: Reader, state: SyncState, part: PageRequest) -> Found[Contact | ContactAssignment]:
    """Contacts and assignments in that state, in the order of their ids. Refuses: SupportOnly."""
    reader.may_read()
    found = contacts.out_of_step(state, after=part.position, limit=part.limit + 1)
    page = first(found, part.limit, lambda key: key.hash_key)
    read = reading.many(page.things)
    return Found([each for each in read if each is not None], page.next_position)


def drift(reader: Reader, part: PageRequest) -> Found[Drift]:
    """What the last rounds found to differ from Zuora. Refuses: SupportOnly."""
    reader.may_read()
    return first(drifts.listed(after=part.position, limit=part.limit + 1), part.limit, lambda each: each.id)


def _merged(parts: list[Found[Event]], limit: int) -> Found[Event]:
    """One list of several, newest first, as far down as all of them were read."""
    read_to = max((each.next_position for each in parts if each.next_position), default="")
    events = sorted((event for each in parts for event in each.things), key=lambda event: event.id, reverse=True)
    page = first([event for event in events if event.id >= read_to], limit, lambda event: event.id)
    return Found(page.things, page.next_position or read_to or None)


def _contact(contact_id: str) -> Contact:
    contact = reading.one(contacts.key(contact_id))
    if contact is None:
        raise ContactNotFound
    return contact
