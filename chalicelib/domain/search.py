"""Search: the index keys of a record, and how a query is turned into keys to read from (R61).

Texts are folded (case, accents and other marks, compatibility forms). An address is filed under every ending of it, so
that any part of it is the beginning of an entry; a name under each of its words, and under each pair of them, or, when
it has many words, in a list of such names. A question reads from one place or two, from one beginning on: what that
costs depends on what it finds, never on how much there is. What is filed is cut to a few bytes, so that a position in
a list stays short; whether a thing is meant its whole texts decide.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import Invalid
from chalicelib.frozen import frozen

SHORTEST_PART = 3
_SHORTEST_WORD = 2
_MOST_PAIRED_WORDS = 6
_LONGEST_ADDRESS = 254
_LONGEST_HEAD = 56  # bytes of UTF-8
_APART = "\t"
_NO_LETTERS = frozenset({"Mn", "Mc", "Me", "Cf"})  # marks above and below letters, and what joins and parts them
_WORD = re.compile(r"[^\W_]+")


class Kind(StrEnum):
    """What can be searched for."""

    CUSTOMER = "customer"
    ACCOUNT = "account"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A key of the index: its partition and its sort key. The order ends with the id of the thing."""

    place: str
    order: str

    @property
    def head(self) -> str:
        """What the entry was filed for, cut: the ending of an address, a word, or two."""
        return cut(self.order.split(_APART)[0])

    @property
    def thing_id(self) -> str:
        """The id of the thing."""
        return self.order.rpartition(_APART)[2]


@frozen
class Question:
    """The places to read, one after the other, and from which beginning on.

    Unless a thing is there ``once``, it may have several entries that fit, in one of the places only.
    """

    places: tuple[str, ...]
    beginning: str
    once: bool

    def accepts(self, entry: Entry, filed: Iterable[Entry]) -> bool:
        """Whether the entry is the one at which its thing, which has the ``filed`` ones, is found."""
        if self.once:
            return True
        heads = [each.head for each in filed if each.place in self.places and each.order.startswith(self.beginning)]
        return bool(heads) and entry.head == min(heads)


def folded(text: str) -> str:
    """The text as it is compared: without case, accents, other marks and differences of form."""
    letters = (each for each in _in_parts(text) if unicodedata.category(each) not in _NO_LETTERS)
    return unicodedata.normalize("NFC", "".join(letters))


def _in_parts(text: str) -> str:
    """Letters and marks one by one, in the standard order, without case and differences of form."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, each once. A text without letters and digits is one word: all that it has."""
    found = tuple(dict.fromkeys(_WORD.findall(folded(text))))
    rest = plain(folded(text)) or plain(_in_parts(text))
    return found or ((rest,) if rest else ())


def plain(text: str) -> str:
    """An address or an id as it is compared: folded, without spaces."""
    return "".join(text.casefold().split())


def cut(text: str) -> str:
    """As much of the text as is filed."""
    return text.encode()[:_LONGEST_HEAD].decode(errors="ignore")


def of_person(kind: Kind, thing_id: str, *, email: str, name: str) -> Iterator[Entry]:
    """Under which keys a customer or a contact is found."""
    address = plain(email)
    yield _entry(f"{kind}#all", address, thing_id)
    for start in range(min(max(len(address) - SHORTEST_PART + 1, 0), _LONGEST_ADDRESS)):
        ending = address[start:]
        yield _entry(f"{kind}#email#{ending[:SHORTEST_PART]}", ending, thing_id)
    yield from _of_name(kind, thing_id, name)


def of_account(account_id: str, *, name: str, zuora_account_id: str, number: str) -> Iterator[Entry]:
    """Under which keys an account is found."""
    yield _entry(f"{Kind.ACCOUNT}#all", " ".join(words(name)), account_id)
    for field, value in (("zuora", plain(zuora_account_id)), ("number", plain(number))):
        if value:
            yield _entry(f"{Kind.ACCOUNT}#{field}", value, account_id)
    yield from _of_name(Kind.ACCOUNT, account_id, name)


def switched_off(customer_id: str, *, email: str) -> Entry:
    """The list of customers whose login is off."""
    return _entry(f"{Kind.CUSTOMER}#off", plain(email), customer_id)


def _of_name(kind: Kind, thing_id: str, name: str) -> Iterator[Entry]:
    found = words(name)
    for word in found:
        for place in dict.fromkeys((word[:1], word[:2])):
            yield _entry(f"{kind}#name#{place}", word, thing_id)
    if len(found) > _MOST_PAIRED_WORDS:
        for word in found:
            yield _entry(f"{kind}#long#{word[:2]}", word, thing_id)
        return
    for one, other in itertools.permutations(found, 2):
        yield _entry(f"{kind}#pair#{one[:2]}#{other[:2]}", f"{one} {other}", thing_id)


def _entry(place: str, head: str, thing_id: str) -> Entry:
    return Entry(place, f"{cut(head)}{_APART}{thing_id}")


def everything(kind: Kind) -> Question:
    """All things of a kind, in their order."""
    return Question((f"{kind}#all",), "", once=True)


def all_switched_off() -> Question:
    """All customers whose login is off."""
    return Question((f"{Kind.CUSTOMER}#off",), "", once=True)


def by_email(kind: Kind, part: str) -> Question:
    """Finds records by a part of their address: the whole, a domain, or three characters or more.

    Refuses with Invalid what is too short.
    """
    sought = plain(part)
    if len(sought) < SHORTEST_PART:
        raise Invalid("email", f"must have at least {SHORTEST_PART} characters")
    return Question((f"{kind}#email#{sought[:SHORTEST_PART]}",), cut(sought), once=False)


def by_name(kind: Kind, text: str) -> Question | None:
    """Finds records by name: words that begin with these, in any order; None when the text has no word.

    The two longest words say where to read (one, if the other is a single letter); the caller sees to the others.
    """
    sought = _telling(words(text))
    if not sought:
        return None
    one, *others = sought
    if others and len(others[0]) >= _SHORTEST_WORD:
        places = (f"{kind}#pair#{one[:2]}#{others[0][:2]}", f"{kind}#long#{one[:2]}")
        return Question(places, cut(one), once=False)
    return Question((f"{kind}#name#{one[:2]}",), cut(one), once=False)


def by_id(field: str, value: str) -> Question:
    """Accounts by ``zuora`` id or ``number``, or by how it begins."""
    return Question((f"{Kind.ACCOUNT}#{field}",), cut(plain(value)), once=True)


def has_name(name: str, text: str) -> bool:
    """Whether every word of the text begins a word of the name; a text without words asks for nothing that there is."""
    sought, there = words(text), words(name)
    return bool(sought) and all(any(word.startswith(each) for word in there) for each in sought)


def has_email(email: str, part: str) -> bool:
    """Whether the address has that part."""
    return plain(part) in plain(email)


def _telling(sought: tuple[str, ...]) -> list[str]:
    """The words, longest first, without those that others begin with: where these are, so are those."""
    longest_first = sorted(sought, key=len, reverse=True)
    return [each for each in longest_first if sum(other.startswith(each) for other in sought) == 1]
