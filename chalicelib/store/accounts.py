"""Billing accounts: reads that return an Account, and the Steps that make and edit one; ``seats`` has its counters."""

import zlib
from collections.abc import Callable, Collection, Mapping

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, AccountStatus, Channel, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.errors import AccountNotFound, DomainError
from chalicelib.frozen import frozen
from chalicelib.store import connection, reading
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import AccountItem, Raw
from chalicelib.store.transaction import Step, put, refuse_by_rule, refuse_with, update

ADDRESSES: Mapping[ContactRole, UnicodeAttribute] = {
    ContactRole.SOLD_TO: AccountItem.sold_to_address,
    ContactRole.BILL_TO: AccountItem.bill_to_address,
}
NEXT: Mapping[ContactRole, UnicodeSetAttribute] = {
    ContactRole.SOLD_TO: AccountItem.sold_to_next,
    ContactRole.BILL_TO: AccountItem.bill_to_next,
}
CONTACTS: Mapping[ContactRole, UnicodeAttribute] = {
    ContactRole.SOLD_TO: AccountItem.sold_to_contact_id,
    ContactRole.BILL_TO: AccountItem.bill_to_contact_id,
}

SHARDS = 16
"""Over so many partitions of the index ``by-shard`` the accounts are spread."""


@frozen
class Protected:
    """Who is protected from removal as Sold To or Bill To (R32): who it is in Zuora, and who may become it."""

    address: Address | None
    next: frozenset[Address]


def key(account_id: str) -> Key[Account]:
    """The key of an account."""
    return Key(AccountItem, account_id, None, load)


def reservation(zuora_account_id: str) -> Key[str]:
    """The key under which a Zuora account is reserved; reads the id of our account."""
    return Key(AccountItem, _reserved(zuora_account_id), None, lambda raw: item(AccountItem, raw).account_id)


def load(raw: Raw) -> Account:
    """The account of a raw item. Of words that this version does not know the strictest meaning is taken."""
    it = item(AccountItem, raw)
    return Account(
        id=it.account_id,
        zuora_account_id=it.zuora_account_id,
        account_number=it.account_number,
        name=it.name,
        plan=it.plan,
        channel=reading.known(Channel, it.channel, otherwise=Channel.RESELLER),
        status=reading.known(AccountStatus, it.status, otherwise=AccountStatus.CLOSED),
        managed_by=reading.known(ManagedBy, it.managed_by, otherwise=ManagedBy.ADMINS),
        max_managers=None if it.max_managers is None else int(it.max_managers),
        seats_used=int(it.seats_used),
        manager_count=int(it.manager_count),
        managing_count=int(it.managing_count),
        admin_count=int(it.admin_count),
        pending_count=int(it.pending_count),
        sold_to_contact_id=it.sold_to_contact_id,
        bill_to_contact_id=it.bill_to_contact_id,
        sold_to_address=None if it.sold_to_address is None else Address(it.sold_to_address),
        bill_to_address=None if it.bill_to_address is None else Address(it.bill_to_address),
        created_at=it.created_at,
        version=int(it.version or 1),
        borrowed_seats=int(it.borrowed_seats or 0),
        logins_counted=bool(it.logins_counted),
        channel_is_set=bool(it.channel_is_set),
        sold_to_next=frozenset(map(Address, it.sold_to_next or ())),
        bill_to_next=frozenset(map(Address, it.bill_to_next or ())),
    )


def create(account: Account, *, known: DomainError) -> list[Step]:
    """Writes a new account and reserves its Zuora account; refused with ``known`` if that is taken."""
    new = AccountItem(
        account.id,
        account_id=account.id,
        zuora_account_id=account.zuora_account_id,
        account_number=account.account_number,
        name=account.name,
        plan=account.plan,
        channel=account.channel,
        status=account.status,
        managed_by=account.managed_by,
        max_managers=account.max_managers,
        borrowed_seats=account.borrowed_seats or None,
        seats_used=account.seats_used,
        manager_count=account.manager_count,
        managing_count=account.managing_count,
        admin_count=account.admin_count,
        logins_counted=account.logins_counted or None,
        pending_count=account.pending_count,
        sold_to_contact_id=account.sold_to_contact_id,
        bill_to_contact_id=account.bill_to_contact_id,
        sold_to_address=account.sold_to_address,
        bill_to_address=account.bill_to_address,
        created_at=account.created_at,
        shard=_shard(zlib.crc32(account.id.encode()) % SHARDS),
        version=account.version,
    )
    reserved = AccountItem(_reserved(account.zuora_account_id), account_id=account.id)
    absent = AccountItem.key.does_not_exist()
    return [
        put(reserved, condition=absent, refusal=refuse_with(known)),
        put(new, condition=absent, refusal=refuse_with(known)),
    ]


def mark_logins_counted(account_id: str) -> Step:
    """Notes that every membership of the account says whether it counts."""
    return changed(account_id, [AccountItem.logins_counted.set(True)], AccountItem.key.exists(), nothing)


