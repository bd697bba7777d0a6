"""History: events are put once, read newest first, and marked when they have reached their queues."""

from datetime import datetime

from pynamodb.expressions.condition import Condition

from chalicelib import ids
from chalicelib.domain.errors import Changed
from chalicelib.domain.event_types import EventType, type_as_it_is
from chalicelib.domain.events import Event
from chalicelib.domain.people import Actor
from chalicelib.store import bounded, connection, reading
from chalicelib.store.bounded import Found
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import HistoryItem, Raw
from chalicelib.store.transaction import Step, put, refuse_with

_WAITING = "waiting"


def key(stream: str, event_id: str) -> Key[Event]:
    """The key of an event."""
    return Key(HistoryItem, stream, event_id, load)


def load(raw: Raw) -> Event:
    """The event of a raw item."""
    return _event(item(HistoryItem, raw))


def record(event: Event) -> Step:
    """Writes an event: the audit record and, with its outbox mark, the outbox entry.

    Its time is that of its id, which is later than the ``now`` of its operation.
    """
    new = HistoryItem(
        event.stream,
        event.id,
        type=event.type,
        at=max(event.at, ids.moment_of(event.id)),
        actor=event.actor,
        subject=event.subject,
        account_id=event.account_id,
        customer_id=event.data.get("customer_id"),
        data=dict(event.data),
        outbox=_WAITING,
    )
    return put(new, condition=HistoryItem.stream.does_not_exist(), refusal=refuse_with(Changed()))


def of_stream(stream: str, *, types: frozenset[EventType], limit: int, before: str | None = None) -> list[Event]:
    """The events of a stream, newest first, of these types (all if empty), consistently, at whatever cost."""
    connection.client()
    with connection.reaching():
        found = HistoryItem.query(
            stream, _earlier(before), _wanted(types), page_size=max(limit, 20), scan_index_forward=False,
            consistent_read=True,
        )  # fmt: skip
        return reading.each(found, _event, limit=limit)


def part_of_stream(
    stream: str,
    *,
    types: frozenset[EventType],
    limit: int,
    before: str | None,
    subject: str | None = None,
    queries: int = bounded.MOST_QUERIES,
) -> Found[Event]:
    """The same within bounds; of one subject if named."""
    wanted = _wanted(types)
    if subject is not None:
        theirs = HistoryItem.subject == subject
        wanted = theirs if wanted is None else theirs & wanted
    connection.client()
    with connection.reaching():
        found = HistoryItem.query(
            stream, _earlier(before), wanted, page_size=limit + 1, scan_index_forward=False, consistent_read=True
        )
        return bounded.read(found, load, range_key="event_id", limit=limit, queries=queries)


def of_customer(customer_id: str, *, limit: int, before: str | None) -> list[Event]:
    """The events that concern a person, on whatever account, newest first; the index may be a moment behind."""
    connection.client()
    with connection.reaching():
        found = HistoryItem.by_customer.query(customer_id, _earlier(before), page_size=limit, scan_index_forward=False)
        return reading.each(found, _event, limit=limit)


def part_of_customer(customer_id: str, *, types: frozenset[EventType], limit: int, before: str | None) -> Found[Event]:
    """The same of these types (all if empty), within bounds."""
    connection.client()
    with connection.reaching():
        found = HistoryItem.by_customer.query(
            customer_id, _earlier(before), _wanted(types), page_size=limit + 1, scan_index_forward=False
        )
        return bounded.read(found, load, range_key="event_id", limit=limit)


def _earlier(before: str | None) -> Condition | None:
    return None if before is None else HistoryItem.event_id < before


def _wanted(types: frozenset[EventType]) -> Condition | None:
    return HistoryItem.type.is_in(*sorted(kind.value for kind in types)) if types else None


def unrelayed(*, before: datetime, limit: int, after: str | None = None) -> list[Key[Event]]:
    """The keys of events made before that moment which have not reached their queues, oldest first."""
    connection.client()
    until = ids.first_event_id(before)
    condition: Condition = HistoryItem.event_id < until
    if after is not None:
        condition = HistoryItem.event_id.between(after, until)
    with connection.reaching():
        found = HistoryItem.unrelayed.query(_WAITING, condition, page_size=limit)
        keys = reading.each(found, lambda it: key(it.stream, it.event_id), limit=limit + 1)
        return [each for each in keys if each.range_key != after][:limit]  # ``between`` includes its end


def mark_relayed(stream: str, event_id: str, *, now: datetime) -> None:
    """Takes an event out of the outbox; doing it twice is the same as once."""
    connection.client()
    with connection.reaching():
        HistoryItem(stream, event_id).update(
            [HistoryItem.outbox.remove(), HistoryItem.relayed_at.set(now)],
            condition=HistoryItem.stream.exists(),
        )


def _event(it: HistoryItem) -> Event:
    if None in (it.type, it.at, it.actor, it.subject, it.data):
        raise KeyError("an event without what every event has")
    return Event(
        id=it.event_id,
        stream=it.stream,
        type=type_as_it_is(it.type),
        at=it.at,
        actor=Actor(it.actor),
        subject=it.subject,
        account_id=it.account_id,
        data=it.data,
    )
