"""Reading: one consistent BatchGetItem over all tables, from keys that know what they read.

An item that cannot be read (a newer version wrote it, and was rolled back) is told of and counted. Where it is the
thing that is asked for it is Unreadable; in a list (``if_readable``, ``each``) it is left out.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import Enum
from itertools import islice
from typing import Any, Generic, TypeVar, overload

from pynamodb.models import Model

from chalicelib import observability
from chalicelib.domain.errors import Busy, Unreadable
from chalicelib.frozen import frozen
from chalicelib.store import connection
from chalicelib.store.tables import Raw

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")
M = TypeVar("M", bound=Model)
R = TypeVar("R")
V = TypeVar("V", bound=Enum)

_MOST_KEYS = 100  # of one BatchGetItem
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""What a reader raises when an item is not as this version writes it."""
_MOST_ROUNDS = 4  # for keys that DynamoDB leaves unprocessed


@frozen
class Key(Generic[T_co]):
    """The key of an item, and how the item becomes a thing of the domain."""

    model: type[Model]
    hash_key: str
    range_key: str | None
    load: Callable[[Raw], T_co]


def item(model: type[M], raw: Raw) -> M:
    """The PynamoDB item of a raw one."""
    return model.from_raw_data(raw)


def one(key: Key[T]) -> T | None:
    """Reads one item, consistently; None if it is not there."""
    (found,) = many([key])
    return found


@overload
def batch(a: Key[A], b: Key[B], /) -> tuple[A | None, B | None]: ...
@overload
def batch(a: Key[A], b: Key[B], c: Key[C], /) -> tuple[A | None, B | None, C | None]: ...
@overload
def batch(a: Key[A], b: Key[B], c: Key[C], d: Key[D], /) -> tuple[A | None, B | None, C | None, D | None]: ...
@overload
def batch(
    a: Key[A], b: Key[B], c: Key[C], d: Key[D], e: Key[E], /
) -> tuple[A | None, B | None, C | None, D | None, E | None]: ...
@overload
def batch(
    a: Key[A], b: Key[B], c: Key[C], d: Key[D], e: Key[E], f: Key[F], /
) -> tuple[A | None, B | None, C | None, D | None, E | None, F | None]: ...
@overload
def batch(
    a: Key[A], b: Key[B], c: Key[C], d: Key[D], e: Key[E], f: Key[F], g: Key[G], /
) -> tuple[A | None, B | None, C | None, D | None, E | None, F | None, G | None]: ...
def batch(*keys: Key[Any]) -> tuple[Any, ...]:
    """Reads up to seven items in one round trip, consistently; None for what is not there."""
    return tuple(many(keys))


def many(keys: Iterable[Key[T]]) -> list[T | None]:
    """Reads any number of items, a hundred a round trip, consistently; None for what is not there."""
    wanted = list(keys)
    places = [_place(key) for key in wanted]
    unique = list(dict.fromkeys(places))
    found: dict[tuple[str, tuple[str, ...]], Raw] = {}
    for start in range(0, len(unique), _MOST_KEYS):
        _read(unique[start : start + _MOST_KEYS], wanted, places, found)
    return [_loaded(key, found[place]) if place in found else None for key, place in zip(wanted, places, strict=True)]


def if_readable(key: Key[T]) -> Key[T]:
    """The same key, for a list that continues without the item if that cannot be read: then it is as if not there."""

    def load(raw: Raw) -> T | None:
        try:
            return key.load(raw)
        except _UNREADABLE as error:
            _tell(key.model, error)
            return None

    return replace(key, load=load)  # type: ignore[arg-type]  # whoever reads a key expects None anyhow


def each(found: Iterator[R], load: Callable[[R], T], *, limit: int | None = None) -> list[T]:
    """The first things of a query that can be read, up to the limit."""
    return list(islice(_each(found, load), limit))


def _each(found: Iterator[R], load: Callable[[R], T]) -> Iterator[T]:
    while True:
        try:
            it = next(found)
            thing = load(it)
        except StopIteration:
            return
        except _UNREADABLE as error:
            _tell(Model, error)
            continue
        yield thing


def known(kind: type[V], word: str, *, otherwise: V) -> V:
    """The value that a word stands for; another for one that this version does not know."""
    try:
        return kind(word)
    except ValueError:
        return otherwise


def _loaded(key: Key[T], raw: Raw) -> T:
    try:
        return key.load(raw)
    except _UNREADABLE as error:
        _tell(key.model, error)
        raise Unreadable from error


def _tell(model: type[Model], error: Exception) -> None:
    """Says that there is something, and not what: an error of a reader quotes what it has read."""
    observability.log("unreadable item", level=logging.ERROR, code=f"{model.__name__}: {type(error).__name__}")
    observability.count("UnreadableItems")


_Place = tuple[str, tuple[str, ...]]


def _place(key: Key[Any]) -> _Place:
    connection.client()  # before a table name is read
    return key.model.Meta.table_name, (key.hash_key,) if key.range_key is None else (key.hash_key, key.range_key)


def _read(chunk: list[_Place], keys: list[Key[T]], places: list[_Place], found: dict[_Place, Raw]) -> None:
    models = {place[0]: key.model for key, place in zip(keys, places, strict=True)}
    names = {table: _key_names(model) for table, model in models.items()}
    request: dict[str, Any] = {}
    for table, values in chunk:
        entry = request.setdefault(table, {"Keys": [], "ConsistentRead": True})
        entry["Keys"].append({name: {"S": value} for name, value in zip(names[table], values, strict=True)})
    for _ in range(_MOST_ROUNDS):
        with connection.reaching():
            answer = connection.client().batch_get_item(RequestItems=request)
        for table, items in answer["Responses"].items():
            for raw in items:
                found[table, tuple(raw[name]["S"] for name in names[table])] = raw
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return
    raise Busy


def _key_names(model: type[Model]) -> tuple[str, ...]:
    attributes = model.get_attributes()
    keys = [a for a in attributes.values() if a.is_hash_key] + [a for a in attributes.values() if a.is_range_key]
    return tuple(str(a.attr_name) for a in keys)
