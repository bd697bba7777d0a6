"""Assigns the chosen Sold To or Bill To in Zuora (R55): finds or makes the contact, then points the account to it.

Every step is remembered on the assignment before the next begins, so that after a crash the next worker resumes there.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from chalicelib import ids
from chalicelib.addresses import address_in
from chalicelib.clients.zuora import NotDone
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import FIELDS, Contact, ContactAssignment, ContactRole, SyncError
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, account_stream, new_event
from chalicelib.domain.people import ZUORA
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.failures import Permanent
from chalicelib.operations.history import edit_values
from chalicelib.operations.zuora import follow_zuora, protection, tax_place, zuora_mapping
from chalicelib.operations.zuora.sync_contact import LONGEST_REASON, differences, fields_of
from chalicelib.operations.zuora.zuora_session import RetryLater, ZuoraSession
from chalicelib.store import account_contacts, contact_sync, contacts, history, reading
from chalicelib.store.account_contacts import Plays
from chalicelib.store.accounts import Protected
from chalicelib.store.transaction import Step

PERSON = ("first_name", "last_name", "work_email")


def assign(account: Account, assignment: ContactAssignment, work: ZuoraSession) -> str:
    """Does what is left of an assignment; returns what became of it: placed or failed.

    The account's own contact with the same address is taken, never one of another account; there being none,
    one is made. Refused permanently (a cancelled account, a country that Zuora does not know): recorded on the
    assignment.
    """
    try:
        theirs = work.zuora.account(account.zuora_account_id)
        if _id_of(theirs, assignment.part) != assignment.contact_id:  # else it is about to be noted
            account = follow_zuora.follow_part(account, theirs, assignment, work)
        assignment, contact = _contact(account, theirs, assignment, work)
        _point(theirs, assignment, contact, work)
    except Permanent as refusal:
        return _failed(account, assignment, SyncError(refusal.code, refusal.reason[:LONGEST_REASON]), work)
    _placed(account, assignment, contact, work)
    return "placed"


def _contact(
    account: Account, theirs: ZuoraAccount, assignment: ContactAssignment, work: ZuoraSession
) -> tuple[ContactAssignment, ZuoraContact]:
    """The contact of the assignment in Zuora, and the assignment that knows it."""
    if assignment.contact_id is not None:
        contact = work.zuora.contact(assignment.contact_id)
    else:
        contact = _found(theirs, assignment, work) or _made(account, theirs, assignment, work)
        work.write(contact_sync.mark_assignment_known(assignment, contact.id))
        assignment = replace(assignment, contact_id=contact.id)
    changes = _changes(theirs, assignment, contact)
    if changes:
        contact = work.zuora.update_contact(contact.id, changes)
    return assignment, contact


def _found(theirs: ZuoraAccount, assignment: ContactAssignment, work: ZuoraSession) -> ZuoraContact | None:
    """A contact of this very account with the chosen address: first those with a part, then the oldest.

    For a custom contact one that plays the other part is taken only if nothing would have to change in it.
    """
    for each in _candidates(theirs, assignment, work.zuora.contacts_of(theirs.id)):
        shared = _plays_other(theirs, assignment.part, each.id)
        if not (shared and _typed_changes(assignment, each)):
            return each
    return None


def _candidates(
    theirs: ZuoraAccount, assignment: ContactAssignment, all_of_it: Iterable[ZuoraContact]
) -> list[ZuoraContact]:
    address = address_in(assignment.fields["work_email"])
    with_part = [each for each in (theirs.sold_to, theirs.bill_to) if each is not None]
    known = {each.id for each in with_part}
    every = [*with_part, *(each for each in all_of_it if each.id not in known)]
    return [
        each
        for each in every
        if address is not None and zuora_mapping.address_of(each) == address and not each.is_scrubbed
    ]


def _changes(theirs: ZuoraAccount, assignment: ContactAssignment, contact: ZuoraContact) -> dict[str, str]:
    """What is to be written to a contact that there is: what was typed, and what it lacks for taxes (R55).

    A contact that plays the other part too stays as it was typed there; only a manager's is completed all the same.
    """
    shared = _plays_other(theirs, assignment.part, contact.id)
    if shared and assignment.customer_id is None:
        return {}
    typed = {} if shared else _typed_changes(assignment, contact)
    own = {name: typed.get(name, getattr(contact, name)) for name in tax_place.FIELDS}
    return tax_place.missing(own, _replaced(theirs, assignment), typed=assignment.customer_id is None) | typed


def _replaced(theirs: ZuoraAccount, assignment: ContactAssignment) -> ZuoraContact | None:
    """Who plays the part now."""
    return theirs.sold_to if assignment.part is ContactRole.SOLD_TO else theirs.bill_to


def _typed_changes(assignment: ContactAssignment, contact: ZuoraContact) -> dict[str, str]:
    """Fields of a typed-in contact that differ in Zuora.

    Choosing a manager edits nothing, unless the manager was renamed while the contact for them was under way.
    """
    if assignment.customer_id is not None:
        moved = assignment.contact_id is not None and zuora_mapping.address_of(contact) != address_in(
            assignment.fields["work_email"]
        )
        return differences({name: assignment.fields[name] for name in PERSON}, contact) if moved else {}
    typed = {name: value for name, value in assignment.fields.items() if value}
    return differences(typed, contact)


def _made(account: Account, theirs: ZuoraAccount, assignment: ContactAssignment, work: ZuoraSession) -> ZuoraContact:
    """A new contact. The key makes one try one contact; a try that Zuora says it did not do gets another key."""
    work.before_writing(assignment.version, None)
    try:
        return work.zuora.create_contact(
            theirs.id, _new_fields(theirs, assignment), idempotency_key=_key(account, assignment)
        )
    except NotDone as failure:
        work.write(contact_sync.mark_assignment_tried(assignment))
        raise failure from None


def _new_fields(theirs: ZuoraAccount, assignment: ContactAssignment) -> dict[str, str]:
    """A manager has no postal address here: the company's, of who plays the part now, is taken (taxes need it)."""
    given = PERSON if assignment.customer_id is not None else FIELDS
    fields = {name: assignment.fields[name] for name in given}
    own = {name: fields.get(name, "") for name in tax_place.FIELDS}
    return fields | tax_place.missing(own, _replaced(theirs, assignment), typed=assignment.customer_id is None)