def of_shard(number: int, *, after: str | None, limit: int) -> list[Key[Account]]:
    """The keys of the accounts of a shard, in the order of their ids; the index may be a moment behind."""
    connection.client()
    condition = None if after is None else AccountItem.key > after
    with connection.reaching():
        found = AccountItem.by_shard.query(_shard(number), condition, page_size=limit)
        return reading.each(found, lambda it: key(it.key), limit=limit)


def edit(before: Account, after: Account, *, freed: int = 0) -> Step:
    """Writes what support has set, and nothing else: a transfer may be borrowing a seat meanwhile.

    The account must be of the version that was read, and one that is new under ``admins`` must have one (R6), and as
    many pending invitations as were read; ``freed`` of these end with it (R17).
    """
    condition: Condition = AccountItem.version == before.version
    if before.version == 1:
        condition |= AccountItem.version.does_not_exist()  # made before there were versions
    condition &= as_borrowed(before)
    if after.managed_by is ManagedBy.ADMINS and before.managed_by is not after.managed_by:
        condition &= (AccountItem.admin_count > 0) & (AccountItem.pending_count == before.pending_count)
    actions: list[Action] = [AccountItem.version.set(after.version)]
    if after.plan != before.plan:
        actions.append(AccountItem.plan.remove() if after.plan is None else AccountItem.plan.set(after.plan))
    if after.max_managers != before.max_managers:
        bound = AccountItem.max_managers
        actions.append(bound.remove() if after.max_managers is None else bound.set(after.max_managers))
    if before.borrowed_seats and not after.borrowed_seats:
        actions.append(AccountItem.borrowed_seats.remove())
    if after.managed_by is not before.managed_by:
        actions.append(AccountItem.managed_by.set(after.managed_by.value))
    if after.channel_is_set:
        actions += [AccountItem.channel.set(after.channel.value), AccountItem.channel_is_set.set(True)]
    if after.status is not before.status:
        actions.append(AccountItem.status.set(after.status.value))
    if freed:
        actions += [added("pending_count", -freed), added("seats_used", -freed)]
    return changed(after.id, actions, condition, lambda now: rules.can_be_managed_by(now, after.managed_by))


def follow_zuora(account: Account, protected: Mapping[ContactRole, Protected], *, freed: int) -> Step:
    """What follows on an account when a manager's address changes: protections (R32), and ``freed`` pending seats.

    Who plays which part, or is to, must be as it was read.
    """
    actions: list[Action] = []
    for part, after in protected.items():
        actions += [set_text(ADDRESSES[part], after.address), set_addresses(NEXT[part], after.next)]
    if freed:
        actions += [added("pending_count", -freed), added("seats_used", -freed)]
    return changed(account.id, actions, _same_parts(account), nothing)


def as_borrowed(account: Account) -> Condition:
    """The bound, and what of it is borrowed, are as they were read."""
    bound, borrowed = AccountItem.max_managers, AccountItem.borrowed_seats
    same: Condition = bound.does_not_exist() if account.max_managers is None else bound == account.max_managers
    same &= borrowed == account.borrowed_seats if account.borrowed_seats else borrowed.does_not_exist()
    return same


def added(attribute: str, amount: int) -> Action:
    """Adds to one of the counters."""
    return getattr(AccountItem, attribute).add(amount)  # type: ignore[no-any-return]  # by name


def changed(account_id: str, actions: list[Action], condition: Condition, rule: Callable[[Account], None]) -> Step:
    """An update of an account; when its condition fails, the same rule says why."""
    refusal = refuse_by_rule(load, rule, missing=AccountNotFound())
    return update(AccountItem(account_id), actions, condition=condition, refusal=refusal)


def nothing(_account: Account) -> None:
    """A rule that never refuses."""


def _shard(number: int) -> str:
    return f"accounts#{number}"


def _reserved(zuora_account_id: str) -> str:
    return f"zuora#{zuora_account_id}"


def same_part(account: Account, part: ContactRole) -> Condition:
    """Who plays the part, by which contact, and who is to, is as it was read."""
    same: Condition = as_read(CONTACTS[part], account.contact_of(part))
    same &= as_read(ADDRESSES[part], account.address_of(part))
    same &= same_next(account, part)
    return same


def same_next(account: Account, part: ContactRole) -> Condition:
    """Who is to play the part is as it was read."""
    addresses = account.next_of(part)
    condition: Condition = NEXT[part] == set(addresses) if addresses else NEXT[part].does_not_exist()
    return condition


def as_read(attribute: UnicodeAttribute, value: str | None) -> Condition:
    """The attribute has that value, or is not there."""
    condition: Condition = attribute.does_not_exist() if value is None else attribute == value
    return condition


def set_text(attribute: UnicodeAttribute, value: str | None) -> Action:
    """Sets an attribute; None takes it away."""
    return attribute.remove() if value is None else attribute.set(value)


def set_addresses(attribute: UnicodeSetAttribute, addresses: Collection[Address]) -> Action:
    """Sets an attribute; DynamoDB keeps no empty sets."""
    return attribute.set({str(each) for each in addresses}) if addresses else attribute.remove()


def _same_parts(account: Account) -> Condition:
    """Sold To and Bill To, and who is to be it, are who they were when the account was read."""
    same: Condition = same_part(account, ContactRole.SOLD_TO)
    same &= same_part(account, ContactRole.BILL_TO)
    return same
