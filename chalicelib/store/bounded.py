"""Lists in pages: what a bounded number of queries finds, and where the rest begins."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pynamodb.models import Model
from pynamodb.pagination import ResultIterator

from chalicelib.frozen import frozen
from chalicelib.store import reading
from chalicelib.store.tables import Raw

T = TypeVar("T")
M = TypeVar("M", bound=Model)

MOST_QUERIES = 8  # so a request comes to twelve calls at most, with the door before and what is read beside
AT_ONCE = 250  # items of a query that a filter is to find something in


@frozen
class Found(Generic[T]):
    """A part of a list, perhaps a short one, and the position behind which the rest is; None when that was all."""

    things: list[T]
    next_position: str | None


def first(things: Sequence[T], limit: int, at: Callable[[T], str]) -> Found[T]:
    """The first ``limit`` of the things; more than these only say that the list continues."""
    fits = list(things[:limit])
    return Found(fits, at(fits[-1]) if len(things) > limit else None)


def read(
    query: ResultIterator[M],
    load: Callable[[Raw], T],
    *,
    range_key: str,
    limit: int,
    without: str | None = None,
    queries: int = MOST_QUERIES,
) -> Found[T]:
    """The first ``limit`` things of a query, from its range key ``without`` on, whatever its filter leaves out.

    What cannot be read makes the part shorter, and ends no list.
    """
    pages = query.page_iter
    raw: list[Raw] = []
    stopped: str | None = None
    for _ in range(queries):
        raw += [each for each in next(pages)["Items"] if each[range_key]["S"] != without]
        if len(raw) > limit or pages.last_evaluated_key is None:
            found = first(raw, limit, lambda each: str(each[range_key]["S"]))
            return Found(reading.each(iter(found.things), load), found.next_position)
        stopped = pages.last_evaluated_key[range_key]["S"]
        pages.page_size = AT_ONCE
    return Found(reading.each(iter(raw), load), stopped)
