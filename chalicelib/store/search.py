"""The search index: entries that are keys and nothing else, and for each thing the list of its entries."""

import hashlib
from collections.abc import Collection, Iterable

from pynamodb.expressions.condition import Condition

from chalicelib.domain.errors import Changed
from chalicelib.domain.search import Entry, Kind
from chalicelib.frozen import frozen
from chalicelib.store import connection
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import Raw, SearchItem
from chalicelib.store.transaction import Step, condition_check, delete, put, refuse_with

_LIST = "entries"


@frozen
class Filed:
    """What a thing is filed under; ``revision`` counts how often that changed."""

    entries: frozenset[Entry]
    revision: int


def filed(kind: Kind, thing_id: str) -> Key[Filed]:
    """The key of the list of a thing's entries."""
    return Key(SearchItem, _document(kind, thing_id), _LIST, _load)


def read(place: str, *, beginning: str, after: str | None, limit: int) -> list[Entry]:
    """The entries of a place from a beginning on, in their order; one query, which reads these and no others."""
    connection.client()
    condition: Condition | None = SearchItem.order.startswith(beginning) if beginning else None
    if after is not None:
        condition = SearchItem.order.between(after, f"{beginning}\U0010ffff")
    with connection.reaching():
        found = SearchItem.query(place, range_key_condition=condition, limit=limit + 1, page_size=limit + 1)
        return [Entry(it.place, it.order) for it in found if it.order != after][:limit]


def refile(kind: Kind, thing_id: str, before: Filed | None, entries: Collection[Entry]) -> Step:
    """Writes the list of a thing's entries in the place of the one that was read; without entries it goes."""
    place = _document(kind, thing_id)
    as_read: Condition = SearchItem.place.does_not_exist()
    if before is not None:
        as_read = SearchItem.revision == before.revision
    if not entries:
        return delete(SearchItem(place, _LIST), condition=as_read, refusal=refuse_with(Changed()))
    revision = 1 if before is None else before.revision + 1
    new = SearchItem(place, _LIST, revision=revision, entries=sorted([each.place, each.order] for each in entries))
    return put(new, condition=as_read, refusal=refuse_with(Changed()))


def still_filed(kind: Kind, thing_id: str, present: Filed | None) -> Step:
    """Holds the list of a thing's entries to how it was read."""
    as_read: Condition = SearchItem.place.does_not_exist()
    if present is not None:
        as_read = SearchItem.revision == present.revision
    return condition_check(
        SearchItem(_document(kind, thing_id), _LIST), condition=as_read, refusal=refuse_with(Changed())
    )


def add(entries: Iterable[Entry]) -> list[Step]:
    """Writes entries; they are keys only, so writing one that is there already is the same as not."""
    either: Condition = SearchItem.place.does_not_exist()
    either |= SearchItem.place.exists()
    return [
        put(SearchItem(each.place, each.order), condition=either, refusal=refuse_with(Changed())) for each in entries
    ]


def drop(entries: Iterable[Entry]) -> list[Step]:
    """Deletes entries, there or not."""
    either: Condition = SearchItem.place.does_not_exist()
    either |= SearchItem.place.exists()
    return [
        delete(SearchItem(each.place, each.order), condition=either, refusal=refuse_with(Changed())) for each in entries
    ]


def _document(kind: Kind, thing_id: str) -> str:
    """Spread by a hash, so that the lists are in different partitions."""
    return f"list#{hashlib.sha256(thing_id.encode()).hexdigest()[:8]}#{kind}#{thing_id}"


def _load(raw: Raw) -> Filed:
    it = item(SearchItem, raw)
    return Filed(frozenset(Entry(place, order) for place, order in it.entries or ()), int(it.revision))
