"""Keeps the search index in step with what there is (R61).

Idempotent, and indifferent to order: the list of a thing's entries is read before the thing itself, and written only
if it is as it was read. Whoever writes last has therefore read the newest.
"""

from collections.abc import Iterable

from chalicelib.addresses import as_kept
from chalicelib.clients.failures import Retryable
from chalicelib.domain import search as words
from chalicelib.domain.events import Event
from chalicelib.domain.search import Entry, Kind
from chalicelib.operations.again import reading_again
from chalicelib.store import accounts, contacts, customers, history, reading, search
from chalicelib.store.transaction import commit

_AT_ONCE = 90  # of a transaction, which may have a hundred writes

_NAMED_BY = {
    "customer_id": Kind.CUSTOMER,
    "contact_id": Kind.CONTACT,
    "sold_to_contact_id": Kind.CONTACT,
    "bill_to_contact_id": Kind.CONTACT,
}


def index_event(stream: str, event_id: str) -> int:
    """Files anew everything that the event names; returns for how many things that made a difference."""
    event = reading.one(history.key(stream, event_id))
    if event is None:
        raise Retryable("the event cannot be read yet")
    return sum(index(kind, thing_id) for kind, thing_id in sorted(named_by(event)))


def named_by(event: Event) -> set[tuple[Kind, str]]:
    """The things that an event names."""
    named = {(kind, str(event.data[name])) for name, kind in _NAMED_BY.items() if event.data.get(name)}
    what, _, thing_id = event.subject.partition(":")
    if what == "contact":
        named.add((Kind.CONTACT, thing_id))
    if event.account_id is not None:
        named.add((Kind.ACCOUNT, event.account_id))
    return named


@reading_again
def index(kind: Kind, thing_id: str) -> bool:
    """Files a thing as it is now, or takes it out when it is gone; says whether anything changed."""
    before = reading.one(search.filed(kind, thing_id))
    entries = _entries(kind, thing_id)
    old = before.entries if before is not None else frozenset()
    if entries == old:
        return False
    new, gone = sorted(entries - old), sorted(old - entries)
    while len(new) > _AT_ONCE:
        commit(*search.added(new[:_AT_ONCE]))
        del new[:_AT_ONCE]
    room = _AT_ONCE - len(new)
    commit(*search.added(new), *search.dropped(gone[:room]), search.refiled(kind, thing_id, before, entries))
    _drop_more(kind, thing_id, gone[room:])
    return True


def _drop_more(kind: Kind, thing_id: str, gone: list[Entry]) -> None:
    """Drops what had no room in the transaction, as long as nobody has filed the thing anew meanwhile."""
    for start in range(0, len(gone), _AT_ONCE):
        present = reading.one(search.filed(kind, thing_id))
        some = [each for each in gone[start : start + _AT_ONCE] if present is None or each not in present.entries]
        commit(*search.dropped(some), search.still_filed(kind, thing_id, present))


def _entries(kind: Kind, thing_id: str) -> frozenset[Entry]:
    return frozenset(_FILING[kind](thing_id))


def _of_customer(customer_id: str) -> Iterable[Entry]:
    it = reading.one(customers.key(customer_id))
    if it is None or it.erased_at is not None:
        return
    yield from words.of_person(Kind.CUSTOMER, it.id, email=it.address, name=it.name)
    if not it.login_activated:
        yield words.switched_off(it.id, email=it.address)


def _of_account(account_id: str) -> Iterable[Entry]:
    it = reading.one(accounts.key(account_id))
    if it is not None:
        yield from words.of_account(it.id, name=it.name, zuora_account_id=it.zuora_account_id, number=it.account_number)


def _of_contact(contact_id: str) -> Iterable[Entry]:
    it = reading.one(contacts.key(contact_id))
    if it is not None:
        name = f"{it.first_name} {it.last_name}"
        yield from words.of_person(Kind.CONTACT, it.id, email=as_kept(it.work_email), name=name)


_FILING = {Kind.CUSTOMER: _of_customer, Kind.ACCOUNT: _of_account, Kind.CONTACT: _of_contact}
