"""Edits a contact here; the queue updates Zuora (R51)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.addresses import address_in
from chalicelib.domain import contact_limits
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, ContactRole, SyncState
from chalicelib.domain.errors import Changed, ContactDeleted, ContactNotFound, VersionConflict
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, new_event, stream_of_contact
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen
from chalicelib.operations.history import edit_values
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.operations.zuora import protection
from chalicelib.store import accounts, contacts, history, reading
from chalicelib.store.transaction import Step, commit


@frozen
class Edited:
    """The contact as it is (or would be) now, its account, the parts that it plays there, and how it was before."""

    contact: Contact
    before: Mapping[str, str]
    account: Account | None
    parts: tuple[ContactRole, ...]
    changed: tuple[str, ...]


@retry_on_change
def edit_contact(
    desk: Desk,
    contact_id: str,
    changes: Mapping[str, str],
    *,
    version: int | None,
    dry_run: bool,
    now: datetime,
) -> Edited:
    """Changes fields of a contact, by support; says which parts it plays. ``dry_run`` writes nothing.

    Refuses: SupportOnly, OwnAccount, OwnAddress, HouseAddress, ContactNotFound, ContactDeleted, Invalid for
    what Zuora is known to refuse (also in a dry run), VersionConflict when ``version`` is given and is not the present
    one. Values that it has already are no change.
    """
    actor = desk.actor
    contact = reading.one(contacts.key(contact_id))
    if contact is None:
        raise ContactNotFound
    desk.keep_off(filter(None, [contact.account_id]))
    if contact.sync_state is SyncState.DELETED_IN_ZUORA:
        raise ContactDeleted
    if version is not None and version != contact.version:
        raise VersionConflict(version=contact.version)
    account = reading.one(accounts.key(contact.account_id)) if contact.account_id else None
    address = address_in(changes.get("work_email", ""))
    if address is not None and address != address_in(contact.work_email):
        desk.may_give_to(address)
    real = {name: value for name, value in changes.items() if getattr(contact, name) != value}
    contact_limits.must_be_taken(real, contact.fields)
    after = Edited(
        _after(contact, real, now), contact.fields, account, protection.parts_of(contact, account), tuple(sorted(real))
    )
    if real and not dry_run:
        _write(after, edit_steps(contact, account, real, now=now), version, desk, actor)
    return after


def _write(after: Edited, steps: list[Step | None], version: int | None, desk: Desk, actor: Actor) -> None:
    """A version that the caller did not name is read again when somebody else was faster."""
    now = after.contact.sync_at
    (event_id,) = ids.event_ids(now, 1)
    event = _event(after, event_id=event_id, actor=actor, now=now, ticket_url=desk.ticket_url)
    try:
        commit(*steps, history.record(event), edit_values.of_contact(event, after.before, after.contact.fields))
    except VersionConflict as conflict:
        if version is None:
            raise Changed from conflict
        raise


def edit_steps(
    contact: Contact, account: Account | None, changes: Mapping[str, str], *, now: datetime
) -> list[Step | None]:
    """The Steps of an edit: the contact, and with its address the protection of whoever has it (R32)."""
    return [contacts.edit(contact, changes, now=now), protection.with_edit(contact, account, changes)]


def _after(contact: Contact, changes: Mapping[str, str], now: datetime) -> Contact:
    if not changes:
        return contact
    fields: dict[str, Any] = dict(changes)
    return replace(
        contact,
        **fields,
        version=contact.version + 1,
        edited=contact.edited | changes.keys(),
        sync_state=SyncState.PENDING,
        sync_at=now,
        sync_error=None,
    )


def _event(after: Edited, *, event_id: str, actor: Actor, now: datetime, ticket_url: str) -> Event:
    """Says which fields changed, not to what: those are people's names and addresses, and lie beside."""
    contact = after.contact
    return new_event(
        stream_of_contact(contact.id, contact.account_id),
        event_id=event_id,
        event_type=EventType.CONTACT_EDITED,
        at=now,
        actor=actor,
        subject=f"contact:{contact.id}",
        contact_id=contact.id,
        fields=", ".join(after.changed),
        parts=", ".join(after.parts),
        version=contact.version,
        ticket_url=ticket_url,
    )
