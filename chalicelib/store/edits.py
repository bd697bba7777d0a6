"""Edits: values of people's data before and after; outside the history, which has ids only (R40).

``edit#<event id>`` is in the table of what was edited. No index has it and no stream carries it. Contacts that follow
the edit of a customer share one item, to save steps of the transaction: their events name it by ``edit_id``.
"""

from collections.abc import Collection, Mapping

from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import Changed
from chalicelib.domain.events import Event
from chalicelib.frozen import frozen
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import ContactItem, CustomerItem, Raw
from chalicelib.store.transaction import Step, delete, put, refuse_with

Changes = Mapping[str, tuple[str, str]]
"""Fields, each with its value before and after."""


@frozen
class Edit:
    """The changes of an edit by the id of what was edited, and the addresses that its contacts had or got."""

    changes: Mapping[str, Changes]
    addresses: frozenset[str]


def key(event: Event) -> Key[Edit] | None:
    """The key of an event's values; None for one that names no fields of a contact or a customer."""
    if not event.data.get("fields"):
        return None
    if _is_of_contact(event):
        return Key(ContactItem, _id(event), None, _of_contacts)
    return Key(CustomerItem, _id(event), None, _of_customer)


def of_contacts(event_id: str, changes: Mapping[str, Changes], addresses: Collection[Address]) -> Step:
    """Writes what was changed of contacts, by their ids; ``addresses`` say whose data that is."""
    new = ContactItem(_named(event_id), changes=dict(changes), addresses={str(each) for each in addresses} or None)
    return put(new, condition=ContactItem.contact_id.does_not_exist(), refusal=refuse_with(Changed()))


def of_customer(event_id: str, customer_id: str, changes: Changes) -> Step:
    """Writes what was changed of a customer."""
    new = CustomerItem(_named(event_id), customer_id=customer_id, changes={customer_id: dict(changes)})
    return put(new, condition=CustomerItem.key.does_not_exist(), refusal=refuse_with(Changed()))


def remove(event: Event) -> Step:
    """Takes away the values of an event, and of those that share them."""
    if _is_of_contact(event):
        there = ContactItem.contact_id.exists()
        return delete(ContactItem(_id(event)), condition=there, refusal=refuse_with(Changed()))
    return delete(CustomerItem(_id(event)), condition=CustomerItem.key.exists(), refusal=refuse_with(Changed()))


def _is_of_contact(event: Event) -> bool:
    return event.subject.startswith("contact:")


def _id(event: Event) -> str:
    return _named(str(event.data.get("edit_id", event.id)))


def _named(event_id: str) -> str:
    return f"edit#{event_id}"


def _of_contacts(raw: Raw) -> Edit:
    it = item(ContactItem, raw)
    return Edit(it.changes, frozenset(it.addresses or ()))


def _of_customer(raw: Raw) -> Edit:
    return Edit(item(CustomerItem, raw).changes, frozenset())
