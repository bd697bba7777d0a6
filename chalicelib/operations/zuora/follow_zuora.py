"""Copies changes made in Zuora (R54): rereads them there, and follows where nobody edits here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chalicelib import ids
from chalicelib.clients.zuora import ZuoraNotFound
from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole, SyncState
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, account_stream, new_event
from chalicelib.domain.people import ZUORA
from chalicelib.domain.texts import cleaned
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.frozen import frozen
from chalicelib.operations.history import edit_values
from chalicelib.operations.zuora import protection, zuora_mapping
from chalicelib.operations.zuora.look_up_channel import channel_now
from chalicelib.operations.zuora.sync_contact import deleted, differences, event_of, fields_of
from chalicelib.operations.zuora.zuora_session import RetryLater, ZuoraSession
from chalicelib.store import account_contacts, accounts, contact_sync, contacts, history, reading
from chalicelib.store.account_contacts import Followed, Plays
from chalicelib.store.accounts import Protected
from chalicelib.store.transaction import Step


@frozen
class Basics:
    """What of an account is its own: name, number and channel, and whether it is to be closed here."""

    name: str
    number: str
    closed: bool
    channel: Channel


def follow_account(account_id: str, work: ZuoraSession) -> int:
    """Follows an account of ours and the contacts that it points to; returns how much was different.

    Who plays a part is who does in Zuora, also while somebody is being chosen: that waits beside it. A contact that
    is being edited here stays as it is edited. What equals our copy is no change: our own writes come back too.
    """
    keys = [contacts.assignment_key(account_id, part) for part in ContactRole]
    account, *assignments = reading.many([accounts.key(account_id), *keys])
    if not isinstance(account, Account):
        raise RetryLater("the account cannot be read yet")
    theirs = work.zuora.account(account.zuora_account_id)
    changed = _follow_parts(account, theirs, _by_part(assignments), work)
    known = reading.many([contacts.key(each.id) for each in _contacts_in(theirs)])
    for ours, there in zip(known, _contacts_in(theirs), strict=True):
        if ours is not None:
            changed += take_over(ours, there, work)
    return changed


def follow_contact(contact_id: str, work: ZuoraSession, *, even_if_edited: bool = False) -> int:
    """Follows one contact of ours; ``even_if_edited`` drops what was edited here (only on request)."""
    ours = reading.one(contacts.key(contact_id))
    if ours is None:
        return 0
    try:
        theirs = work.zuora.contact(contact_id)
    except ZuoraNotFound:
        if ours.sync_state is not SyncState.DELETED_IN_ZUORA:
            deleted(ours, work)
        return 1
    return take_over(ours, theirs, work, even_if_edited=even_if_edited)


def take_over(ours: Contact, theirs: ZuoraContact, work: ZuoraSession, *, even_if_edited: bool = False) -> int:
    """Makes our copy equal, unless it is being edited here, or its data was scrubbed in Zuora."""
    if theirs.is_scrubbed or (ours.is_dirty and not even_if_edited):
        return 0
    fields = differences(fields_of(theirs), ours.fields)
    back = ours.sync_state is not SyncState.SYNCED
    if not fields and not back:
        return 0
    moved = _address_moved(ours, theirs) if "work_email" in {*fields, *ours.edited} else None
    event = event_of(ours, EventType.CONTACT_CHANGED_IN_ZUORA, work, fields=", ".join(sorted(fields)))
    work.write(
        contact_sync.take_over(ours, fields, ours.account_id, now=work.now()),
        moved,
        history.record(event),
        edit_values.of_contact(event, ours.fields, fields),
    )
    return 1


def _address_moved(ours: Contact, theirs: ZuoraContact) -> Step | None:
    """The person who has the contact's address in Zuora is protected (R32): the parts that it plays follow."""
    return protection.after_edit(replace(ours, edited=ours.edited | {"work_email"}), theirs, taken=True)


def follow_part(account: Account, theirs: ZuoraAccount, assignment: ContactAssignment, work: ZuoraSession) -> Account:
    """Notes who plays the part of an assignment in Zuora, while that waits or is refused; the account as it is then."""
    part, moved = assignment.part, _moved(account, theirs)
    if part not in moved:
        return account
    _take_over(account, {part: moved[part]}, {part: assignment}, _plain(account), work)
    fresh = reading.one(accounts.key(account.id))
    if fresh is None:
        raise RetryLater("the account cannot be read")
    return fresh


