"""Billing accounts: reads that return an Account, and the Steps that change its counters."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, AccountStatus, Channel, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import Part
from chalicelib.domain.errors import AccountNotFound, DomainError
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission
from chalicelib.domain.rules import NO_OVERRIDES, Overrides
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


def of_shard(number: int, *, after: str | None, limit: int) -> list[Key[Account]]:
    """The keys of the accounts of a shard, in the order of their ids; the index may be a moment behind."""
    connection.client()
    condition = None if after is None else AccountItem.key > after
    with connection.reaching():
        found = AccountItem.by_shard.query(_shard(number), condition, limit=limit, page_size=limit)
        return [key(it.key) for it in found]


def seat_reserved(account: Account, *, inviter: Role | None, limits: Limits, lent: int = 0) -> Step:
    """Takes a seat and a place among the pending for a new invitation (R7, R8).

    ``inviter`` is the role whose right to invite must still hold, None for support. ``lent`` seats are added
    to the account's bound with it.
    """

    def rule(now: Account) -> None:
        if inviter is not None:
            rules.may_still(now, inviter, Permission.INVITE_MANAGERS)
        rules.seat_for_invitation(replace(now, max_managers=None) if lent else now, limits)

    condition = _is_open() & (AccountItem.pending_count < limits.pending_invitations)
    condition &= _same_bound(account) if lent else _room(account, 1)
    if inviter is not None:
        condition &= _same_policy(account)
    actions = [_add("seats_used", 1), _add("pending_count", 1), *_bound_moved(account, lent)]
    return _update(account.id, actions, condition, rule)


def manager_added(account: Account, role: Role, *, also_freed: int = 0, lent: int = 0) -> Step:
    """Takes a seat for a new manager who was not invited (R7).

    ``also_freed`` are pending invitations of the same person that end with it; ``lent`` seats are added to the
    account's bound with it.
    """
    condition = _is_open()
    condition &= _same_bound(account) if lent else _room(account, 1 - also_freed)
    actions = [*_members(role, 1), *_bound_moved(account, lent)]
    if also_freed:
        actions.append(_add("pending_count", -also_freed))
    if also_freed != 1:
        actions.append(_add("seats_used", 1 - also_freed))
    return _update(
        account.id, actions, condition, lambda now: rules.seat_for_manager(now, also_freed=also_freed, lent=lent)
    )


def seat_taken(account: Account, role: Role, *, also_freed: int = 0) -> Step:
    """Turns a pending invitation's seat into a manager's; the seats in use stay as many (R17).

    ``also_freed`` are pending invitations of the same person that end with it.
    """
    condition = _is_open() & (
        AccountItem.max_managers.does_not_exist() | (AccountItem.seats_used <= AccountItem.max_managers)
    )
    condition &= _same_policy(account)
    actions = [_add("pending_count", -1 - also_freed), *_members(role, 1)]
    if also_freed:
        actions.append(_add("seats_used", -also_freed))
    return _update(account.id, actions, condition, rules.seat_for_accepting)


def seat_freed(account_id: str, pending: int = 1) -> Step:
    """Gives back the seats of pending invitations that ended otherwise."""
    actions = [_add("pending_count", -pending), _add("seats_used", -pending)]
    return _update(account_id, actions, AccountItem.key.exists(), _nothing)


def seat_returned(account: Account, *, pending: int, lent: int) -> Step | None:
    """Takes a lent seat off the bound again, with those of ``pending`` invitations that end; None for nothing."""
    actions = _bound_moved(account, -lent)
    if pending:
        actions += [_add("pending_count", -pending), _add("seats_used", -pending)]
    return _update(account.id, actions, _same_bound(account), _nothing) if actions else None


def manager_removed(
    account: Account,
    *,
    role: Role,
    address: Address,
    pending: int,
    overrides: Overrides = NO_OVERRIDES,
    returned_seats: int = 0,
) -> Step:
    """Frees a manager's seat and those of the ``pending`` invitations that end with it (R22, R31, R32).

    ``overrides`` are the guards that support sets aside; ``returned_seats`` are taken off the account's bound.
    """
    condition = _same_policy(account)
    if role.manages and not overrides.last:
        condition &= AccountItem.managing_count > 1
    if role is Role.ADMIN and account.managed_by is ManagedBy.ADMINS and not overrides.last:
        condition &= AccountItem.admin_count > 1
    if not overrides.contact:
        condition &= _not_the_address(AccountItem.sold_to_address, address)
    if not (overrides.contact or overrides.bill_to):
        condition &= _not_the_address(AccountItem.bill_to_address, address)
    if returned_seats:
        condition &= _same_bound(account)
    actions = [_add("seats_used", -1 - pending), *_members(role, -1), *_bound_moved(account, -returned_seats)]
    if pending:
        actions.append(_add("pending_count", -pending))
    return _update(account.id, actions, condition, lambda now: rules.can_be_removed(now, role, address, overrides))


def edited(before: Account, after: Account) -> Step:
    """Writes what support has set, and nothing else: a transfer may be lending a seat meanwhile.

    The account must be of the version that was read, and one that is new under ``admins`` must have one (R6).
    """
    condition: Condition = AccountItem.version == before.version
    if before.version == 1:
        condition |= AccountItem.version.does_not_exist()  # made before there were versions
    condition &= _as_lent(before)
    if after.managed_by is ManagedBy.ADMINS and before.managed_by is not after.managed_by:
        condition &= AccountItem.admin_count > 0
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
    if after.status is not before.status:
        actions.append(AccountItem.status.set(after.status.value))
    return _update(after.id, actions, condition, lambda now: rules.can_be_managed_by(now, after.managed_by))


def followed(account: Account, addresses: Mapping[Part, Address | None], *, freed: int) -> Step:
    """What follows on an account when a manager's address changes: protections (R32), and ``freed`` pending seats.

    Who plays which part must be as it was read.
    """
    attributes = {Part.SOLD_TO: AccountItem.sold_to_address, Part.BILL_TO: AccountItem.bill_to_address}
    actions: list[Action] = []
    for part, address in addresses.items():
        actions.append(attributes[part].remove() if address is None else attributes[part].set(address))
    if freed:
        actions += [_add("pending_count", -freed), _add("seats_used", -freed)]
    return _update(account.id, actions, _same_parts(account), _nothing)


def role_changed(account: Account, *, before: Role, after: Role) -> Step:
    """Moves one manager from a role to another in the counters (R31)."""
    condition = _same_policy(account)
    if before.manages and not after.manages:
        condition &= AccountItem.managing_count > 1
    if before is Role.ADMIN and account.managed_by is ManagedBy.ADMINS:
        condition &= AccountItem.admin_count > 1
    managing = int(after.manages) - int(before.manages)
    admins = int(after is Role.ADMIN) - int(before is Role.ADMIN)
    actions = [_add("managing_count", managing), _add("admin_count", admins)]
    return _update(account.id, actions, condition, lambda now: rules.can_change_role(now, before, after))


def _shard(number: int) -> str:
    return f"accounts#{number}"


def _reserved(zuora_account_id: str) -> str:
    return f"zuora#{zuora_account_id}"


def _is_open() -> Condition:
    return AccountItem.status == AccountStatus.ACTIVE.value


def _same_policy(account: Account) -> Condition:
    return AccountItem.managed_by == account.managed_by.value


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


def _room(account: Account, seats: int) -> Condition:
    """There are that many free seats, of which there is one at most to look for; one that is lent is not free."""
    room: Condition = AccountItem.max_managers.does_not_exist()
    if seats <= 0:
        room |= AccountItem.seats_used <= AccountItem.max_managers
    elif account.lent_seats:
        room = _as_lent(account)
        room &= AccountItem.seats_used < account.own_bound
    else:
        room |= AccountItem.seats_used < AccountItem.max_managers
        room &= AccountItem.lent_seats.does_not_exist()
    return room


def _same_bound(account: Account) -> Condition:
    """The bound and the seats in use are as they were read."""
    same: Condition = _as_lent(account)
    same &= AccountItem.seats_used == account.seats_used
    return same


def _as_lent(account: Account) -> Condition:
    """The bound, and what of it is lent, are as they were read."""
    bound, lent = AccountItem.max_managers, AccountItem.lent_seats
    same: Condition = bound.does_not_exist() if account.max_managers is None else bound == account.max_managers
    same &= lent == account.lent_seats if account.lent_seats else lent.does_not_exist()
    return same


def _bound_moved(account: Account, by: int) -> list[Action]:
    """Moves the bound of an account that has one, by what a transfer is lent or gives back."""
    if not by or account.max_managers is None:
        return []
    lent = account.lent_seats + by
    return [_add("max_managers", by), AccountItem.lent_seats.set(lent) if lent else AccountItem.lent_seats.remove()]


def _add(attribute: str, amount: int) -> Action:
    return getattr(AccountItem, attribute).add(amount)  # type: ignore[no-any-return]  # by name


def _members(role: Role, amount: int) -> list[Action]:
    actions = [_add("manager_count", amount)]
    if role.manages:
        actions.append(_add("managing_count", amount))
    if role is Role.ADMIN:
        actions.append(_add("admin_count", amount))
    return actions


def _not_the_address(attribute: UnicodeAttribute, address: Address) -> Condition:
    other: Condition = attribute.does_not_exist()
    other |= attribute != address
    return other


def _update(account_id: str, actions: list[Action], condition: Condition, rule: Callable[[Account], None]) -> Step:
    refusal = by_rule(load, rule, missing=AccountNotFound())
    return update(AccountItem(account_id), actions, condition=condition, refusal=refusal)


def _nothing(_account: Account) -> None:
    """A rule that never refuses."""
