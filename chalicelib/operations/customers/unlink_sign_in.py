"""Takes a sign-in off a customer, so that the next one with the address binds again (R2, R64)."""

from datetime import datetime

from chalicelib import ids
from chalicelib.domain.errors import CustomerNotFound
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import customer_stream, new_event
from chalicelib.operations.customers import two_agents
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import customers, history, memberships, reading
from chalicelib.store.transaction import commit


@retry_on_change
def unlink_sign_in(desk: Desk, customer_id: str, *, now: datetime) -> None:
    """Frees the sign-in; whoever used it is unknown here from the next request on. Unlinked already: nothing happens.

    Refuses: SupportOnly, CustomerNotFound, OwnRecord, OwnAccount, SecondAgentNeeded (R67).
    """
    actor = desk.actor
    customer = reading.one(customers.key(customer_id))
    if customer is None or customer.erased_at is not None:
        raise CustomerNotFound
    desk.keep_off_oneself(customer)
    desk.keep_off(memberships.accounts_of(customer.id) if customer.membership_count else ())
    if customer.identity is None:
        return
    two_agents.may_unlink(desk, customer, now=now)
    (event_id,) = ids.event_ids(now, 1)
    event = new_event(
        customer_stream(customer.id),
        event_id=event_id,
        event_type=EventType.CUSTOMER_UNLINKED,
        at=now,
        actor=actor,
        subject=f"customer:{customer.id}",
        customer_id=customer.id,
        ticket_url=desk.ticket_url,
    )
    commit(*customers.unbind(customer, customer.identity, by=two_agents.touch(desk, now=now)), history.record(event))
