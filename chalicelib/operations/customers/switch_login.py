"""Switches a person's login off, and on again (R3, R31).

What counts on each of the person's accounts moves with it: in the same transaction, or, where the accounts are too many
for one, in several, always on the safe side. Off: first the accounts, under their guards, and then the login. On: first
the login, and then the accounts. In between somebody counts less than they can do. What is refused half-way is taken
back; what crashes half-way is completed by the same request, or by ``count_logins``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain import rules
from chalicelib.domain.accounts import Account
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    Changed,
    CustomerNotFound,
    DeliberatelyDeactivated,
    LastLogin,
    LastManager,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Fact, customer_stream, new_event
from chalicelib.domain.memberships import Membership, Role, counting
from chalicelib.domain.people import Actor
from chalicelib.frozen import frozen
from chalicelib.operations import count_logins
from chalicelib.operations.invitations.end_invitation import Hold, revoke_steps
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import accounts, customers, history, invitations, memberships, reading, seats
from chalicelib.store.transaction import Step, commit

_MOST_STEPS = 90  # of a transaction, which may have a hundred
_MOST_NAMED = 100  # accounts that an event names

Steps = list[Step | None]


@frozen
class Switch:
    """On or off; ``confirmed`` for one switched off deliberately, ``allow_last`` for the last who can sign in.

    ``reason`` is why; ``allow_last`` needs one.
    """

    on: bool
    confirmed: bool = False
    allow_last: bool = False
    reason: str | None = None


@frozen
class _Place:
    """An account of the person, and their membership of it."""

    account: Account
    membership: Membership

    @property
    def is_last(self) -> bool:
        """Whether nobody else who can sign in manages it."""
        return rules.is_last(self.account, self.membership.counts_as)

    @property
    def is_left_without(self) -> bool:
        """Whether nobody who can sign in manages it without them, also where a switch has died after marking it."""
        account, role = self.account, self.membership.role
        if self.membership.login_off:
            admins = account.admin_count + (role is Role.ADMIN)
            account = replace(account, managing_count=account.managing_count + role.manages, admin_count=admins)
        return rules.is_last(account, role)


def switch_login(desk: Desk, customer_id: str, switch: Switch, *, now: datetime) -> Customer:
    """Switches the login; off, it blocks the person everywhere and ends the pending invitations they sent (R22).

    Refuses: SupportOnly, CustomerNotFound, OwnRecord, DeliberatelyDeactivated (switching on what somebody
    switched off, without ``confirmed``), LastLogin (without ``allow_last``). A login that is as it should be stays, and
    nothing happens.
    """
    try:
        return _switch(desk, customer_id, switch, now=now)
    except (LastLogin, Changed):
        count_logins.of_customer(customer_id)  # takes back what was written of a switch that is too large for one
        raise


@retry_on_change
def _switch(desk: Desk, customer_id: str, switch: Switch, *, now: datetime) -> Customer:
    actor = desk.actor
    customer = reading.one(customers.key(customer_id))
    if customer is None:
        raise CustomerNotFound
    desk.keep_off_oneself(customer)
    if customer.login_activated is switch.on:
        count_logins.of_customer(customer.id)
        if not switch.on:
            _end_what_was_sent_meanwhile(customer, actor, now=now)
        return customer
    _refuse_deliberate(customer, switch)
    places = _places(customer.id)
    left = _left_without(places) if not switch.on else []
    if left and not switch.allow_last:
        raise LastLogin(left)
    facts: dict[str, Fact] = {} if switch.reason is None else {"reason": switch.reason}
    if left:
        facts |= {"allow_last": True, "leaves_nobody": ", ".join(left[:_MOST_NAMED])}
    event_type = EventType.LOGIN_REACTIVATED if switch.on else EventType.LOGIN_DEACTIVATED
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        customer_stream(customer.id),
        event_id=event_id,
        event_type=event_type,
        at=now,
        actor=actor,
        subject=f"customer:{customer.id}",
        customer_id=customer.id,
        ticket_url=desk.ticket_url,
        **facts,
    )
    switched: Steps = [customers.switch_login(customer, on=switch.on, actor=actor, now=now), history.record(event)]
    if switch.on:
        _on(customer, places, switched)
    else:
        _off(customer, places, switched, actor=actor, allow_last=switch.allow_last, now=now)
    return replace(
        customer,
        login_activated=switch.on,
        login_changed_by=actor,
        login_changed_at=now,
        version=customer.version + 1,
    )


def _refuse_deliberate(customer: Customer, switch: Switch) -> None:
    """A login that somebody switched off does not go on again unconfirmed (R3)."""
    if not switch.on or customer.login_activated or switch.confirmed:
        return
    if customer.login_changed_by is not None and customer.login_changed_at is not None:
        raise DeliberatelyDeactivated(by=customer.login_changed_by, at=customer.login_changed_at)


def refuse(customer: Customer, switch: Switch | None) -> None:
    """Raises what the switch would be refused with: DeliberatelyDeactivated, LastLogin; before anything is written."""
    if switch is None:
        return
    _refuse_deliberate(customer, switch)
    if switch.on or switch.allow_last or not customer.login_activated:
        return
    left = _left_without(_places(customer.id))
    if left:
        raise LastLogin(left)


def _places(customer_id: str) -> list[_Place]:
    """The person's accounts; those from before logins counted are looked through first."""
    account_ids = memberships.accounts_of(customer_id)
    whole = reading.many([accounts.key(each) for each in account_ids])
    own = reading.many([memberships.key(each, customer_id) for each in account_ids])
    places = [_Place(each, mine) for each, mine in zip(whole, own, strict=True) if each and mine]
    uncounted = [each.account.id for each in places if not each.account.logins_counted]
    for account_id in uncounted:
        count_logins.of_account(account_id)
    return _places(customer_id) if uncounted else places


