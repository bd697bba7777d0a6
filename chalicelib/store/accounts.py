"""Billing accounts: reads that return an Account, and the Steps that change its counters."""

from collections.abc import Callable

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, AccountStatus, Channel, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import AccountNotFound, DomainError
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import AccountItem, Raw
from chalicelib.store.transaction import Step, always, by_rule, put, update


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
    )
    reserved = AccountItem(_reserved(account.zuora_account_id), account_id=account.id)
    absent = AccountItem.key.does_not_exist()
    return [
        put(reserved, condition=absent, refusal=always(known)),
        put(new, condition=absent, refusal=always(known)),
    ]


def seat_reserved(account: Account, *, inviter: Role | None, limits: Limits) -> Step:
    """Takes a seat and a place among the pending for a new invitation (R7, R8).

    ``inviter`` is the role whose right to invite must still hold, None for support.
    """

    def rule(now: Account) -> None:
        if inviter is not None:
            rules.may_still(now, inviter, Permission.INVITE_MANAGERS)
        rules.seat_for_invitation(now, limits)

    condition = (
        _is_open()
        & (AccountItem.max_managers.does_not_exist() | (AccountItem.seats_used < AccountItem.max_managers))
        & (AccountItem.pending_count < limits.pending_invitations)
    )
    if inviter is not None:
        condition &= _same_policy(account)
    return _update(account.id, [_add("seats_used", 1), _add("pending_count", 1)], condition, rule)


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


def manager_removed(account: Account, *, role: Role, address: Address, pending: int) -> Step:
    """Frees a manager's seat and those of the ``pending`` invitations that end with it (R22, R31, R32)."""
    condition = _same_policy(account)
    if role.manages:
        condition &= AccountItem.managing_count > 1
    if role is Role.ADMIN and account.managed_by is ManagedBy.ADMINS:
        condition &= AccountItem.admin_count > 1
    condition &= _not_the_address(AccountItem.sold_to_address, address)
    condition &= _not_the_address(AccountItem.bill_to_address, address)
    actions = [_add("seats_used", -1 - pending), *_members(role, -1)]
    if pending:
        actions.append(_add("pending_count", -pending))
    return _update(account.id, actions, condition, lambda now: rules.can_be_removed(now, role, address))


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


def _reserved(zuora_account_id: str) -> str:
    return f"zuora#{zuora_account_id}"


def _is_open() -> Condition:
    return AccountItem.status == AccountStatus.ACTIVE.value


def _same_policy(account: Account) -> Condition:
    return AccountItem.managed_by == account.managed_by.value


def _add(attribute: str, amount: int) -> Action:
    return getattr(AccountItem, attribute).add(amount)  # type: ignore[no-any-return]


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
