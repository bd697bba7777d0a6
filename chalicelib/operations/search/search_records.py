"""Finds customers, accounts and contacts for the support desk (R61).

What the index says is only a hint: every thing found is read, consistently, and has to fit as it is now. A request
reads a bounded number of entries; where filters leave little of them, a page is short and the list continues.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from chalicelib.addresses import as_kept
from chalicelib.domain import search as words
from chalicelib.domain.accounts import Account
from chalicelib.domain.contacts import Contact
from chalicelib.domain.customers import Customer
from chalicelib.domain.search import Entry, Kind, Question
from chalicelib.frozen import frozen
from chalicelib.operations.pages import PageRequest
from chalicelib.operations.search import index_search
from chalicelib.operations.support import Reader
from chalicelib.store import accounts, contacts, customers, reading, search
from chalicelib.store.bounded import Found
from chalicelib.store.reading import Key, if_readable

T = TypeVar("T")

_ROUNDS = 4  # of a query and a read of a hundred things each
_MOST_AT_ONCE = 100


@frozen
class CustomerQuery:
    """Which customers; what is None makes no difference."""

    email: str | None
    name: str | None
    login_activated: bool | None

    def fits(self, it: Customer) -> bool:
        """Whether the customer, as they are now, is meant."""
        return (
            (self.email is None or words.has_email(it.address, self.email))
            and (self.name is None or words.has_name(it.name, self.name))
            and (self.login_activated is None or it.login_activated is self.login_activated)
            and it.erased_at is None
        )

    def question(self) -> Question | None:
        """Where to read; None when nothing can fit."""
        if self.email is not None:
            return words.by_email(Kind.CUSTOMER, self.email)
        if self.name is not None:
            return words.by_name(Kind.CUSTOMER, self.name)
        return words.all_switched_off() if self.login_activated is False else words.everything(Kind.CUSTOMER)


@frozen
class AccountQuery:
    """Which accounts; what is None makes no difference."""

    name: str | None
    zuora_account_id: str | None
    account_number: str | None
    status: str | None
    plan: str | None
    channel: str | None

    def fits(self, it: Account) -> bool:
        """Whether the account, as it is now, is meant."""
        begins = (
            (self.zuora_account_id, it.zuora_account_id),
            (self.account_number, it.account_number),
        )
        equals = ((self.status, it.status.value), (self.plan, it.plan), (self.channel, it.channel.value))
        return (
            (self.name is None or words.has_name(it.name, self.name))
            and all(asked is None or words.plain(has).startswith(words.plain(asked)) for asked, has in begins)
            and all(asked is None or has == asked for asked, has in equals)
        )

    def question(self) -> Question | None:
        """Where to read; None when nothing can fit."""
        if self.zuora_account_id is not None:
            return words.by_id("zuora", self.zuora_account_id)
        if self.account_number is not None:
            return words.by_id("number", self.account_number)
        if self.name is not None:
            return words.by_name(Kind.ACCOUNT, self.name)
        return words.everything(Kind.ACCOUNT)


@frozen
class ContactQuery:
    """Which contacts; what is None makes no difference."""

    email: str | None
    name: str | None
    sync_state: str | None

    def fits(self, it: Contact) -> bool:
        """Whether the contact, as it is now, is meant."""
        return (
            (self.email is None or words.has_email(as_kept(it.work_email), self.email))
            and (self.name is None or words.has_name(f"{it.first_name} {it.last_name}", self.name))
            and (self.sync_state is None or it.sync_state.value == self.sync_state)
        )

    def question(self) -> Question | None:
        """Where to read; None when nothing can fit."""
        if self.email is not None:
            return words.by_email(Kind.CONTACT, self.email)
        return words.everything(Kind.CONTACT) if self.name is None else words.by_name(Kind.CONTACT, self.name)


def find_customers(reader: Reader, query: CustomerQuery, part: PageRequest) -> Found[Customer]:
    """Customers by address, part of it, domain, or names, in any combination. Refuses: SupportOnly, Invalid."""
    reader.may_read()
    return _find(query.question(), _CUSTOMERS, query.fits, part)


def find_accounts(reader: Reader, query: AccountQuery, part: PageRequest) -> Found[Account]:
    """Accounts by name, Zuora id or number. Refuses: SupportOnly."""
    reader.may_read()
    return _find(query.question(), _ACCOUNTS, query.fits, part)


def find_contacts(reader: Reader, query: ContactQuery, part: PageRequest) -> Found[tuple[Contact, Account | None]]:
    """Contacts by address or name, each with the account that it belongs to. Refuses: SupportOnly, Invalid."""
    reader.may_read()
    found = _find(query.question(), _CONTACTS, query.fits, part)
    ids = sorted({each.account_id for each in found.things if each.account_id is not None})
    read = reading.many([if_readable(accounts.key(each)) for each in ids])
    known = {each.id: each for each in read if each is not None}
    return Found([(each, known.get(each.account_id or "")) for each in found.things], found.next_position)


@frozen
class _Filing(Generic[T]):
    """Where a thing is, and what it is filed under."""

    key: Callable[[str], Key[T]]
    entries: Callable[[T], Iterable[Entry]]


_CUSTOMERS = _Filing(customers.key, index_search.of_customer)
_ACCOUNTS = _Filing(accounts.key, index_search.of_account)
_CONTACTS = _Filing(contacts.key, index_search.of_contact)


@frozen
class _Spot:
    """How far a search is: which place of its question, and behind which entry there; as text a position."""

    place: int
    after: str | None

    @classmethod
    def of(cls, position: str | None) -> "_Spot":
        return cls(0, None) if position is None else cls(int(position[0]), position[1:] or None)

    @property
    def position(self) -> str:
        return f"{self.place}{self.after or ''}"


def _find(question: Question | None, filing: _Filing[T], fits: Callable[[T], bool], part: PageRequest) -> Found[T]:
    things: list[T] = []
    if question is None:
        return Found([], None)
    spot = _Spot.of(part.position)
    size = min(max(part.limit, 20) + 1, _MOST_AT_ONCE)  # one more than is shown says whether the list continues
    for _ in range(_ROUNDS):
        place = question.places[spot.place]
        entries = search.read(place, beginning=question.beginning, after=spot.after, limit=size + 1)
        for order, thing in _fitting(entries[:size], question, filing, fits):
            if len(things) == part.limit:
                return Found(things, spot.position)
            spot = _Spot(spot.place, order)
            things += [thing] if thing is not None else []
        if len(entries) <= size:
            spot = _Spot(spot.place + 1, None)
        if spot.place == len(question.places):
            return Found(things, None)
        size = _MOST_AT_ONCE
    return Found(things, spot.position)


def _fitting(
    entries: Sequence[Entry], question: Question, filing: _Filing[T], fits: Callable[[T], bool]
) -> list[tuple[str, T | None]]:
    """The order of each entry, with its thing where that is meant; one read for all of them."""
    things = reading.many([if_readable(filing.key(each.thing_id)) for each in entries])

    def meant(entry: Entry, thing: T | None) -> T | None:
        right = thing is not None and fits(thing) and question.accepts(entry, filing.entries(thing))
        return thing if right else None

    return [(entry.order, meant(entry, thing)) for entry, thing in zip(entries, things, strict=True)]
