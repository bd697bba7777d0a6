"""Ends a membership: a manager is removed by another, or leaves (R30-R33)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import ManagerNotFound
from chalicelib.domain.events import Event, EventType, of_account
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import Entered, enter
from chalicelib.operations.again import reading_again
from chalicelib.operations.revoke_invitation import revoked_event
from chalicelib.store import (
    accounts,
    customers,
    held_addresses,
    history,
    invitation_life,
    invitations,
    memberships,
    reading,
)
from chalicelib.store.transaction import Step, commit


@reading_again
def remove(person: SignedIn, account_id: str, manager_id: str, *, now: datetime) -> None:
    """Ends another manager's membership at once, and the pending invitations that they sent (R22).

    Refuses: AccountNotFound, Forbidden, ManagerNotFound, LastManager, IsSoldToContact, IsBillToContact.
    Removing oneself is leaving.
    """
    keys = memberships.key(account_id, manager_id), customers.key(manager_id)
    entered = enter(person, account_id, Permission.VIEW_ACCOUNT, *keys, now=now)
    membership, manager = entered.also
    leaving = manager_id == entered.customer.id
    if not leaving:
        entered.require(Permission.REMOVE_MANAGERS)
    if membership is None or manager is None:
        raise ManagerNotFound
    _end(entered, membership, manager, leaving=leaving, now=now)


@reading_again
def leave(person: SignedIn, account_id: str, *, now: datetime) -> None:
    """Ends one's own membership, under the same guards (R33).

    Refuses: AccountNotFound, LastManager, IsSoldToContact, IsBillToContact.
    """
    entered = enter(person, account_id, Permission.LEAVE, now=now)
    _end(entered, entered.membership, entered.customer, leaving=True, now=now)


def _end(entered: Entered, membership: Membership, manager: Customer, *, leaving: bool, now: datetime) -> None:
    account = entered.account
    rules.can_be_removed(account, membership.role, manager.address)
    pending = _sent_pending(membership)
    event_id, *more_ids = ids.event_ids(now, 1 + len(pending))
    commit(
        accounts.manager_removed(account, role=membership.role, address=manager.address, pending=len(pending)),
        *memberships.remove(membership),
        customers.parted(manager.id),
        held_addresses.release_manager(account.id, manager.address, manager.id),
        None if leaving else memberships.still(entered.membership),
        history.record(_event(entered, membership, event_id, leaving=leaving, now=now)),
        *(
            step
            for invitation, its_id in zip(pending, more_ids, strict=True)
            for step in _revoked_with(invitation, its_id, entered, now)
        ),
    )


def _sent_pending(membership: Membership) -> list[Invitation]:
    """The pending invitations that the manager sent; no read when there are none."""
    keys = [invitations.key(membership.account_id, each) for each in sorted(membership.sent_pending)]
    return [each for each in reading.many(keys) if each is not None] if keys else []


def _revoked_with(invitation: Invitation, event_id: str, entered: Entered, now: datetime) -> list[Step | None]:
    return [
        invitation_life.revoked(invitation, now=now),
        held_addresses.release_invitation(invitation),
        history.record(
            revoked_event(invitation, event_id=event_id, actor=entered.actor, now=now, because="inviter_removed")
        ),
    ]


def _event(entered: Entered, membership: Membership, event_id: str, *, leaving: bool, now: datetime) -> Event:
    return of_account(
        entered.account.id,
        event_id=event_id,
        event_type=EventType.MANAGER_LEFT if leaving else EventType.MANAGER_REMOVED,
        at=now,
        actor=entered.actor,
        subject=f"manager:{membership.customer_id}",
        customer_id=membership.customer_id,
        role=membership.role.value,
    )
