"""Syncs one of our contacts to Zuora (R51): read, compare, write what differs, read back, record."""

from collections.abc import Mapping

from chalicelib import ids
from chalicelib.clients.zuora import ZuoraNotFound
from chalicelib.domain.contacts import FIELDS, Contact, SyncError
from chalicelib.domain.errors import Changed
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, new_event, stream_of_contact
from chalicelib.domain.people import ZUORA
from chalicelib.domain.zuora_records import ZuoraContact
from chalicelib.failures import Permanent
from chalicelib.operations.zuora import protection
from chalicelib.operations.zuora.zuora_session import ZuoraSession
from chalicelib.store import contact_sync, history
from chalicelib.store.leases import LeaseLost

NORMALISED = frozenset({"country", "state"})
"""What Zuora gives back in its own spelling: "DE" comes back as "Germany"."""

LONGEST_REASON = 300


def push_contact(contact: Contact, work: ZuoraSession) -> str:
    """Makes Zuora equal to this version in what was edited; returns what became of it: synced, failed or deleted.

    Fields that nobody edited here are not written, whatever Zuora has in them. Not found in Zuora: marked as
    deleted there, never made again. Refused permanently: recorded on the contact with Zuora's code and reason.
    Temporary failures are raised as Retryable, and the contact stays pending.
    """
    theirs = None
    try:
        theirs = work.zuora.contact(contact.id)
        differing = differences(contact.edits, theirs)
        if differing:
            theirs = _write(contact, differing, work)
    except ZuoraNotFound:
        return deleted(contact, work)
    except Permanent as refusal:
        return _failed(contact, theirs, SyncError(refusal.code, refusal.reason[:LONGEST_REASON]), work)
    wrong = not_taken(contact.edits, theirs)
    if wrong:
        reason = f"Zuora keeps other values than were sent: {', '.join(wrong)}."
        return _failed(contact, theirs, SyncError("not_taken", reason), work)
    return _synced(contact, theirs, work)


def fields_of(theirs: ZuoraContact) -> dict[str, str]:
    """The fields of a Zuora contact that are kept equal."""
    return {name: getattr(theirs, name) for name in FIELDS}


def differences(wanted: Mapping[str, str], there: ZuoraContact | Mapping[str, str]) -> dict[str, str]:
    """The fields of ``wanted`` that are otherwise there."""
    present = fields_of(there) if isinstance(there, ZuoraContact) else there
    return {name: value for name, value in wanted.items() if present[name] != value}


def not_taken(sent: Mapping[str, str], theirs: ZuoraContact) -> list[str]:
    """The fields that Zuora did not take although it said so; its own spelling of a place is no other value."""
    read = fields_of(theirs)
    return [
        name
        for name, value in sent.items()
        if (bool(value) != bool(read[name]) if name in NORMALISED else _plain(value) != _plain(read[name]))
    ]


def deleted(contact: Contact, work: ZuoraSession) -> str:
    """Marks a contact that is no more in Zuora (R54)."""
    event = event_of(contact, EventType.CONTACT_DELETED_IN_ZUORA, work)
    ended = protection.after_edit(contact, None, taken=False)
    work.write(contact_sync.mark_deleted(contact, now=work.now()), ended, history.record(event))
    return "deleted"


def event_of(contact: Contact, kind: EventType, work: ZuoraSession, **facts: Fact) -> Event:
    """An event about a contact, by Zuora."""
    now = work.now()
    (event_id,) = ids.event_ids(now, 1)
    return new_event(
        stream_of_contact(contact.id, contact.account_id),
        event_id=event_id,
        event_type=kind,
        at=now,
        actor=ZUORA,
        subject=f"contact:{contact.id}",
        contact_id=contact.id,
        **facts,
    )


def _write(contact: Contact, differing: Mapping[str, str], work: ZuoraSession) -> ZuoraContact:
    work.write(contact_sync.mark_sending(contact, work.before_writing(contact.version, contact.sent)))
    return work.zuora.update_contact(contact.id, differing)


def _synced(contact: Contact, theirs: ZuoraContact, work: ZuoraSession) -> str:
    spelling = {name: getattr(theirs, name) for name in differences(contact.edits, theirs)}
    try:
        ended = protection.after_edit(contact, theirs, taken=True)
        work.write(contact_sync.mark_synced(contact, spelling, now=work.now()), ended)
    except LeaseLost:
        raise
    except Changed:  # edited meanwhile; the message of that edit is on its way
        ended = protection.after_edit(contact, theirs, taken=True, edited_again=True)
        work.write(contact_sync.mark_caught_up(contact), ended)
    return "synced"


def _failed(contact: Contact, theirs: ZuoraContact | None, error: SyncError, work: ZuoraSession) -> str:
    event = event_of(contact, EventType.CONTACT_SYNC_FAILED, work, code=error.code, version=contact.version)
    ended = protection.after_edit(contact, theirs, taken=False)
    work.write(contact_sync.mark_failed(contact, error, now=work.now()), ended, history.record(event))
    return "failed"


def _plain(text: str) -> str:
    return text.strip().casefold()