def _left_without(places: Sequence[_Place]) -> list[str]:
    return [each.account.id for each in places if each.is_left_without]


def _on(customer: Customer, places: Sequence[_Place], switched: Steps) -> None:
    marked = [_marked(each, on=True, allow_last=True) for each in places if each.membership.login_off]
    first, *more = _packed(marked) or [[]]
    commit(*switched, *first)
    if more:
        count_logins.of_customer(customer.id)


def _off(
    customer: Customer, places: Sequence[_Place], switched: Steps, *, actor: Actor, allow_last: bool, now: datetime
) -> None:
    """The last transaction switches the login, if no membership has begun to count since all of them were read."""
    *before, last = _packed(_ends(places, actor=actor, allow_last=allow_last, now=now)) or [[]]
    try:
        for steps in before:
            commit(*steps)
        commit(*switched, *last)
    except LastManager as lost:
        raise Changed from lost  # reading again finds out on which accounts
    if before:
        _end_what_was_sent_meanwhile(customer, actor, now=now)


@retry_on_change
def _end_what_was_sent_meanwhile(customer: Customer, actor: Actor, *, now: datetime) -> None:
    for steps in _packed(_ends(_places(customer.id), actor=actor, allow_last=True, now=now)):
        commit(*steps)


def _ends(places: Sequence[_Place], *, actor: Actor, allow_last: bool, now: datetime) -> Iterator[Steps]:
    """What happens on each account where the person counts or has invitations out, one account after the other."""
    for place in places:
        membership = place.membership
        if membership.login_off and not membership.sent_pending:
            continue
        keys = [invitations.key(membership.account_id, each) for each in sorted(membership.sent_pending)]
        pending = [each for each in reading.many(keys) if each is not None] if keys else []
        event_ids = ids.event_ids(now, len(pending))
        known_last = allow_last and place.is_last  # who becomes the last one meanwhile is read again, and named
        steps = _marked(place, on=False, allow_last=known_last, freed=len(pending))
        for invitation, event_id in zip(pending, event_ids, strict=True):
            steps += revoke_steps(
                invitation,
                event_id=event_id,
                actor=actor,
                now=now,
                elsewhere=Hold.SEAT | Hold.SENDERS_LIST,
                because="inviter_deactivated",
            )
        yield steps


def _marked(place: _Place, *, on: bool, allow_last: bool, freed: int = 0) -> Steps:
    """The membership, and the counters of its account where they are different by it."""
    account, membership = place.account, place.membership
    before, after = membership.counts_as, counting(membership.role, login=on)
    moved = None
    if freed or before is not after:
        moved = seats.change_role(account, before=before, after=after, freed=freed, allow_last=allow_last)
    return [memberships.mark_login(membership, off=not on, emptied=bool(membership.sent_pending)), moved]


def _packed(parts: Iterator[Steps] | Sequence[Steps]) -> list[Steps]:
    """As many accounts in one transaction as fit, in their order."""
    packed: list[Steps] = []
    for part in parts:
        if packed and len(packed[-1]) + len(part) <= _MOST_STEPS:
            packed[-1] = packed[-1] + part
        else:
            packed.append(part)
    return packed
