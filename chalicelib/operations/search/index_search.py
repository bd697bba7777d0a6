"""Keeps the search index in step with what there is (R61).

Idempotent, and indifferent to order: the list of a thing's entries is read before the thing itself, and written only
if it is as it was read. The one who writes last has therefore read the newest.
"""

from collections.abc import Iterator

from chalicelib.addresses import as_kept
from chalicelib.domain import search as words
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact
from chalicelib.domain.customers import Customer
from chalicelib.domain.events import Event
from chalicelib.domain.search import Entry, Kind
from chalicelib.failures import Retryable
from chalicelib.operations.retry import retry_on_change
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
    """Files again everything that the event names; returns for how many things that made a difference."""
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


@retry_on_change
def index(kind: Kind, thing_id: str) -> bool:
    """Files a thing as it is now, or takes it out when it is gone; says whether anything changed."""
    before = reading.one(search.filed(kind, thing_id))
    entries = _entries(kind, thing_id)
    old = before.entries if before is not None else frozenset()
    if entries == old:
        return False
    new, gone = sorted(entries - old), sorted(old - entries)
    while len(new) > _AT_ONCE:
        commit(*search.add(new[:_AT_ONCE]))
        del new[:_AT_ONCE]
    room = _AT_ONCE - len(new)
    commit(*search.add(new), *search.drop(gone[:room]), search.refile(kind, thing_id, before, entries))
    _drop_more(kind, thing_id, gone[room:])
    return True


def _drop_more(kind: Kind, thing_id: str, gone: list[Entry]) -> None:
    """Drops what had no room in the transaction, as long as nobody has filed the thing again meanwhile."""
    for start in range(0, len(gone), _AT_ONCE):
        present = reading.one(search.filed(kind, thing_id))
        some = [each for each in gone[start : start + _AT_ONCE] if present is None or each not in present.entries]
        commit(*search.drop(some), search.still_filed(kind, thing_id, present))


def of_customer(it: Customer) -> Iterator[Entry]:
    """What a customer is filed under."""
    yield from words.of_person(Kind.CUSTOMER, it.id, email=it.address, name=it.name)
    if not it.login_activated:
        yield words.switched_off(it.id, email=it.address)


def of_account(it: Account) -> Iterator[Entry]:
    """What an account is filed under."""
    return words.of_account(it.id, name=it.name, zuora_account_id=it.zuora_account_id, number=it.account_number)


def of_contact(it: Contact) -> Iterator[Entry]:
    """What a contact is filed under."""
    name = f"{it.first_name} {it.last_name}"
    return words.of_person(Kind.CONTACT, it.id, email=as_kept(it.work_email), name=name)


def _entries(kind: Kind, thing_id: str) -> frozenset[Entry]:
    if kind is Kind.CUSTOMER:
        person = reading.one(customers.key(thing_id))
        return frozenset() if person is None or person.erased_at is not None else frozenset(of_customer(person))
    if kind is Kind.ACCOUNT:
        account = reading.one(accounts.key(thing_id))
        return frozenset() if account is None else frozenset(of_account(account))
    contact = reading.one(contacts.key(thing_id))
    return frozenset() if contact is None else frozenset(of_contact(contact))
