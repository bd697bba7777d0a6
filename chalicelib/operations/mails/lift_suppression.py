"""Support lifts the suppression of one address (R25)."""

from chalicelib import ids
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import OwnAccount
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Fact, address_stream, new_event
from chalicelib.operations.context import Context
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import customers, history, reading, suppressions
from chalicelib.store.transaction import commit


@retry_on_change
def lift_suppression(desk: Desk, address: Address, *, context: Context) -> None:
    """Lets mails go to the address again; the history names it by its pseudonym. Not suppressed: nothing happens.

    Refuses: SupportOnly, OwnAccount (the agent's own address).
    """
    actor, now = desk.actor, context.now
    if address == desk.person.address:
        raise OwnAccount
    hidden = context.pseudonym(address)
    before, customer_id = reading.batch(suppressions.key(hidden), customers.by_address(address))
    if before is None or not before.in_force(now):
        return
    (event_id,) = ids.event_ids(now, 1)
    facts: dict[str, Fact] = {"reason": before.reason, "ticket_url": desk.ticket_url}
    if customer_id is not None:
        facts["customer_id"] = customer_id  # so that the person's history shows it
    event = new_event(
        address_stream(hidden),
        event_id=event_id,
        event_type=EventType.SUPPRESSION_LIFTED,
        at=now,
        actor=actor,
        subject=f"address:{hidden}",
        **facts,
    )
    commit(suppressions.lift(hidden, before, now=now), history.record(event))
