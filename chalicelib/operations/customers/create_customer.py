"""Support creates a customer record, before the person has ever signed in (R1, R64)."""

from dataclasses import replace
from datetime import datetime

from chalicelib import ids
from chalicelib.domain.addresses import Address
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import Changed, CustomerNotFound, EmailTaken
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import customer_stream, new_event
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.managers.grant_membership import newcomer
from chalicelib.operations.retry import retry_on_change
from chalicelib.operations.support import Desk
from chalicelib.store import customers, history, idempotency, reading
from chalicelib.store.idempotency import DoneBefore
from chalicelib.store.reading import Key
from chalicelib.store.transaction import commit


@frozen
class NewPerson:
    """Whom to make a record for."""

    address: Address
    first_name: str
    last_name: str


@frozen
class Created:
    """The customer, and whether this repeats an earlier answer."""

    customer: Customer
    replayed: bool


@retry_on_change
def create_customer(desk: Desk, person: NewPerson, *, context: Context) -> Created:
    """Makes a customer without memberships; the first sign-in with the address, verified, binds it.

    Refuses: SupportOnly, OwnAddress, HouseAddress, EmailTaken with the id of who has it, IdempotencyKeyReused.
    """
    actor, request, now = desk.actor, context.request, context.now
    keys: list[Key[str]] = [customers.by_address(person.address)]
    (taken,) = reading.many(keys)
    record = reading.one(idempotency.key(request)) if request is not None else None
    try:
        if request is not None:
            idempotency.meet(record, request, now=now)
        desk.may_give_to(person.address)
        if taken is not None:
            raise EmailTaken(customer_id=taken)
        customer = _new(person, now)
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
        commit(
            context.remember(account_id=customer.id, created_id=customer.id),
            *customers.create(customer),
            history.record(event),
        )
    except DoneBefore as done:
        return _replay(done, person)
    return Created(customer, replayed=False)


def _new(person: NewPerson, now: datetime) -> Customer:
    return newcomer(person.address, now=now, first_name=person.first_name, last_name=person.last_name)


def _replay(done: DoneBefore, person: NewPerson) -> Created:
    """The first answer again: the record as it was made."""
    made = reading.one(customers.key(done.record.created_id))
    if made is None:
        raise Changed
    if made.erased_at is not None:
        raise CustomerNotFound
    return Created(replace(_new(person, made.created_at), id=made.id), replayed=True)
