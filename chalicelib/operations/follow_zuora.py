"""Takes over what was changed in Zuora (R54): reads it again there, and follows where nobody edits here."""

from chalicelib import ids
from chalicelib.clients.zuora import ZuoraAccount, ZuoraContact, ZuoraNotFound
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact, Part, SyncState, Wish, part_of
from chalicelib.domain.events import Event, EventType, of_account
from chalicelib.domain.people import ZUORA
from chalicelib.domain.texts import cleaned
from chalicelib.operations import edit_values, mirror
from chalicelib.operations.sync_contact import deleted, differences, event_of, fields_of
from chalicelib.operations.zuora_work import NotYet, Work
from chalicelib.store import account_contacts, accounts, contact_sync, contacts, history, reading
from chalicelib.store.account_contacts import Followed
from chalicelib.store.transaction import Step


def follow_account(account_id: str, work: Work) -> int:
    """Follows an account of ours and the contacts that it points to; returns how much was different.

    A part that somebody is being chosen for stays as it is wished; a contact that is being edited here stays
    as it is edited. What equals our copy is no change: our own writes come back as callouts too.
    """
    keys = [contacts.wish_key(account_id, part) for part in Part]
    account, *wishes = reading.many([accounts.key(account_id), *keys])
    if not isinstance(account, Account):
        raise NotYet("the account cannot be read yet")
    theirs = work.zuora.account(account.zuora_account_id)
    wished = {wish.part for wish in wishes if isinstance(wish, Wish)}
    changed = _follow_parts(account, theirs, wished, work)
    known = reading.many([contacts.key(each.id) for each in _contacts_in(theirs)])
    for ours, there in zip(known, _contacts_in(theirs), strict=True):
        if ours is not None:
            changed += take_over(ours, there, work)
    return changed


def follow_contact(contact_id: str, work: Work, *, even_if_edited: bool = False) -> int:
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


def take_over(ours: Contact, theirs: ZuoraContact, work: Work, *, even_if_edited: bool = False) -> int:
    """Makes our copy equal, unless it is being edited here, or its data was scrubbed in Zuora."""
    if theirs.is_scrubbed or (ours.is_dirty and not even_if_edited):
        return 0
    fields = differences(fields_of(theirs), ours.fields)
    back = ours.sync_state is not SyncState.SYNCED
    if not fields and not back:
        return 0
    moved = _address_moved(ours, theirs) if "work_email" in fields else None
    event = event_of(ours, EventType.CONTACT_CHANGED_IN_ZUORA, work, fields=", ".join(sorted(fields)))
    work.write(
        contact_sync.taken_over(ours, fields, ours.account_id, now=work.now()),
        moved,
        history.record(event),
        edit_values.of_contact(event, ours.fields, fields),
    )
    return 1


def _address_moved(ours: Contact, theirs: ZuoraContact) -> Step | None:
    """Whoever has the contact's address is protected (R32): the parts that it plays follow."""
    account = reading.one(accounts.key(ours.account_id)) if ours.account_id else None
    before = mirror.address_in(ours.work_email)
    if account is None or before is None:
        return None
    held = part_of(before, sold_to=account.sold_to_address, bill_to=account.bill_to_address)
    parts = tuple(part for part in held if account_contacts.contact_of(account, part) == ours.id)
    return account_contacts.addresses_moved(account, parts, mirror.address_of(theirs)) if parts else None


def _follow_parts(account: Account, theirs: ZuoraAccount, wished: set[Part], work: Work) -> int:
    there = {Part.SOLD_TO: theirs.sold_to, Part.BILL_TO: theirs.bill_to}
    moved = {
        part: contact
        for part, contact in there.items()
        if part not in wished and (contact.id if contact else None) != account_contacts.contact_of(account, part)
    }
    name, number = cleaned(theirs.name), theirs.number
    closes = mirror.is_cancelled(theirs) and not account.is_closed
    channel = mirror.channel_now(account, theirs, fields=work.fields, zuora=work.zuora)
    same = (name, number, channel) == (account.name, account.account_number, account.channel)
    if not moved and not closes and same:
        return 0
    followed = Followed(
        name=name,
        account_number=number,
        closed=closes,
        channel=channel,
        contact_ids={part: contact.id if contact else None for part, contact in moved.items()},
        addresses={part: mirror.address_of(contact) for part, contact in moved.items()},
    )
    new = {contact.id: contact for contact in moved.values() if contact is not None}
    work.write(
        account_contacts.followed(account, followed),
        *_copies(account, new, work),
        history.record(_event(account, followed, work)),
    )
    return 1


def _copies(account: Account, new: dict[str, ZuoraContact], work: Work) -> list[Step]:
    """Copies of the contacts that we do not have yet."""
    known = reading.many([contacts.key(each) for each in new])
    return [
        contacts.import_(mirror.copy_of(theirs, account.id, now=work.now()))
        for theirs, ours in zip(new.values(), known, strict=True)
        if ours is None or ours.account_id is None
    ]


def _contacts_in(theirs: ZuoraAccount) -> list[ZuoraContact]:
    both = {each.id: each for each in (theirs.sold_to, theirs.bill_to) if each is not None and each.id}
    return list(both.values())


def _event(account: Account, followed: Followed, work: Work) -> Event:
    now = work.now()
    (event_id,) = ids.event_ids(now, 1)
    facts = {f"{part}_contact_id": contact_id for part, contact_id in followed.contact_ids.items()}
    return of_account(
        account.id,
        event_id=event_id,
        event_type=EventType.ACCOUNT_CHANGED_IN_ZUORA,
        at=now,
        actor=ZUORA,
        subject=f"account:{account.id}",
        parts=", ".join(followed.contact_ids),
        closed=followed.closed,
        channel=followed.channel.value if followed.channel is not account.channel else None,
        **facts,
    )
