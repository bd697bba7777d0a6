"""Ends a membership: a manager is removed by another, or leaves (R30-R33)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import ManagerNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Fact, account_stream, new_event
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import Actor, SignedIn
from chalicelib.domain.permissions import Permission
from chalicelib.domain.rules import NO_OVERRIDES, Overrides
from chalicelib.frozen import frozen
from chalicelib.operations.access import Entered, enter
from chalicelib.operations.context import Context
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.zuora import protection
from chalicelib.store import address_locks, customers, history, invitations, memberships, reading, seats
from chalicelib.store.transaction import Step, commit

NO_FACTS: Mapping[str, Fact] = MappingProxyType({})


@frozen
class Ending:
    """A membership that is about to end, with the pending invitations that the manager sent.

    The manager's other addresses are those by which the guard knows them on the account (R32).
    """

    account: Account
    membership: Membership
    manager: Customer
    pending: Sequence[Invitation]


@retry_on_change
def remove(person: SignedIn, account_id: str, manager_id: str, *, context: Context) -> None:
    """Ends another manager's membership at once, and the pending invitations that they sent (R22).

    Refuses: AccountNotFound, Forbidden, ManagerNotFound, LastManager, IsSoldToContact, IsBillToContact, RateLimited.
    Removing oneself is leaving, which is never limited.
    """
    keys = memberships.key(account_id, manager_id), customers.key(manager_id)
    entered = enter(person, account_id, Permission.VIEW_ACCOUNT, *keys, now=context.now)
    membership, manager = entered.also
    leaving = manager_id == entered.customer.id
    if not leaving:
        entered.require(Permission.REMOVE_MANAGERS)
    if membership is None or manager is None:
        raise ManagerNotFound
    counted = None if leaving else entered.changes(context)
    _end(entered, membership, manager, counted, leaving=leaving, now=context.now)


@retry_on_change
def leave(person: SignedIn, account_id: str, *, now: datetime) -> None:
    """Ends one's own membership, under the same guards (R33).

    Refuses: AccountNotFound, LastManager, IsSoldToContact, IsBillToContact.
    """
    entered = enter(person, account_id, Permission.LEAVE, now=now)
    _end(entered, entered.membership, entered.customer, None, leaving=True, now=now)


def ending_of(account: Account, membership: Membership, manager: Customer) -> Ending:
    """What ends with the membership; no read unless the manager has pending invitations out, or had other addresses."""
    keys = [invitations.key(membership.account_id, each) for each in sorted(membership.sent_pending)]
    pending = [each for each in reading.many(keys) if each is not None] if keys else []
    (known,) = protection.as_known([manager], [account])
    return Ending(account, membership, known, pending)


def ending_steps(
    ending: Ending,
    *,
    actor: Actor,
    now: datetime,
    event_type: EventType = EventType.MANAGER_REMOVED,
    overrides: Overrides = NO_OVERRIDES,
    returned_seats: int = 0,
    facts: Mapping[str, Fact] = NO_FACTS,
    cause: Mapping[str, Fact] = NO_FACTS,
) -> list[Step | None]:
    """The Steps that end a membership, under the guards R31 and R32 where they are not overridden, with their events.

    ``returned_seats`` are taken off the account's bound again (a transfer had borrowed one). ``facts`` are extra
    facts of the removal's event, ``cause`` (a ticket) of all of its events.
    """
    account, membership, manager = ending.account, ending.membership, ending.manager
    event_id, *more_ids = ids.event_ids(now, 1 + len(ending.pending))
    event = new_event(
        account_stream(account.id),
        event_id=event_id,
        event_type=event_type,
        at=now,
        actor=actor,
        subject=f"manager:{membership.customer_id}",
        customer_id=membership.customer_id,
        role=membership.role.value,
        **{**facts, **cause},
    )
    return [
        seats.remove_manager(
            account,
            role=membership.counts_as,
            addresses=manager.addresses,
            pending=len(ending.pending),
            overrides=overrides,
            returned_seats=returned_seats,
        ),
        *memberships.remove(membership),
        customers.leave_account(manager.id),
        address_locks.release_manager(account.id, manager.address, manager.id),
        history.record(event),
        *(
            step
            for invitation, its_id in zip(ending.pending, more_ids, strict=True)
            for step in revoke_steps(
                invitation,
                event_id=its_id,
                actor=actor,
                now=now,
                elsewhere=Hold.SEAT | Hold.SENDERS_LIST,
                because="inviter_removed",
                **cause,
            )
        ),
    ]


def _end(
    entered: Entered, membership: Membership, manager: Customer, counted: Step | None, *, leaving: bool, now: datetime
) -> None:
    ending = ending_of(entered.account, membership, manager)
    rules.can_be_removed(entered.account, membership.counts_as, ending.manager.addresses)
    event_type = EventType.MANAGER_LEFT if leaving else EventType.MANAGER_REMOVED
    commit(
        *ending_steps(ending, actor=entered.actor, now=now, event_type=event_type),
        None if leaving else entered.still(),
        counted,
    )