def _by_part(assignments: Iterable[object]) -> dict[ContactRole, ContactAssignment]:
    return {assignment.part: assignment for assignment in assignments if isinstance(assignment, ContactAssignment)}


def _moved(account: Account, theirs: ZuoraAccount) -> dict[ContactRole, ZuoraContact | None]:
    there = {ContactRole.SOLD_TO: theirs.sold_to, ContactRole.BILL_TO: theirs.bill_to}
    return {
        part: contact
        for part, contact in there.items()
        if (contact.id if contact else None) != account.contact_of(part)
    }


def _follow_parts(
    account: Account, theirs: ZuoraAccount, assignments: Mapping[ContactRole, ContactAssignment], work: ZuoraSession
) -> int:
    moved = _moved(account, theirs)
    basics = Basics(
        name=cleaned(theirs.name),
        number=theirs.number,
        closed=zuora_mapping.is_cancelled(theirs) and not account.is_closed,
        channel=channel_now(account, theirs, fields=work.fields, zuora=work.zuora),
    )
    if not moved and basics == _plain(account):
        return 0
    _take_over(account, moved, assignments, basics, work)
    return 1


def _plain(account: Account) -> Basics:
    return Basics(account.name, account.account_number, closed=False, channel=account.channel)


def _take_over(
    account: Account,
    moved: Mapping[ContactRole, ZuoraContact | None],
    assignments: Mapping[ContactRole, ContactAssignment],
    basics: Basics,
    work: ZuoraSession,
) -> None:
    """Writes who plays which part; a choice that Zuora refused is over where the part was given to somebody there."""
    new = {contact.id: contact for contact in moved.values() if contact is not None}
    copies = dict(zip(new, reading.many([contacts.key(each) for each in new]), strict=True)) if new else {}
    parts = {part: _plays(account, part, contact, copies, assignments.get(part)) for part, contact in moved.items()}
    followed = Followed(basics.name, basics.number, basics.closed, basics.channel, parts)
    refused = [assignment for part, assignment in assignments.items() if part in moved and not assignment.is_waiting]
    work.write(
        account_contacts.follow_zuora(account, followed),
        *_new_copies(account, new, copies, work),
        *(contact_sync.mark_assignment_done(assignment) for assignment in refused),
        history.record(_event(account, followed, work)),
    )


def _plays(
    account: Account,
    part: ContactRole,
    contact: ZuoraContact | None,
    copies: Mapping[str, Contact | None],
    assignment: ContactAssignment | None,
) -> Plays:
    """Who is to play the part, and what is under way, stays."""
    awaited = account.next_of(part) if assignment is not None and assignment.is_waiting else protection.NOBODY
    if contact is None:
        return Plays(None, Protected(None, awaited))
    edited = protection.edited_to(copies[contact.id])
    return Plays(contact.id, Protected(zuora_mapping.address_of(contact), awaited | edited))


def _new_copies(
    account: Account, new: Mapping[str, ZuoraContact], known: Mapping[str, Contact | None], work: ZuoraSession
) -> list[Step]:
    """Copies of the contacts that we do not have yet."""
    missing = [each for each, ours in known.items() if ours is None or ours.account_id is None]
    return [contacts.import_(zuora_mapping.copy_of(new[each], account.id, now=work.now())) for each in missing]


def _contacts_in(theirs: ZuoraAccount) -> list[ZuoraContact]:
    both = {each.id: each for each in (theirs.sold_to, theirs.bill_to) if each is not None and each.id}
    return list(both.values())


def _event(account: Account, followed: Followed, work: ZuoraSession) -> Event:
    now = work.now()
    (event_id,) = ids.event_ids(now, 1)
    facts = {f"{part}_contact_id": plays.contact_id for part, plays in followed.parts.items()}
    return new_event(
        account_stream(account.id),
        event_id=event_id,
        event_type=EventType.ACCOUNT_CHANGED_IN_ZUORA,
        at=now,
        actor=ZUORA,
        subject=f"account:{account.id}",
        parts=", ".join(followed.parts),
        closed=followed.closed,
        channel=followed.channel.value if followed.channel is not account.channel else None,
        **facts,
    )
