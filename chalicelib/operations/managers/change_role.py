"""Gives a manager another role."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain import permissions, rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import ManagerNotFound, RoleAboveOwn
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Fact, account_stream, new_event
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.memberships import Membership, Role, counting
from chalicelib.domain.people import Actor
from chalicelib.domain.permissions import Permission
from chalicelib.frozen import frozen
from chalicelib.operations.access import Caller, Inside, enter_as
from chalicelib.operations.context import Context
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import customers, history, invitations, memberships, reading, seats
from chalicelib.store.transaction import Step, commit


@frozen
class RoleChange:
    """Who gave the role, and the manager with the membership as it is now."""

    by: Inside
    membership: Membership
    manager: Customer


@retry_on_change
def change_role(caller: Caller, account_id: str, manager_id: str, role: Role, *, context: Context) -> RoleChange:
    """Changes the role of a manager, oneself included; the new role counts from the next request on.

    The pending invitations that they sent and may no longer give end with it (R17).
    Refuses: AccountNotFound, Forbidden, SupportOnly, OwnAccount, RoleAboveOwn (also for taking one away),
    ManagerNotFound, LastManager, RateLimited. The role that the manager has already changes nothing and is no event.
    """
    keys = memberships.key(account_id, manager_id), customers.key(manager_id)
    entered = enter_as(caller, account_id, Permission.CHANGE_ROLES, *keys, now=context.now)
    membership: Membership | None = entered.also[0]
    manager: Customer | None = entered.also[1]
    if membership is None or manager is None:
        raise ManagerNotFound
    if not (entered.may_give(role) and entered.may_give(membership.role)):
        raise RoleAboveOwn
    if role is membership.role:
        return RoleChange(entered, membership, manager)
    rules.can_change_role(entered.account, membership.counts_as, counting(role, login=not membership.login_off))
    _commit(entered, membership, role, context)
    return RoleChange(entered, replace(membership, role=role), manager)


def _commit(entered: Inside, membership: Membership, role: Role, context: Context) -> None:
    own = entered.is_customer(membership.customer_id)
    lost = no_longer_given(entered.account, membership, role)
    steps = role_steps(
        entered.account, membership, role, lost, actor=entered.actor, facts=entered.facts, now=context.now
    )
    commit(
        *steps,
        None if own else entered.still(),
        entered.changes(context),
    )


def no_longer_given(account: Account, membership: Membership, role: Role) -> list[Invitation]:
    """What the manager has sent and may not give in that role; no read where rights only grow, or nothing is out."""
    if not (membership.sent_pending and permissions.may_give(membership.role, role)):
        return []
    keys = [invitations.key(account.id, each) for each in sorted(membership.sent_pending)]
    sent = [each for each in reading.many(keys) if each is not None]
    return [each for each in sent if not permissions.may_invite(account.managed_by, role, each.role)]


def role_steps(
    account: Account,
    membership: Membership,
    role: Role,
    lost: Sequence[Invitation] = (),
    *,
    actor: Actor,
    facts: Mapping[str, Fact],
    now: datetime,
) -> list[Step | None]:
    """The Steps that give a manager another role and end the invitations ``lost`` with it; ``facts`` in each event."""
    event_id, *more_ids = ids.event_ids(now, 1 + len(lost))
    counts_as = counting(role, login=not membership.login_off)
    event = new_event(
        account_stream(account.id),
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
        seats.change_role(account, before=membership.counts_as, after=counts_as, freed=len(lost)),
        memberships.change_role(membership, role, ended=[each.id for each in lost]),
        history.record(event),
        *(
            step
            for invitation, its_id in zip(lost, more_ids, strict=True)
            for step in revoke_steps(
                invitation,
                event_id=its_id,
                actor=actor,
                now=now,
                elsewhere=Hold.SEAT | Hold.SENDERS_LIST,
                **{**facts, "because": "inviter_demoted"},
            )
        ),
    ]
