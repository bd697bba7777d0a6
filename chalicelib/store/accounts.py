"""Billing accounts: reads that return an Account, and the Steps that make and edit one; ``seats`` has its counters."""

import zlib
from collections.abc import Callable, Mapping

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, AccountStatus, Channel, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import Part
from chalicelib.domain.errors import AccountNotFound, DomainError
from chalicelib.store import connection
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import AccountItem, Raw
from chalicelib.store.transaction import Step, always, by_rule, put, update

SHARDS = 16
"""Over so many partitions of the index ``by-shard`` the accounts are spread."""


def key(account_id: str) -> Key[Account]:
    """The key of an account."""
    return Key(AccountItem, account_id, None, load)


def reservation(zuora_account_id: str) -> Key[str]:
    """The key under which a Zuora account is reserved; reads the id of our account."""
    return Key(AccountItem, _reserved(zuora_account_id), None, lambda raw: item(AccountItem, raw).account_id)


def load(raw: Raw) -> Account:
    """The account of a raw item."""
    it = item(AccountItem, raw)
    return Account(
        id=it.account_id,
        zuora_account_id=it.zuora_account_id,
        account_number=it.account_number,
        name=it.name,
        plan=it.plan,
        channel=Channel(it.channel),
        status=AccountStatus(it.status),
        managed_by=ManagedBy(it.managed_by),
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
        lent_seats=int(it.lent_seats or 0),
        logins_counted=bool(it.logins_counted),
        channel_is_set=bool(it.channel_is_set),
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
        lent_seats=account.lent_seats or None,
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
        put(reserved, condition=absent, refusal=always(known)),
        put(new, condition=absent, refusal=always(known)),
    ]


def logins_counted(account_id: str) -> Step:
    """Notes that every membership of the account says whether it counts."""
    return changed(account_id, [AccountItem.logins_counted.set(True)], AccountItem.key.exists(), nothing)


def of_shard(number: int, *, after: str | None, limit: int) -> list[Key[Account]]:
    """The keys of the accounts of a shard, in the order of their ids; the index may be a moment behind."""
    connection.client()
    condition = None if after is None else AccountItem.key > after
    with connection.reaching():
        found = AccountItem.by_shard.query(_shard(number), condition, limit=limit, page_size=limit)
        return [key(it.key) for it in found]


def edited(before: Account, after: Account, *, freed: int = 0) -> Step:
    """Writes what support has set, and nothing else: a transfer may be lending a seat meanwhile.

    The account must be of the version that was read, and one that is new under ``admins`` must have one (R6), and as
    many pending invitations as were read; ``freed`` of these end with it (R17).
    """
    condition: Condition = AccountItem.version == before.version
    if before.version == 1:
        condition |= AccountItem.version.does_not_exist()  # made before there were versions
    condition &= as_lent(before)
    if after.managed_by is ManagedBy.ADMINS and before.managed_by is not after.managed_by:
        condition &= (AccountItem.admin_count > 0) & (AccountItem.pending_count == before.pending_count)
    actions: list[Action] = [AccountItem.version.set(after.version)]
    if after.plan != before.plan:
        actions.append(AccountItem.plan.remove() if after.plan is None else AccountItem.plan.set(after.plan))
    if after.max_managers != before.max_managers:
        bound = AccountItem.max_managers
        actions.append(bound.remove() if after.max_managers is None else bound.set(after.max_managers))
    if before.lent_seats and not after.lent_seats:
        actions.append(AccountItem.lent_seats.remove())
    if after.managed_by is not before.managed_by:
        actions.append(AccountItem.managed_by.set(after.managed_by.value))
    if after.channel_is_set:
        actions += [AccountItem.channel.set(after.channel.value), AccountItem.channel_is_set.set(True)]
    if after.status is not before.status:
        actions.append(AccountItem.status.set(after.status.value))
    if freed:
        actions += [added("pending_count", -freed), added("seats_used", -freed)]
    return changed(after.id, actions, condition, lambda now: rules.can_be_managed_by(now, after.managed_by))


def followed(account: Account, addresses: Mapping[Part, Address | None], *, freed: int) -> Step:
    """What follows on an account when a manager's address changes: protections (R32), and ``freed`` pending seats.

    Who plays which part must be as it was read.
    """
    attributes = {Part.SOLD_TO: AccountItem.sold_to_address, Part.BILL_TO: AccountItem.bill_to_address}
    actions: list[Action] = []
    for part, address in addresses.items():
        actions.append(attributes[part].remove() if address is None else attributes[part].set(address))
    if freed:
        actions += [added("pending_count", -freed), added("seats_used", -freed)]
    return changed(account.id, actions, _same_parts(account), nothing)


def as_lent(account: Account) -> Condition:
    """The bound, and what of it is lent, are as they were read."""
    bound, lent = AccountItem.max_managers, AccountItem.lent_seats
    same: Condition = bound.does_not_exist() if account.max_managers is None else bound == account.max_managers
    same &= lent == account.lent_seats if account.lent_seats else lent.does_not_exist()
    return same


def added(attribute: str, amount: int) -> Action:
    """Adds to one of the counters."""
    return getattr(AccountItem, attribute).add(amount)  # type: ignore[no-any-return]  # by name


def changed(account_id: str, actions: list[Action], condition: Condition, rule: Callable[[Account], None]) -> Step:
    """An update of an account; when its condition fails, the same rule says why."""
    refusal = by_rule(load, rule, missing=AccountNotFound())
    return update(AccountItem(account_id), actions, condition=condition, refusal=refusal)


def nothing(_account: Account) -> None:
    """A rule that never refuses."""


def _shard(number: int) -> str:
    return f"accounts#{number}"


def _reserved(zuora_account_id: str) -> str:
    return f"zuora#{zuora_account_id}"


def _same_parts(account: Account) -> Condition:
    """Sold To and Bill To are who they were when the account was read."""
    parts: list[tuple[UnicodeAttribute, str | None]] = [
        (AccountItem.sold_to_address, account.sold_to_address),
        (AccountItem.bill_to_address, account.bill_to_address),
        (AccountItem.sold_to_contact_id, account.sold_to_contact_id),
        (AccountItem.bill_to_contact_id, account.bill_to_contact_id),
    ]
    same: Condition = AccountItem.key.exists()
    for attribute, value in parts:
        same &= attribute.does_not_exist() if value is None else attribute == value
    return same
