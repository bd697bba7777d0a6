"""The seats of an account and their counters: the Steps that take and free them (R7, R31)."""

from dataclasses import replace

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain import rules
from chalicelib.domain.accounts import Account, AccountStatus, ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.contacts import ContactRole
from chalicelib.domain.limits import Limits
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission
from chalicelib.domain.rules import NO_OVERRIDES, Overrides
from chalicelib.store.accounts import ADDRESSES, NEXT, added, as_borrowed, changed, nothing, same_part
from chalicelib.store.tables import AccountItem
from chalicelib.store.transaction import Step


def reserve_seat(account: Account, *, inviter: Role | None, limits: Limits, borrowed: int = 0) -> Step:
    """Takes a seat and a place among the pending for a new invitation (R7, R8).

    ``inviter`` is the role whose right to invite must still hold, None for support. ``borrowed`` seats are added
    to the account's bound with it.
    """

    def rule(now: Account) -> None:
        if inviter is not None:
            rules.may_still(now, inviter, Permission.INVITE_MANAGERS)
        rules.seat_for_invitation(replace(now, max_managers=None) if borrowed else now, limits)

    condition = _is_open() & (AccountItem.pending_count < limits.pending_invitations)
    condition &= _same_bound(account) if borrowed else _room(account, 1)
    if inviter is not None:
        condition &= _same_policy(account)
    actions = [added("seats_used", 1), added("pending_count", 1), *_bound_moved(account, borrowed)]
    return changed(account.id, actions, condition, rule)


def add_manager(account: Account, role: Role, *, also_freed: int = 0, borrowed: int = 0) -> Step:
    """Takes a seat for a new manager who was not invited and counts in that role (R7).

    ``also_freed`` are pending invitations of the same person that end with it; ``borrowed`` seats are added to the
    account's bound with it.
    """
    condition = _is_open()
    condition &= _same_bound(account) if borrowed else _room(account, 1 - also_freed)
    actions = [*_members(role, 1), *_bound_moved(account, borrowed)]
    if also_freed:
        actions.append(added("pending_count", -also_freed))
    if also_freed != 1:
        actions.append(added("seats_used", 1 - also_freed))
    return changed(
        account.id,
        actions,
        condition,
        lambda now: rules.seat_for_manager(now, also_freed=also_freed, borrowed=borrowed),
    )


def convert_seat(account: Account, role: Role, *, also_freed: int = 0) -> Step:
    """Turns a pending invitation's seat into a manager's; the seats in use stay as many (R17).

    ``also_freed`` are pending invitations of the same person that end with it.
    """
    condition = _is_open() & (
        AccountItem.max_managers.does_not_exist() | (AccountItem.seats_used <= AccountItem.max_managers)
    )
    condition &= _same_policy(account)
    actions = [added("pending_count", -1 - also_freed), *_members(role, 1)]
    if also_freed:
        actions.append(added("seats_used", -also_freed))
    return changed(account.id, actions, condition, rules.seat_for_accepting)


def free_seat(account_id: str, pending: int = 1) -> Step:
    """Gives back the seats of pending invitations that ended otherwise."""
    actions = [added("pending_count", -pending), added("seats_used", -pending)]
    return changed(account_id, actions, AccountItem.key.exists(), nothing)


def free_seat_under(account: Account, pending: int) -> Step:
    """Gives back the seats of pending invitations that the policy as it was read ends; Changed under another (R17)."""
    actions = [added("pending_count", -pending), added("seats_used", -pending)]
    return changed(account.id, actions, _same_policy(account), nothing)


def return_borrowed_seat(account: Account, *, pending: int, borrowed: int) -> Step | None:
    """Takes a borrowed seat off the bound again, with those of ``pending`` invitations that end; None for nothing."""
    actions = _bound_moved(account, -borrowed)
    if pending:
        actions += [added("pending_count", -pending), added("seats_used", -pending)]
    return changed(account.id, actions, _same_bound(account), nothing) if actions else None


