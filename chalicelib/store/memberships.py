"""Memberships: by account and from the person's side, and the Steps that make and end them."""

from collections.abc import Collection

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.accounts import Account
from chalicelib.domain.errors import AccountNotFound, Changed, DomainError, InvitationRevoked, ManagerNotFound
from chalicelib.domain.memberships import Membership, Origin, OriginKind, Role
from chalicelib.domain.people import Actor
from chalicelib.domain.permissions import roles_that_may_invite
from chalicelib.store import connection, reading
from chalicelib.store.bounded import Found, first
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import MembershipItem, Raw
from chalicelib.store.transaction import Refusal, Step, condition_check, delete, put, refuse_with, update


class SenderLostRight(Changed):
    """The sender of the invitation may no longer invite to its role; somebody else has to take it over."""


def key(account_id: str, customer_id: str) -> Key[Membership]:
    """The key of a membership."""
    return Key(MembershipItem, account_id, customer_id, load)


def load(raw: Raw) -> Membership:
    """The membership of a raw item."""
    return _membership(item(MembershipItem, raw))


def of_account(account_id: str, *, limit: int | None = None, after: str | None = None) -> list[Membership]:
    """The memberships of an account, oldest customer first, consistently; one query per page."""
    connection.client()
    condition = None if after is None else MembershipItem.member > after
    with connection.reaching():
        found = MembershipItem.query(account_id, range_key_condition=condition, consistent_read=True, page_size=limit)
        return reading.each(found, _membership, limit=limit)


def part_of_account(account_id: str, *, limit: int, after: str | None) -> Found[Membership]:
    """Up to ``limit`` of them, and where the rest begins."""
    return first(of_account(account_id, limit=limit + 1, after=after), limit, lambda each: each.customer_id)


def accounts_of(customer_id: str, *, limit: int | None = None, after: str | None = None) -> list[str]:
    """The ids of the accounts that a person manages, oldest first, consistently; one query per page."""
    connection.client()
    condition = None if after is None else MembershipItem.member > after
    with connection.reaching():
        found = MembershipItem.query(
            _person(customer_id), range_key_condition=condition, consistent_read=True, page_size=limit
        )
        return reading.each(found, lambda it: str(it.member), limit=limit)


def add(membership: Membership, *, taken: DomainError) -> list[Step]:
    """Writes a membership and its pointer; refused with ``taken`` if the person manages the account already."""
    new = MembershipItem(
        membership.account_id,
        membership.customer_id,
        role=membership.role,
        origin_kind=membership.origin.kind,
        origin_reference=membership.origin.reference,
        added_by=membership.added_by,
        created_at=membership.created_at,
        login_off=membership.login_off or None,
    )
    pointer = MembershipItem(_person(membership.customer_id), membership.account_id)
    absent = MembershipItem.owner.does_not_exist()
    return [put(it, condition=absent, refusal=refuse_with(taken)) for it in (new, pointer)]


def remove(membership: Membership) -> list[Step]:
    """Deletes a membership as it was read, and its pointer. An invitation sent meanwhile makes it Changed."""
    as_read = _same_role(membership) & _same_pending(membership)
    here = MembershipItem(membership.account_id, membership.customer_id)
    pointer = MembershipItem(_person(membership.customer_id), membership.account_id)

    return [
        delete(here, condition=as_read, refusal=_gone_or_changed),
        delete(pointer, condition=MembershipItem.owner.exists(), refusal=refuse_with(ManagerNotFound())),
    ]


def change_role(membership: Membership, role: Role, *, ended: Collection[str]) -> Step:
    """Gives a manager another role; the ``ended`` invitations leave the list of what they sent (R17).

    The list is as it was read: one that is sent meanwhile might be more than the new role may give.
    """
    actions: list[Action] = [MembershipItem.role.set(role.value)]
    if ended:
        actions.append(MembershipItem.sent_pending.delete(set(ended)))
    return update(
        MembershipItem(membership.account_id, membership.customer_id),
        actions,
        condition=_same_role(membership) & _same_pending(membership),
        refusal=_gone_or_changed,
    )


