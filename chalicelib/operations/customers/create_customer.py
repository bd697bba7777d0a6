"""Makes a customer record by the support desk, before the person has ever signed in (R1, R64)."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import Changed, CustomerNotFound, EmailTaken
from chalicelib.domain.events import EventType, customer_stream, new_event
from chalicelib.domain.limits import Limits
from chalicelib.operations.managers.grant_membership import newcomer
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import customers, history, idempotency, reading
from chalicelib.store.idempotency import DoneBefore, IdempotentRequest
from chalicelib.store.reading import Key
from chalicelib.store.transaction import commit


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Whom to make a record for."""

    address: Address
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class Created:
    """The customer, and whether this repeats an earlier answer."""

    customer: Customer
    replayed: bool


@retry_on_change
def create_customer(
    desk: Desk, person: NewPerson, *, request: IdempotentRequest | None, limits: Limits, now: datetime
) -> Created:
    """Makes a customer without memberships; the first sign-in with the address, verified, binds it.

    Refuses: SupportOnly, OwnAddress, HouseAddress, EmailTaken with the id of who has it, IdempotencyKeyReused.
    """
    actor = desk.actor
    keys: list[Key[str]] = [customers.by_address(person.address)]
    (taken,) = reading.many(keys)
    record = reading.one(idempotency.key(request)) if request is not None else None
    try:
        if request is not None:
            idempotency.meet(record, request, now=now)
        desk.may_give_to(person.address)
        if taken is not None:
            raise EmailTaken(customer_id=taken)
        customer = newcomer(person.address, now=now, first_name=person.first_name, last_name=person.last_name)
        (event_id,) = ids.event_ids(now, 1)
        event = new_event(
            customer_stream(customer.id),
            event_id=event_id,
            event_type=EventType.CUSTOMER_CREATED,
            at=now,
            actor=actor,
            subject=f"customer:{customer.id}",
            customer_id=customer.id,
            ticket_url=desk.ticket_url,
        )
        keep = limits.idempotency
        commit(
            idempotency.remember(request, account_id=customer.id, created_id=customer.id, now=now, keep=keep),
            *customers.create(customer),
            history.record(event),
        )
    except DoneBefore as done:
        return _replay(done, person)
    return Created(customer, replayed=False)


def _replay(done: DoneBefore, person: NewPerson) -> Created:
    """The first answer again: the record as it was made."""
    made = reading.one(customers.key(done.record.created_id))
    if made is None:
        raise Changed
    if made.erased_at is not None:
        raise CustomerNotFound
    as_made = replace(
        made,
        address=person.address,
        first_name=person.first_name,
        last_name=person.last_name,
        identity=None,
        login_activated=True,
        membership_count=0,
        login_changed_by=None,
        login_changed_at=None,
        version=1,
    )
    return Created(as_made, replayed=True)
