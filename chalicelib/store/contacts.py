"""Contacts: our copies of Zuora's, by Zuora's id, and the pending assignments of Sold To and Bill To."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.contacts import FIELDS, Contact, ContactAssignment, ContactRole, Sent, SyncError, SyncState
from chalicelib.domain.errors import Changed, ContactNotFound, DomainError, VersionConflict
from chalicelib.store import connection, reading
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import ContactItem, Raw
from chalicelib.store.transaction import Step, delete, put, refuse_with, update


def key(contact_id: str) -> Key[Contact]:
    """The key of a contact."""
    return Key(ContactItem, contact_id, None, load)


def assignment_key(account_id: str, part: ContactRole) -> Key[ContactAssignment]:
    """The key of the assignment for a part of an account."""
    return Key(ContactItem, assignment_id(account_id, part), None, load_assignment)


def of_account(account_id: str) -> list[Key[Contact]]:
    """The keys of an account's contacts; the index may be a moment behind."""
    connection.client()
    with connection.reaching():
        return [key(it.contact_id) for it in ContactItem.by_account.query(account_id)]


def out_of_step(state: SyncState, *, after: str | None, limit: int) -> list[Key[Contact | ContactAssignment]]:
    """The keys of contacts and assignments in that state, by id; the index may be a moment behind."""
    connection.client()
    condition = None if after is None else ContactItem.contact_id > after
    with connection.reaching():
        found = ContactItem.by_state.query(state.value, condition, page_size=limit)
        return reading.each(
            found, lambda it: reading.if_readable(Key(ContactItem, it.contact_id, None, load_either)), limit=limit
        )


def load_either(raw: Raw) -> Contact | ContactAssignment:
    """The contact or the assignment of a raw item."""
    return load_assignment(raw) if "assignment_of" in raw else load(raw)


def load(raw: Raw) -> Contact:
    """The contact of a raw item."""
    it = item(ContactItem, raw)
    return Contact(
        id=it.contact_id,
        account_id=it.account_id,
        first_name=it.first_name,
        last_name=it.last_name,
        work_email=it.work_email,
        address1=it.address1,
        address2=it.address2,
        city=it.city,
        state=it.state,
        postal_code=it.postal_code,
        country=it.country,
        sync_state=SyncState(it.sync_state),
        sync_at=it.sync_at,
        sync_error=_error(it),
        version=int(it.version),
        synced_version=int(it.synced_version),
        sent=_sent(it),
        edited=frozenset(it.edited or ()),
    )


def load_assignment(raw: Raw) -> ContactAssignment:
    """The assignment of a raw item."""
    it = item(ContactItem, raw)
    return ContactAssignment(
        account_id=it.assignment_of,
        part=ContactRole(it.part),
        fields={name: getattr(it, name) for name in FIELDS},
        contact_id=it.assigned_contact_id,
        customer_id=it.customer_id,
        version=int(it.version),
        chosen_at=it.chosen_at,
        error=_error(it),
        attempt=int(it.attempt or 0),
        sent=_sent(it),
        chosen_by=it.chosen_by,
        transfer_id=it.transfer_id,
        replaces=it.replaces,
    )


def import_(contact: Contact) -> Step:
    """Writes the copy of a contact that we do not have yet, or that has no account yet."""
    fields: dict[str, Any] = dict(contact.fields)
    new = ContactItem(
        contact.id,
        account_id=contact.account_id,
        sync_state=contact.sync_state,
        sync_at=contact.sync_at,
        version=contact.version,
        synced_version=contact.synced_version,
        **fields,
    )
    free: Condition = ContactItem.contact_id.does_not_exist()
    free |= ContactItem.account_id.does_not_exist()
    return put(new, condition=free, refusal=refuse_with(Changed()))


def edit(contact: Contact, changes: Mapping[str, str], *, now: datetime) -> Step:
    """Changes fields of a contact that is as it was read, and leaves it to be brought to Zuora (R51)."""
    actions: list[Action] = [getattr(ContactItem, name).set(value) for name, value in changes.items()]
    actions += [
        ContactItem.version.set(contact.version + 1),
        ContactItem.edited.add(set(changes)),
        ContactItem.sync_state.set(SyncState.PENDING.value),
        ContactItem.sync_at.set(now),
        ContactItem.out_of_step.set(SyncState.PENDING.value),
        ContactItem.error_code.remove(),
        ContactItem.error_reason.remove(),
    ]
    return update(ContactItem(contact.id), actions, condition=ContactItem.version == contact.version, refusal=_outdated)


def remove(contact: Contact) -> Step:
    """Takes away our copy of a contact that is as it was read; Zuora keeps its own."""
    as_read = ContactItem.version == contact.version
    return delete(ContactItem(contact.id), condition=as_read, refusal=refuse_with(Changed()))


def assign(new: ContactAssignment, before: ContactAssignment | None) -> Step:
    """Writes an assignment in the place of the one that was read.

    Changed if that was fulfilled, refused or replaced meanwhile, or is under way to Zuora by now.
    """
    fields: dict[str, Any] = dict(new.fields)
    wanted = ContactItem(
        assignment_id(new.account_id, new.part),
        assignment_of=new.account_id,
        part=new.part,
        assigned_contact_id=new.contact_id,
        customer_id=new.customer_id,
        version=new.version,
        chosen_at=new.chosen_at,
        attempt=new.attempt,
        chosen_by=new.chosen_by,
        transfer_id=new.transfer_id,
        replaces=new.replaces,
        sent_version=new.sent.version if new.sent else None,
        sent_until=new.sent.until if new.sent else None,
        out_of_step=SyncState.PENDING,
        **fields,
    )
    condition: Condition = ContactItem.contact_id.does_not_exist()
    if before is not None:
        condition = (ContactItem.version == before.version) & _as_sent(before) & _as_refused(before)
    return put(wanted, condition=condition, refusal=refuse_with(Changed()))


def assignment_id(account_id: str, part: ContactRole) -> str:
    """The id of the assignment for a role on an account."""
    return f"assignment#{account_id}#{part}"


def _as_sent(before: ContactAssignment) -> Condition:
    version = ContactItem.sent_version
    condition: Condition = version.does_not_exist() if before.sent is None else version == before.sent.version
    return condition


def _as_refused(before: ContactAssignment) -> Condition:
    condition: Condition = ContactItem.error_code.exists() if before.error else ContactItem.error_code.does_not_exist()
    return condition


def _sent(it: ContactItem) -> Sent | None:
    return None if it.sent_until is None else Sent(int(it.sent_version), it.sent_until)


def _error(it: ContactItem) -> SyncError | None:
    return None if it.error_code is None else SyncError(it.error_code, it.error_reason or "")


def _outdated(raw: Raw | None) -> DomainError:
    return ContactNotFound() if raw is None else VersionConflict(version=load(raw).version)
