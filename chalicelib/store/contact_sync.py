"""What the worker writes: the sync state of contacts and assignments. Each Step is for the version that was read."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.contacts import Contact, ContactAssignment, Sent, SyncError, SyncState
from chalicelib.domain.errors import Changed
from chalicelib.store.contacts import assignment_id
from chalicelib.store.tables import ContactItem
from chalicelib.store.transaction import Step, delete, refuse_with, update


def mark_sending(contact: Contact, sent: Sent) -> Step:
    """Notes, before the request goes out, which version is being written to Zuora."""
    return _update(contact.id, _sent(sent), ContactItem.version == contact.version)


def mark_synced(contact: Contact, spelling: Mapping[str, str], *, now: datetime) -> Step:
    """Zuora has this version; ours takes over how Zuora spells it. Changed if there is a newer version."""
    actions = [getattr(ContactItem, name).set(value) for name, value in spelling.items()]
    actions += [ContactItem.synced_version.set(contact.version), *_state(SyncState.SYNCED, now), *_forget()]
    return _update(contact.id, actions, ContactItem.version == contact.version)


def mark_caught_up(contact: Contact) -> Step:
    """Zuora has this version, but there is a newer one here by now, which stays pending."""
    older = ContactItem.synced_version < contact.version
    return _update(contact.id, [ContactItem.synced_version.set(contact.version), *_forget_sent()], older)


def mark_failed(contact: Contact, error: SyncError, *, now: datetime) -> Step:
    """Zuora refused this version permanently (R57). Changed if there is a newer one, which has its own chance."""
    actions = [*_state(SyncState.FAILED, now), *_error(error), *_forget_sent()]
    return _update(contact.id, actions, ContactItem.version == contact.version)


def mark_deleted(contact: Contact, *, now: datetime) -> Step:
    """The contact is no more in Zuora (R54); an edit that waits for it never gets there."""
    actions = [*_state(SyncState.DELETED_IN_ZUORA, now), *_forget()]
    return _update(contact.id, actions, ContactItem.version == contact.version)


def take_over(contact: Contact, fields: Mapping[str, str], account_id: str | None, *, now: datetime) -> Step:
    """Our copy becomes what Zuora has (R54). Changed if it was edited here since it was read."""
    actions: list[Action] = [getattr(ContactItem, name).set(value) for name, value in fields.items()]
    version = contact.version + 1
    actions += [ContactItem.version.set(version), ContactItem.synced_version.set(version)]
    if account_id is not None:
        actions.append(ContactItem.account_id.set(account_id))
    actions += [*_state(SyncState.SYNCED, now), *_forget()]
    return _update(contact.id, actions, ContactItem.version == contact.version)


def request_sync(contact: Contact, edited: Collection[str], *, now: datetime) -> Step:
    """Our version is to be brought to Zuora once more in these fields, whatever became of it before."""
    actions: list[Action] = [ContactItem.version.set(contact.version + 1), *_state(SyncState.PENDING, now)]
    actions.append(ContactItem.edited.set(set(edited)) if edited else ContactItem.edited.remove())
    actions += [ContactItem.error_code.remove(), ContactItem.error_reason.remove()]
    return _update(contact.id, actions, ContactItem.version == contact.version)


def mark_assignment_sending(assignment: ContactAssignment, sent: Sent) -> Step:
    """Notes, before the request goes out, that the assignment is being written to Zuora's account."""
    return _update(_id(assignment), _sent(sent), _same(assignment))


def mark_assignment_tried(assignment: ContactAssignment) -> Step:
    """Zuora answered that the contact was not made: the next try gets a key of its own."""
    return _update(_id(assignment), [ContactItem.attempt.set(assignment.attempt + 1)], _same(assignment))


def mark_assignment_known(assignment: ContactAssignment, contact_id: str) -> Step:
    """Notes the Zuora contact of the assignment, as soon as there is one."""
    return _update(_id(assignment), [ContactItem.assigned_contact_id.set(contact_id)], _same(assignment))


def mark_assignment_failed(assignment: ContactAssignment, error: SyncError) -> Step:
    """Zuora refused the assignment permanently."""
    state: Action = ContactItem.out_of_step.set(SyncState.FAILED.value)
    return _update(_id(assignment), [state, *_error(error), *_forget_sent()], _same(assignment))


def mark_assignment_done(assignment: ContactAssignment) -> Step:
    """Takes the assignment away; Changed if there is a newer one in its place."""
    return delete(ContactItem(_id(assignment)), condition=_same(assignment), refusal=refuse_with(Changed()))


def _id(assignment: ContactAssignment) -> str:
    return assignment_id(assignment.account_id, assignment.part)


def _same(assignment: ContactAssignment) -> Condition:
    condition: Condition = ContactItem.version == assignment.version
    return condition


def _state(state: SyncState, now: datetime) -> list[Action]:
    mark: Any = ContactItem.out_of_step
    listed = mark.remove() if state is SyncState.SYNCED else mark.set(state.value)
    return [ContactItem.sync_state.set(state.value), ContactItem.sync_at.set(now), listed]


def _error(error: SyncError) -> list[Action]:
    return [ContactItem.error_code.set(error.code), ContactItem.error_reason.set(error.reason)]


def _sent(sent: Sent) -> list[Action]:
    return [ContactItem.sent_version.set(sent.version), ContactItem.sent_until.set(sent.until)]


def _forget_sent() -> list[Action]:
    return [ContactItem.sent_version.remove(), ContactItem.sent_until.remove()]


def _forget() -> list[Action]:
    errors = [ContactItem.error_code.remove(), ContactItem.error_reason.remove()]
    return [ContactItem.edited.remove(), *errors, *_forget_sent()]


def _update(contact_id: str, actions: list[Action], condition: Condition) -> Step:
    return update(ContactItem(contact_id), actions, condition=condition, refusal=refuse_with(Changed()))