def mark_login(membership: Membership, *, off: bool, emptied: bool = False) -> Step:
    """Notes that the login of a manager is off, or on again; the account's counters move with it (R31).

    ``emptied`` empties the list of what they sent, which ends with it; one that is sent meanwhile makes it Changed.
    """
    actions: list[Action] = [MembershipItem.login_off.set(True) if off else MembershipItem.login_off.remove()]
    if emptied:
        actions.append(MembershipItem.sent_pending.remove())
    return update(
        MembershipItem(membership.account_id, membership.customer_id),
        actions,
        condition=_same_role(membership) & _same_pending(membership),
        refusal=_gone_or_changed,
    )


def still(membership: Membership) -> Step:
    """Holds the acting manager to the role that was checked, and to a login that is not switched off meanwhile."""
    return condition_check(
        MembershipItem(membership.account_id, membership.customer_id),
        condition=_same_role(membership),
        refusal=_stranger_or_changed(membership),
    )


def is_there(membership: Membership) -> Step:
    """Holds another manager to managing the account as they did when it was read; in another role, it is read again."""
    return condition_check(
        MembershipItem(membership.account_id, membership.customer_id),
        condition=_same_role(membership),
        refusal=lambda raw: ManagerNotFound() if raw is None else Changed(),
    )


def sent(membership: Membership, invitation_id: str) -> Step:
    """Notes a new invitation at its sender, who must still have the role that was checked, and a login that is on."""
    return update(
        MembershipItem(membership.account_id, membership.customer_id),
        [MembershipItem.sent_pending.add({invitation_id})],
        condition=_same_role(membership),
        refusal=_stranger_or_changed(membership),
    )


def accepted_from(account: Account, inviter_id: str, given: Role, *invitation_ids: str) -> Step:
    """Takes accepted invitations off their sender's list; refused if they may no longer give that role (R17)."""
    return update(
        MembershipItem(account.id, inviter_id),
        [MembershipItem.sent_pending.delete(set(invitation_ids))],
        condition=_entitled(account, given),
        refusal=refuse_with(InvitationRevoked()),
    )


def still_vouches(account: Account, inviter_id: str, given: Role) -> Step:
    """Holds the sender of an invitation to the right to give its role; Changed if they may no longer."""
    here = MembershipItem(account.id, inviter_id)
    return condition_check(here, condition=_entitled(account, given), refusal=refuse_with(SenderLostRight()))


def ended_from(account_id: str, inviter_id: str, *invitation_ids: str) -> Step:
    """Takes invitations that ended otherwise off their sender's list."""
    return update(
        MembershipItem(account_id, inviter_id),
        [MembershipItem.sent_pending.delete(set(invitation_ids))],
        condition=MembershipItem.owner.exists(),
        refusal=refuse_with(Changed()),
    )


def _gone_or_changed(raw: Raw | None) -> DomainError:
    return ManagerNotFound() if raw is None else Changed()


def _stranger_or_changed(membership: Membership) -> Refusal:
    """Who has another role, or none, is told nothing; a login that was switched shows when it is read again."""

    def refuse(raw: Raw | None) -> DomainError:
        same_role = raw is not None and load(raw).role is membership.role
        return Changed() if same_role else AccountNotFound()

    return refuse


def _entitled(account: Account, given: Role) -> Condition:
    """The member has a role that may invite to the given one under the account's policy."""
    roles = sorted(role.value for role in roles_that_may_invite(account.managed_by, given))
    entitled: Condition = MembershipItem.role.is_in(*roles)
    return entitled


def _person(customer_id: str) -> str:
    return f"customer#{customer_id}"


def _membership(it: MembershipItem) -> Membership:
    return Membership(
        account_id=it.owner,
        customer_id=it.member,
        role=reading.known(Role, it.role, otherwise=Role.VIEWER),  # of rights that are not known, the least
        origin=Origin(OriginKind(it.origin_kind), it.origin_reference),
        added_by=Actor(it.added_by),
        created_at=it.created_at,
        sent_pending=frozenset(it.sent_pending or ()),
        login_off=bool(it.login_off),
    )


def _same_role(membership: Membership) -> Condition:
    """The member has the role that was read, and counts among those who manage as they did then."""
    mark = MembershipItem.login_off
    same: Condition = MembershipItem.role == membership.role.value
    same &= mark.exists() if membership.login_off else mark.does_not_exist()
    return same


def _same_pending(membership: Membership) -> Condition:
    """Nothing was sent or ended since the membership was read. DynamoDB keeps no empty sets."""
    if not membership.sent_pending:
        return MembershipItem.sent_pending.does_not_exist()
    return MembershipItem.sent_pending == set(membership.sent_pending)
