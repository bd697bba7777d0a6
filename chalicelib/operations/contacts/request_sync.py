"""Has a contact synced at the assignment of support: with what we have, or with what Zuora has."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from chalicelib import ids
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import FIELDS, Contact, SyncState
from chalicelib.domain.errors import ContactDeleted, ContactNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, new_event, stream_of_contact
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.operations.zuora import protection
from chalicelib.store import accounts, contact_sync, contacts, history, reading
from chalicelib.store.transaction import commit


class Prefer(StrEnum):
    """Whose values are right."""

    OURS = "ours"
    ZUORA = "zuora"


@frozen
class Requested:
    """The contact as it is now, and its account."""

    contact: Contact
    account: Account | None


@retry_on_change
def request_sync(desk: Desk, contact_id: str, prefer: Prefer, *, now: datetime) -> Requested:
    """Asks for a contact to be synced; the queue does it.

    ``ours``: all our fields are written to Zuora, whatever is there. ``zuora``: what was edited here and has not
    arrived is dropped. Refuses: SupportOnly, OwnAccount, ContactNotFound, ContactDeleted for ``ours`` (a deleted
    contact is not made again).
    """
    actor = desk.actor
    contact = reading.one(contacts.key(contact_id))
    if contact is None:
        raise ContactNotFound
    desk.keep_off(filter(None, [contact.account_id]))
    if prefer is Prefer.OURS and contact.sync_state is SyncState.DELETED_IN_ZUORA:
        raise ContactDeleted
    account = reading.one(accounts.key(contact.account_id)) if contact.account_id else None
    after = _after(contact, prefer, now)
    event = _event(after, prefer, actor, desk.ticket_url)
    protected = protection.with_edit(contact, account, contact.fields) if prefer is Prefer.OURS else None
    commit(contact_sync.request_sync(contact, after.edited, now=now), protected, history.record(event))
    return Requested(after, account)


def _after(contact: Contact, prefer: Prefer, now: datetime) -> Contact:
    """Where Zuora is right nothing of ours is written any more, also by a worker that comes for an earlier edit."""
    return replace(
        contact,
        version=contact.version + 1,
        edited=frozenset(FIELDS) if prefer is Prefer.OURS else frozenset(),
        sync_state=SyncState.PENDING,
        sync_at=now,
        sync_error=None,
    )


def _event(contact: Contact, prefer: Prefer, actor: Actor, ticket_url: str) -> Event:
    (event_id,) = ids.event_ids(contact.sync_at, 1)
    return new_event(
        stream_of_contact(contact.id, contact.account_id),
        event_id=event_id,
        event_type=EventType.CONTACT_SYNC_REQUESTED,
        at=contact.sync_at,
        actor=actor,
        subject=f"contact:{contact.id}",
        contact_id=contact.id,
        prefer=prefer.value,
        version=contact.version,
        ticket_url=ticket_url,
    )
