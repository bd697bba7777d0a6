"""The values of edits, outside the history (R40): written with an edit, shown to support, erased with the person."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from chalicelib.addresses import address_in
from chalicelib.domain.customers import Customer
from chalicelib.domain.events import Event, customer_stream
from chalicelib.store import edits, history, reading
from chalicelib.store.edits import Edit
from chalicelib.store.transaction import Step, commit

_MOST = 100  # of one BatchGetItem, of one transaction, of a page


def of_contact(event: Event, before: Mapping[str, str], after: Mapping[str, str]) -> Step | None:
    """The Step that keeps what an event changed of a contact; None if that is nothing."""
    changes = {name: (before[name], value) for name, value in after.items() if before[name] != value}
    if not changes:
        return None
    emails = (before["work_email"], after.get("work_email", before["work_email"]))
    addresses = {address for each in emails if (address := address_in(each)) is not None}
    return edits.of_contacts(event.id, {event.subject.removeprefix("contact:"): changes}, addresses)


def shown(events: list[Event]) -> list[Event]:
    """The events with what was before and after, for support alone; one read, none if they name no fields.

    A page has a hundred events at most; one more only says that there is a next page.
    """
    values = {event.id: _facts(event, edit) for event, edit in _read(events[:_MOST])}
    return [replace(each, data={**each.data, **values.get(each.id, {})}) for each in events]


def addresses_of(person: Customer) -> set[str]:
    """The address of a person, and those that they had before."""
    own = [edit.changes[person.id].get("address", ()) for _, edit in _of_stream(customer_stream(person.id))]
    return {str(person.address), *(address for both in own for address in both)}


def forget_contacts(streams: Iterable[str], addresses: Collection[str]) -> None:
    """Deletes, of the events of contacts in these streams, the values of whoever has or had one of the addresses."""
    for stream in sorted(streams):
        _forget(event for event, edit in _of_stream(stream) if edit.addresses.intersection(addresses))


def forget_customer(customer_id: str) -> None:
    """Deletes the values of a customer's own events."""
    _forget(event for event, _ in _of_stream(customer_stream(customer_id)))


def _facts(event: Event, edit: Edit) -> dict[str, str]:
    _, _, thing_id = event.subject.partition(":")
    return {
        f"{name}_{when}": value
        for name, both in edit.changes.get(thing_id, {}).items()
        for when, value in zip(("before", "after"), both, strict=True)
    }


def _of_stream(stream: str) -> Iterator[tuple[Event, Edit]]:
    before: str | None = None
    while events := history.of_stream(stream, types=frozenset(), limit=_MOST, before=before):
        yield from _read(events)
        before = events[-1].id


def _read(events: Iterable[Event]) -> Iterator[tuple[Event, Edit]]:
    keys = [(event, key) for event in events if (key := edits.key(event)) is not None]
    if keys:
        found = reading.many([key for _, key in keys])
        yield from ((event, edit) for (event, _), edit in zip(keys, found, strict=True) if edit is not None)


def _forget(events: Iterable[Event]) -> None:
    """Each item once, however many events share it."""
    steps = [edits.remove(each) for each in {event.data.get("edit_id", event.id): event for event in events}.values()]
    for start in range(0, len(steps), _MOST):
        commit(*steps[start : start + _MOST])
