"""One-time sign-in links: support makes one, the portal's back end redeems it (R64)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    Changed,
    CustomerNotFound,
    LoginDeactivated,
    PersonsLoginDeactivated,
    SignInLinkNotFound,
)
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import customer_stream, new_event
from chalicelib.domain.people import customer_actor
from chalicelib.domain.sign_in_links import VALIDITY, SignInClaim, SignInLink
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import customers, history, memberships, reading, sign_in_links
from chalicelib.store.idempotency import DoneBefore
from chalicelib.store.transaction import commit


@frozen
class Created:
    """The link, and whether this repeats an earlier answer."""

    link: SignInLink
    replayed: bool


@retry_on_change
def create(desk: Desk, customer_id: str, *, context: Context) -> Created:
    """Makes a link that signs the person in once within a day; older links of the person are dead.

    Refuses: SupportOnly, CustomerNotFound, OwnRecord, OwnAccount, LoginDeactivated, IdempotencyKeyReused.
    """
    actor, now = desk.actor, context.now
    customer, before = reading.batch(customers.key(customer_id), sign_in_links.key(customer_id))
    if customer is None or customer.erased_at is not None:
        raise CustomerNotFound
    desk.keep_off_oneself(customer)
    desk.keep_off(memberships.accounts_of(customer.id) if customer.membership_count else ())
    if not customer.login_activated:
        raise PersonsLoginDeactivated
    generation = 1 if before is None else before.generation + 1
    link = SignInLink(customer.id, generation, context.token_key_id(), now + VALIDITY, None)
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        customer_stream(customer.id),
        event_id=event_id,
        event_type=EventType.SIGN_IN_LINK_CREATED,
        at=now,
        actor=actor,
        subject=f"customer:{customer.id}",
        customer_id=customer.id,
        generation=generation,
        ticket_url=desk.ticket_url,
    )
    try:
        commit(
            context.remember(account_id=customer.id, created_id=str(generation)),
            sign_in_links.create(link, before),
            customers.still_active(customer.id, otherwise=PersonsLoginDeactivated()),
            history.record(event),
        )
    except DoneBefore as done:
        return _replay(done)
    return Created(link, replayed=False)


def _replay(done: DoneBefore) -> Created:
    """The first answer again: its link is derived, whether it still works or not.

    What was read before the answer is older than the first request when both came at once, so it is read again.
    """
    newest = reading.one(sign_in_links.key(done.record.account_id))
    if newest is None:
        raise Changed  # the person was erased meanwhile
    made = SignInLink(
        done.record.account_id, int(done.record.created_id), newest.key_id, done.record.expires_at, newest.used_at
    )
    return Created(made, replayed=True)


@retry_on_change
def redeem(claim: SignInClaim, *, now: datetime) -> Customer:
    """Uses a link up and says who it belongs to; the portal then signs that person in.

    Refuses: SignInLinkNotFound, SignInLinkSuperseded, SignInLinkUsed, SignInLinkExpired, LoginDeactivated. A link
    that was refused because the login is off is not used up.
    """
    link, customer = reading.batch(sign_in_links.key(claim.customer_id), customers.key(claim.customer_id))
    if link is None or customer is None:
        raise SignInLinkNotFound
    sign_in_links.refuse_spent(link, generation=claim.generation, now=now)
    if not customer.login_activated:
        raise LoginDeactivated
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        customer_stream(customer.id),
        event_id=event_id,
        event_type=EventType.SIGN_IN_LINK_USED,
        at=now,
        actor=customer_actor(customer.id),
        subject=f"customer:{customer.id}",
        customer_id=customer.id,
        generation=link.generation,
    )
    commit(
        sign_in_links.use_up(link, now=now),
        customers.still_active(customer.id, otherwise=LoginDeactivated()),
        history.record(event),
    )
    return customer
