"""Switches a person's login off, and on again (R3)."""

from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import CustomerNotFound, DeliberatelyDeactivated, OwnAccount
from chalicelib.domain.events import EventType, of_customer
from chalicelib.domain.memberships import Membership
from chalicelib.domain.people import Actor
from chalicelib.operations.again import reading_again
from chalicelib.operations.revoke_invitation import revoked_with
from chalicelib.operations.support import Desk
from chalicelib.store import (
    customers,
    history,
    invitations,
    memberships,
    reading,
    seats,
)
from chalicelib.store.transaction import Step, commit

_MOST_STEPS = 90  # of a transaction, which may have a hundred


@reading_again
def switch_login(desk: Desk, customer_id: str, *, on: bool, confirmed: bool, now: datetime) -> Customer:
    """Switches the login; off, it blocks the person everywhere and ends the pending invitations they sent (R22).

    Refuses: SupportOnly, CustomerNotFound, OwnAccount, DeliberatelyDeactivated (switching on what somebody
    switched off, without ``confirmed``). A login that is as it should be stays, and nothing happens.
    """
    actor = desk.actor
    customer = reading.one(customers.key(customer_id))
    if customer is None:
        raise CustomerNotFound
    if desk.is_oneself(customer):
        raise OwnAccount
    if customer.login_activated is on:
        return customer
    refuse_deliberate(customer, on=on, confirmed=confirmed)
    ending = [] if on else _end_invitations(customer, actor, now)
    (event_id,) = ids.event_ids(now, 1)
    commit(
        customers.login_switched(customer, on=on, actor=actor, now=now),
        *ending,
        history.record(
            of_customer(
                customer.id,
                event_id=event_id,
                event_type=EventType.LOGIN_REACTIVATED if on else EventType.LOGIN_DEACTIVATED,
                at=now,
                actor=actor,
                ticket_url=desk.ticket_url,
            )
        ),
    )
    return replace(
        customer, login_activated=on, login_changed_by=actor, login_changed_at=now, version=customer.version + 1
    )


def refuse_deliberate(customer: Customer, *, on: bool | None, confirmed: bool) -> None:
    """Raises DeliberatelyDeactivated when a login that somebody switched off would go on again unconfirmed (R3)."""
    if on is not True or customer.login_activated or confirmed:
        return
    if customer.login_changed_by is not None and customer.login_changed_at is not None:
        raise DeliberatelyDeactivated(by=customer.login_changed_by, at=customer.login_changed_at)


def _end_invitations(customer: Customer, actor: Actor, now: datetime) -> list[Step | None]:
    """The Steps that end what the person's invitations hold, for the transaction that switches the login off.

    Where they are too many for one transaction (a person with very many accounts), the first ones end in
    transactions of their own before it. What might be sent in between is dead all the same: accepting
    checks that the sender's login is on.
    """
    account_ids = memberships.accounts_of(customer.id)
    own = reading.many([memberships.key(each, customer.id) for each in account_ids])
    steps: list[Step | None] = []
    for membership in own:
        if membership is None:
            continue
        more = _of_account(membership, actor, now)
        if len(steps) + len(more) > _MOST_STEPS:
            commit(*steps)
            steps = []
        steps += more
    return steps


def _of_account(membership: Membership, actor: Actor, now: datetime) -> list[Step | None]:
    if not membership.sent_pending:
        return [memberships.list_is_empty(membership)]
    keys = [invitations.key(membership.account_id, each) for each in sorted(membership.sent_pending)]
    pending = [each for each in reading.many(keys) if each is not None]
    event_ids = ids.event_ids(now, len(pending))
    return [
        memberships.list_emptied(membership),
        seats.seat_freed(membership.account_id, len(pending)),
        *(
            step
            for invitation, event_id in zip(pending, event_ids, strict=True)
            for step in revoked_with(invitation, event_id=event_id, actor=actor, now=now, because="inviter_deactivated")
        ),
    ]