def remove_manager(
    account: Account,
    *,
    role: Role,
    addresses: frozenset[Address],
    pending: int,
    overrides: Overrides = NO_OVERRIDES,
    returned_seats: int = 0,
) -> Step:
    """Frees a manager's seat and those of the ``pending`` invitations that end with it (R22, R31, R32).

    ``role`` is the one that they count in: a viewer's, if their login is off; ``addresses`` are all of theirs, the
    former ones too. ``overrides`` are the guards that support sets aside; ``returned_seats`` are taken off the
    account's bound.
    """
    condition = _same_policy(account)
    if role.manages and not overrides.last:
        condition &= AccountItem.managing_count > 1
    if role is Role.ADMIN and account.managed_by is ManagedBy.ADMINS and not overrides.last:
        condition &= AccountItem.admin_count > 1
    if not overrides.contact:
        condition &= _not_kept(account, ContactRole.SOLD_TO, addresses)
    if not (overrides.contact or overrides.bill_to):
        condition &= _not_kept(account, ContactRole.BILL_TO, addresses)
    if returned_seats:
        condition &= _same_bound(account)
    actions = [added("seats_used", -1 - pending), *_members(role, -1), *_bound_moved(account, -returned_seats)]
    if pending:
        actions.append(added("pending_count", -pending))
    return changed(account.id, actions, condition, lambda now: rules.can_be_removed(now, role, addresses, overrides))


def change_role(account: Account, *, before: Role, after: Role, freed: int = 0, allow_last: bool = False) -> Step:
    """Moves one manager from the role that they count in to another in the counters (R31).

    ``freed`` are pending invitations that the manager sent and may no longer give: they end with it (R17).
    ``allow_last`` sets the guard aside.
    """
    condition = _same_policy(account)
    if before.manages and not after.manages and not allow_last:
        condition &= AccountItem.managing_count > 1
    loses_admin = before is Role.ADMIN and after is not Role.ADMIN
    if loses_admin and account.managed_by is ManagedBy.ADMINS and not allow_last:
        condition &= AccountItem.admin_count > 1
    managing = int(after.manages) - int(before.manages)
    admins = int(after is Role.ADMIN) - int(before is Role.ADMIN)
    actions = [added("managing_count", managing), added("admin_count", admins)]
    if freed:
        actions += [added("pending_count", -freed), added("seats_used", -freed)]
    return changed(
        account.id, actions, condition, nothing if allow_last else lambda now: rules.can_change_role(now, before, after)
    )


def _is_open() -> Condition:
    return AccountItem.status == AccountStatus.ACTIVE.value


def _same_policy(account: Account) -> Condition:
    return AccountItem.managed_by == account.managed_by.value


def _room(account: Account, seats: int) -> Condition:
    """There are that many free seats, of which there is one at most to look for; a borrowed one is not free."""
    room: Condition = AccountItem.max_managers.does_not_exist()
    if seats <= 0:
        room |= AccountItem.seats_used <= AccountItem.max_managers
    elif account.borrowed_seats:
        room = as_borrowed(account)
        room &= AccountItem.seats_used < account.own_bound
    else:
        room |= AccountItem.seats_used < AccountItem.max_managers
        room &= AccountItem.borrowed_seats.does_not_exist()
    return room


def _same_bound(account: Account) -> Condition:
    """The bound and the seats in use are as they were read."""
    same: Condition = as_borrowed(account)
    same &= AccountItem.seats_used == account.seats_used
    return same


def _bound_moved(account: Account, by: int) -> list[Action]:
    """Moves the bound of an account that has one, by what a transfer borrows or gives back."""
    if not by or account.max_managers is None:
        return []
    borrowed = account.borrowed_seats + by
    return [
        added("max_managers", by),
        AccountItem.borrowed_seats.set(borrowed) if borrowed else AccountItem.borrowed_seats.remove(),
    ]


def _members(role: Role, amount: int) -> list[Action]:
    actions = [added("manager_count", amount)]
    if role.manages:
        actions.append(added("managing_count", amount))
    if role is Role.ADMIN:
        actions.append(added("admin_count", amount))
    return actions


def _not_kept(account: Account, part: ContactRole, addresses: frozenset[Address]) -> Condition:
    """The person who has the address neither plays the part in Zuora nor is to; of several, as it was read with it.

    A condition on each of them has no bound.
    """
    if len(addresses) > 1:
        return same_part(account, part)
    (address,) = addresses
    other: Condition = ADDRESSES[part].does_not_exist()
    other |= ADDRESSES[part] != address
    other &= ~NEXT[part].contains(address)
    return other
