"""Finds the customer behind a sign-in, and binds the two at the first one (R2)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.domain.customers import Customer, changed_fields
from chalicelib.domain.errors import Busy, Changed, LoginDeactivated, SignInNotLinked
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, Fact, customer_stream, new_event
from chalicelib.domain.people import SignedIn, customer_actor
from chalicelib.operations.retry import retry_on_change
from chalicelib.store import customers, edits, history, identities, reading
from chalicelib.store.reading import Key
from chalicelib.store.transaction import Step, commit

Also = Callable[[str | None], Sequence[Key[Any]]]
"""What to read beside the customer; asked with the customer's id, or None while it is not known."""


def customer_of(
    person: SignedIn, also: Also = lambda _customer_id: (), *, now: datetime
) -> tuple[Customer | None, list[Any]]:
    """The customer that the sign-in is bound to, or None, and what ``also`` asked for, consistently.

    One read when this process has seen the sign-in before, or when there is no such customer; two
    otherwise. The first sign-in with a verified address that belongs to an unbound customer binds it. Names that are
    empty are filled from the sign-in, which is a transaction more, once (R41).
    Refuses with LoginDeactivated when the customer's login was switched off (R3), and with SignInNotLinked
    when the verified address belongs to a customer who is bound to another sign-in (S3).
    """
    hint = identities.remembered(person.identity)
    if hint is not None:
        customer, *rest = reading.many([customers.key(hint), *also(hint)])
        if customer is not None and customer.identity == person.identity:
            return _filled(_let_in(customer), person, now), rest
        identities.forget(person.identity)
    return _look_up(person, also, now=now)


@retry_on_change
def _look_up(person: SignedIn, also: Also, *, now: datetime) -> tuple[Customer | None, list[Any]]:
    keys: list[Key[Any]] = [customers.by_identity(person.identity)]
    if person.proven_address is not None:
        keys.append(customers.by_address(person.proven_address))
    found = reading.many([*keys, *also(None)])
    bound_id, *others = found[: len(keys)]
    if bound_id is not None:
        return _read(person, bound_id, also, now)
    same_address = others[0] if others else None
    if same_address is not None:
        _bind(same_address, person, now)
        return _read(person, same_address, also, now)
    return None, found[len(keys) :]


def _read(person: SignedIn, customer_id: str, also: Also, now: datetime) -> tuple[Customer | None, list[Any]]:
    customer, *rest = reading.many([customers.key(customer_id), *also(customer_id)])
    if customer is None:
        return None, rest
    if customer.identity != person.identity:
        raise Changed  # since the reservation was read
    identities.remember(person.identity, customer_id)
    return _filled(_let_in(customer), person, now), rest


def _bind(customer_id: str, person: SignedIn, now: datetime) -> None:
    customer = reading.one(customers.key(customer_id))
    if customer is None or customer.identity == person.identity:
        raise Changed  # since the reservations were read
    _let_in(customer)
    if customer.identity is not None:
        raise SignInNotLinked
    named = customer.named_by(person)
    commit(
        *customers.bind(customer, person.identity, named=named),
        *_recorded(EventType.CUSTOMER_BOUND, customer, named, now),
    )


def _filled(customer: Customer, person: SignedIn, now: datetime) -> Customer:
    """Fills what is empty of the names; where that cannot be done now, the next request does it."""
    named = customer.named_by(person)
    if named == customer:
        return customer
    named = replace(named, version=customer.version + 1)
    try:
        commit(
            customers.edit(customer, named),
            *_recorded(EventType.CUSTOMER_EDITED, customer, named, now, version=named.version, because="sign_in"),
        )
    except (Changed, Busy):
        return customer
    return named


def _recorded(kind: EventType, before: Customer, after: Customer, now: datetime, **facts: Fact) -> Iterator[Step]:
    """The event of what happened to the person by their own sign-in, and beside it what it changed."""
    changes = changed_fields(before, after)
    if changes:
        facts = {"fields": ", ".join(changes), **facts}
    (event_id,) = ids.event_ids(now, 1)
    event: Event = new_event(
        customer_stream(after.id),
        event_id=event_id,
        event_type=kind,
        at=now,
        actor=customer_actor(after.id),
        subject=f"customer:{after.id}",
        customer_id=after.id,
        **facts,
    )
    yield history.record(event)
    if changes:
        yield edits.of_customer(event.id, after.id, changes)


def _let_in(customer: Customer) -> Customer:
    if not customer.login_activated:
        raise LoginDeactivated
    return customer
