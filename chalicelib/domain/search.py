"""Search: under which keys a thing is found, and how a question is turned into one key to read from (R61).

Texts are folded (case, accents, compatibility forms). An address is filed under every ending of it, so that any part
of it is the beginning of an entry; a name under each of its words, and under each pair of them. A question reads from
one place, from one beginning on: what that costs depends on what it finds, never on how much there is.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import Invalid

SHORTEST_PART = 3
_SHORTEST_WORD = 2
_MOST_WORDS = 6
_MOST_ENDINGS = 100
_LONGEST_TEXT = 160
_APART = "\t"
_WORD = re.compile(r"[^\W_]+")


class Kind(StrEnum):
    """What can be searched for."""

    CUSTOMER = "customer"
    ACCOUNT = "account"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A key of the index: where it lies, and in which order. The order ends with the id of the thing."""

    place: str
    order: str

    @property
    def head(self) -> str:
        """What the entry was filed for: the ending of an address, a word, or two."""
        return self.order.split(_APART)[0]

    @property
    def whole(self) -> str:
        """The whole text that the head was taken from."""
        return self.order.split(_APART)[1]

    @property
    def thing_id(self) -> str:
        """The id of the thing."""
        return self.order.rpartition(_APART)[2]


@dataclass(frozen=True, slots=True)
class Question:
    """Where to read, from which beginning on, and which entries there are the right ones."""

    place: str
    beginning: str
    accepts: Callable[[Entry], bool]


def folded(text: str) -> str:
    """The text as it is compared: without case, accents and differences of form."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(each for each in parts if not unicodedata.combining(each)))


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, each once."""
    return tuple(dict.fromkeys(_WORD.findall(folded(text))))


def plain(text: str) -> str:
    """An address or an id as it is compared: folded, without spaces."""
    return "".join(text.casefold().split())


def of_person(kind: Kind, thing_id: str, *, email: str, name: str) -> Iterator[Entry]:
    """Under which keys a customer or a contact is found."""
    address = plain(email)
    yield _entry(f"{kind}#all", address, address, thing_id)
    for start in range(min(max(len(address) - SHORTEST_PART + 1, 0), _MOST_ENDINGS)):
        ending = address[start:]
        yield _entry(f"{kind}#email#{ending[:SHORTEST_PART]}", ending, address, thing_id)
    yield from _of_name(kind, thing_id, name)


def of_account(account_id: str, *, name: str, zuora_account_id: str, number: str) -> Iterator[Entry]:
    """Under which keys an account is found."""
    yield _entry(f"{Kind.ACCOUNT}#all", " ".join(words(name)), "", account_id)
    for field, value in (("zuora", plain(zuora_account_id)), ("number", plain(number))):
        if value:
            yield _entry(f"{Kind.ACCOUNT}#{field}", value, folded(name), account_id)
    yield from _of_name(Kind.ACCOUNT, account_id, name)


def switched_off(customer_id: str, *, email: str) -> Entry:
    """The list of customers whose login is off."""
    return _entry(f"{Kind.CUSTOMER}#off", plain(email), plain(email), customer_id)


def _of_name(kind: Kind, thing_id: str, name: str) -> Iterator[Entry]:
    found = words(name)[:_MOST_WORDS]
    whole = " ".join(found)
    for word in found:
        for place in dict.fromkeys((word[:1], word[:2])):
            yield _entry(f"{kind}#name#{place}", word, whole, thing_id)
    for one, other in itertools.permutations(found, 2):
        yield _entry(f"{kind}#pair#{one[:2]}#{other[:2]}", f"{one} {other}", whole, thing_id)


def _entry(place: str, head: str, whole: str, thing_id: str) -> Entry:
    return Entry(place, _APART.join((head[:_LONGEST_TEXT], whole[:_LONGEST_TEXT], thing_id)))


def everything(kind: Kind) -> Question:
    """All things of a kind, in their order."""
    return Question(f"{kind}#all", "", lambda _entry: True)


def all_switched_off() -> Question:
    """All customers whose login is off."""
    return Question(f"{Kind.CUSTOMER}#off", "", lambda _entry: True)


def by_email(kind: Kind, part: str) -> Question:
    """Whose address has that part: the whole, a domain, or anything of three characters or more.

    An address that has the part twice is found at the first. Refuses with Invalid what is too short.
    """
    sought = plain(part)
    if len(sought) < SHORTEST_PART:
        raise Invalid("email", f"must have at least {SHORTEST_PART} characters")
    beginning = sought[:_LONGEST_TEXT]

    def first(entry: Entry) -> bool:
        whole = entry.whole
        return whole.find(beginning) == len(whole) - len(entry.head) or len(whole) == _LONGEST_TEXT

    return Question(f"{kind}#email#{sought[:SHORTEST_PART]}", beginning, first)


def by_name(kind: Kind, text: str) -> Question | None:
    """Whose name has words that begin with these, in any order; None when there is no word in the text.

    The two longest words say where to read (one, if the other is a single letter); the caller sees to the others.
    """
    sought = sorted(words(text), key=len, reverse=True)
    if not sought:
        return None
    one, *others = sought
    if others and len(others[0]) >= _SHORTEST_WORD:
        other = others[0]
        return Question(f"{kind}#pair#{one[:2]}#{other[:2]}", one, lambda entry: _is_first(entry, (one, other)))
    return Question(f"{kind}#name#{one[:2]}", one, lambda entry: _is_first(entry, (one,)))


def by_id(field: str, value: str) -> Question:
    """Accounts by ``zuora`` id or ``number``, or by how it begins."""
    sought = plain(value)
    return Question(f"{Kind.ACCOUNT}#{field}", sought, lambda _entry: True)


def has_name(name: str, text: str) -> bool:
    """Whether every word of the text begins a word of the name; a text without words asks for nothing that there is."""
    sought, there = words(text), words(name)
    return bool(sought) and all(any(word.startswith(each) for word in there) for each in sought)


def has_email(email: str, part: str) -> bool:
    """Whether the address has that part."""
    return plain(part) in plain(email)


def _is_first(entry: Entry, sought: tuple[str, ...]) -> bool:
    """Whether the entry fits and is the first of its thing that does, so that each thing is found once."""
    whole = entry.whole.split(" ")
    fitting = [
        heads
        for heads in itertools.permutations(whole, len(sought))
        if all(head.startswith(each) for head, each in zip(heads, sought, strict=True))
    ]
    return bool(fitting) and entry.head == " ".join(min(fitting))
