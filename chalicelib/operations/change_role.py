"""Gives a manager another role."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import ManagerNotFound, RoleAboveOwn
from chalicelib.domain.events import EventType, Fact, of_account
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.people import Actor
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import Caller, Inside, enter_as
from chalicelib.operations.again import reading_again
from chalicelib.store import customers, history, memberships, seats
from chalicelib.store.transaction import Step, commit


@dataclass(frozen=True, slots=True)
class RoleChange:
    """Who gave the role, and the manager with the membership as it is now."""

    by: Inside
    membership: Membership
    manager: Customer


@reading_again
def change_role(caller: Caller, account_id: str, manager_id: str, role: Role, *, now: datetime) -> RoleChange:
    """Changes the role of a manager, oneself included; the new role counts from the next request on.

    Refuses: AccountNotFound, Forbidden, SupportOnly, OwnAccount, RoleAboveOwn (also for taking one away),
    ManagerNotFound, LastManager. The role that the manager has already changes nothing and is no event.
    """
    keys = memberships.key(account_id, manager_id), customers.key(manager_id)
    entered = enter_as(caller, account_id, Permission.CHANGE_ROLES, *keys, now=now)
    membership: Membership | None = entered.also[0]
    manager: Customer | None = entered.also[1]
    if membership is None or manager is None:
        raise ManagerNotFound
    if not (entered.may_give(role) and entered.may_give(membership.role)):
        raise RoleAboveOwn
    if role is membership.role:
        return RoleChange(entered, membership, manager)
    rules.can_change_role(entered.account, membership.role, role)
    _commit(entered, membership, role, now)
    return RoleChange(entered, replace(membership, role=role), manager)


def _commit(entered: Inside, membership: Membership, role: Role, now: datetime) -> None:
    own = entered.is_customer(membership.customer_id)
    commit(
        *role_steps(entered.account, membership, role, actor=entered.actor, facts=entered.facts, now=now),
        None if own else entered.still(),
    )


def role_steps(
    account: Account, membership: Membership, role: Role, *, actor: Actor, facts: Mapping[str, Fact], now: datetime
) -> list[Step]:
    """The Steps that give a manager another role, with the event, which says ``facts`` besides."""
    (event_id,) = ids.event_ids(now, 1)
    event = of_account(
        account.id,
        event_id=event_id,
        event_type=EventType.ROLE_CHANGED,
        at=now,
        actor=actor,
        subject=f"manager:{membership.customer_id}",
        customer_id=membership.customer_id,
        role_before=membership.role.value,
        role_after=role.value,
        **facts,
    )
    return [
        seats.role_changed(account, before=membership.role, after=role),
        memberships.role_changed(membership, role),
        history.record(event),
    ]
