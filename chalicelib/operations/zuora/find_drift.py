"""Compares one account and its contacts with Zuora, and lists what differs (R54). Repairs nothing."""

from datetime import datetime

from chalicelib.clients.zuora import Zuora, ZuoraNotFound
from chalicelib.domain.accounts import Account, Channel
from chalicelib.domain.contacts import Contact, ContactAssignment, ContactRole, SyncState
from chalicelib.domain.errors import Busy
from chalicelib.domain.texts import cleaned
from chalicelib.domain.zuora_records import ZuoraAccount, ZuoraContact
from chalicelib.frozen import frozen
from chalicelib.operations.zuora import zuora_mapping
from chalicelib.operations.zuora.look_up_channel import channel_now
from chalicelib.operations.zuora.sync_contact import deleted, differences, fields_of
from chalicelib.operations.zuora.zuora_mapping import ZuoraFields
from chalicelib.operations.zuora.zuora_session import ZuoraSession
from chalicelib.store import accounts, contacts, drifts, leases, reading
from chalicelib.store.drifts import Drift, DriftKind


@frozen
class Ours:
    """What we have of an account, read in one go."""

    account: Account
    contacts: list[Contact]
    assigned: frozenset[ContactRole]


def compare_account(account_id: str, *, zuora: Zuora, now: datetime, fields: ZuoraFields | None = None) -> int:
    """Lists what differs and takes off the list what does not; returns how much differs.

    Differences are checked twice: a change on its way between the two readings is no drift. What is being
    edited here, or chosen, is left to the queue. A contact that is gone from Zuora is also marked.
    """
    found = _compare(account_id, zuora, fields, now)
    if found:
        again = {(each.id, each.fields) for each in _compare(account_id, zuora, fields, now)}
        found = [each for each in found if (each.id, each.fields) in again]
    ids = {each.id for each in found}
    for old in drifts.of_account(account_id):
        if old.id not in ids:
            drifts.clear(old)
    for each in found:
        drifts.note(each)
        if each.kind is DriftKind.CONTACT_MISSING:
            _mark(account_id, str(each.contact_id), zuora, now)
    return len(found)


def _compare(account_id: str, zuora: Zuora, fields: ZuoraFields | None, now: datetime) -> list[Drift]:
    ours = _ours(account_id)
    if ours is None:
        return []
    try:
        theirs = zuora.account(ours.account.zuora_account_id)
    except ZuoraNotFound:
        return [Drift(DriftKind.ACCOUNT_MISSING, account_id, None, (), now)]
    channel = channel_now(ours.account, theirs, fields=fields, zuora=zuora)
    return [*_of_account(ours, theirs, channel, now), *_of_contacts(ours, theirs, zuora, now)]


def _ours(account_id: str) -> Ours | None:
    listed = contacts.of_account(account_id)
    keys = [accounts.key(account_id), *listed, *(contacts.assignment_key(account_id, part) for part in ContactRole)]
    items: list[object] = list(reading.many(keys))
    account = next((each for each in items if isinstance(each, Account)), None)
    if account is None:
        return None
    own = [each for each in items if isinstance(each, Contact)]
    assigned = frozenset(each.part for each in items if isinstance(each, ContactAssignment) and each.is_waiting)
    return Ours(account, own, assigned)


def _of_account(ours: Ours, theirs: ZuoraAccount, channel: Channel, now: datetime) -> list[Drift]:
    account, found = ours.account, []
    differing = [name for name, value in _plain(account, theirs, channel).items() if value]
    if differing:
        found.append(Drift(DriftKind.ACCOUNT_DIFFERS, account.id, None, tuple(differing), now))
    there = {ContactRole.SOLD_TO: theirs.sold_to, ContactRole.BILL_TO: theirs.bill_to}
    parts = [
        part.value
        for part, contact in there.items()
        if part not in ours.assigned and (contact.id if contact else None) != account.contact_of(part)
    ]
    if parts:
        found.append(Drift(DriftKind.PARTS_DIFFER, account.id, None, tuple(parts), now))
    return found


def _plain(account: Account, theirs: ZuoraAccount, channel: Channel) -> dict[str, bool]:
    """Which of the account's own facts differ; an account that support closed here may be open in Zuora."""
    return {
        "name": cleaned(theirs.name) != account.name,
        "account_number": theirs.number != account.account_number,
        "channel": channel is not account.channel,
        "status": zuora_mapping.is_cancelled(theirs) and not account.is_closed,
    }


def _of_contacts(ours: Ours, theirs: ZuoraAccount, zuora: Zuora, now: datetime) -> list[Drift]:
    known = {each.id: each for each in (theirs.sold_to, theirs.bill_to) if each is not None}
    found = []
    for contact in ours.contacts:
        if contact.is_waiting or contact.sync_state is SyncState.DELETED_IN_ZUORA:
            continue
        there = known.get(contact.id) or _fetched(contact.id, zuora)
        if there is None:
            found.append(Drift(DriftKind.CONTACT_MISSING, ours.account.id, contact.id, (), now))
        elif differing := differences(fields_of(there), contact.fields):
            fields = tuple(sorted(differing))
            found.append(Drift(DriftKind.CONTACT_DIFFERS, ours.account.id, contact.id, fields, now))
    return found


def _fetched(contact_id: str, zuora: Zuora) -> ZuoraContact | None:
    try:
        return zuora.contact(contact_id)
    except ZuoraNotFound:
        return None


def _mark(account_id: str, contact_id: str, zuora: Zuora, now: datetime) -> None:
    """Marks a contact that is gone; where somebody is at work on the account, the next round does."""
    contact = reading.one(contacts.key(contact_id))
    if contact is None:
        return
    try:
        lease = leases.take(account_id, now=now)
        deleted(contact, ZuoraSession(zuora, lease, lambda: now))
        leases.release(lease, now=now)
    except Busy:
        return