def _point(theirs: ZuoraAccount, assignment: ContactAssignment, contact: ZuoraContact, work: ZuoraSession) -> None:
    """Makes the account point to the contact, if it does not, and reads back that it does."""
    work.settled(assignment.version, assignment.sent)
    if _id_of(theirs, assignment.part) == contact.id:
        return
    work.write(
        contact_sync.mark_assignment_sending(assignment, work.before_writing(assignment.version, assignment.sent))
    )
    if assignment.part is ContactRole.SOLD_TO:
        work.zuora.set_account_contacts(theirs.id, sold_to=contact.id)
    else:
        work.zuora.set_account_contacts(theirs.id, bill_to=contact.id)
    if _id_of(work.zuora.account(theirs.id), assignment.part) != contact.id:
        raise RetryLater("Zuora does not show the new contact yet")


def _placed(account: Account, assignment: ContactAssignment, theirs: ZuoraContact, work: ZuoraSession) -> None:
    known = reading.one(contacts.key(theirs.id))
    address = zuora_mapping.address_of(theirs) or account.address_of(assignment.part)
    copy = _copy(account, known, theirs, work)
    before = known.fields if known is not None and copy is not None else {}
    changed = {name: value for name, value in fields_of(theirs).items() if before.get(name, value) != value}
    facts: dict[str, Fact] = {"contact_id": theirs.id, "replaces": assignment.replaces}
    if changed:
        facts["fields"] = ", ".join(sorted(changed))
    event = _event(assignment, EventType.CONTACT_PLACED, f"contact:{theirs.id}", work, **facts)
    plays = Plays(theirs.id, Protected(address, protection.edited_to(known)))
    work.write(
        account_contacts.place(account, assignment.part, plays),
        copy,
        contact_sync.mark_assignment_done(assignment),
        history.record(event),
        edit_values.of_contact(event, before, changed),
    )


def _copy(account: Account, known: Contact | None, theirs: ZuoraContact, work: ZuoraSession) -> Step | None:
    """Our copy of the contact: a new one, or what Zuora has now in one that nobody edits at the moment."""
    now = work.now()
    if known is None:
        return contacts.import_(zuora_mapping.copy_of(theirs, account.id, now=now))
    if known.account_id == account.id and (known.is_dirty or known.fields == fields_of(theirs)):
        return None
    return contact_sync.take_over(known, fields_of(theirs), account.id, now=now)


def _failed(account: Account, assignment: ContactAssignment, error: SyncError, work: ZuoraSession) -> str:
    """Records the refusal, once nothing is under way any more; who plays the part is who does in Zuora then (R32)."""
    work.nothing_under_way(assignment.sent)
    with suppress(Permanent):  # Zuora does not know the account any more
        theirs = work.zuora.account(account.zuora_account_id)
        account = follow_zuora.follow_part(account, theirs, assignment, work)
    contact_id = account.contact_of(assignment.part)
    left = protection.edited_to(reading.one(contacts.key(contact_id))) if contact_id else protection.NOBODY
    event = _event(assignment, EventType.CONTACT_SYNC_FAILED, f"account:{assignment.account_id}", work, code=error.code)
    work.write(
        account_contacts.refuse(account, assignment.part, left),
        contact_sync.mark_assignment_failed(assignment, error),
        history.record(event),
    )
    return "failed"


def _event(assignment: ContactAssignment, kind: EventType, subject: str, work: ZuoraSession, **facts: Fact) -> Event:
    now = work.now()
    (event_id,) = ids.event_ids(now, 1)
    return new_event(
        account_stream(assignment.account_id),
        event_id=event_id,
        event_type=kind,
        at=now,
        actor=ZUORA,
        subject=subject,
        part=assignment.part.value,
        customer_id=assignment.customer_id,
        chosen_by=assignment.chosen_by,
        transfer_id=assignment.transfer_id,
        **facts,
    )


def _key(account: Account, assignment: ContactAssignment) -> str:
    """The same for the same try of the same assignment, and for no other."""
    which = (
        assignment.account_id,
        assignment.part,
        assignment.version,
        assignment.chosen_at.isoformat(),
        assignment.attempt,
    )
    told = "|".join(map(str, (account.zuora_account_id, *which)))
    return hashlib.sha256(told.encode()).hexdigest()


def _id_of(theirs: ZuoraAccount, part: ContactRole) -> str | None:
    contact = theirs.sold_to if part is ContactRole.SOLD_TO else theirs.bill_to
    return contact.id if contact else None


def _plays_other(theirs: ZuoraAccount, part: ContactRole, contact_id: str) -> bool:
    other = ContactRole.BILL_TO if part is ContactRole.SOLD_TO else ContactRole.SOLD_TO
    return _id_of(theirs, other) == contact_id
