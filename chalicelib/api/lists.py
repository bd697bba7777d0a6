"""Lists in pages: what all of them answer."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel

from chalicelib.api import cursors, shaping
from chalicelib.api.fields import PageQuery, Repeatable
from chalicelib.api.http import Answer
from chalicelib.domain.events import Event, EventType
from chalicelib.operations.parts import Part

T = TypeVar("T")
Shown = TypeVar("Shown", bound=BaseModel)


def listed(
    of_list: str,
    query: PageQuery,
    find: Callable[[Part], Sequence[T]],
    shape: Callable[[T], Shown],
    at: Callable[[T], str],
) -> Answer:
    """A page of a list: one thing more than fits is asked for, and the last that fits says where the next begins.

    ``of_list`` names the list with its owner and its filters, as its cursors do.
    """
    found = find(Part(query.limit + 1, cursors.position(of_list, query.cursor)))
    fits = found[: query.limit]
    more = len(found) > query.limit
    return Answer(
        shaping.page_of([shape(each) for each in fits], cursors.made(of_list, at(fits[-1])) if more else None)
    )


class HistoryQuery(PageQuery):
    """Which events, and which part of the list."""

    type: Annotated[tuple[EventType, ...], Repeatable()] = ()


def listed_events(
    of_list: str, query: HistoryQuery, find: Callable[[frozenset[EventType], Part], Sequence[Event]]
) -> Answer:
    """A page of a history; its cursors are good for the same types only."""
    types = frozenset(query.type)
    return listed(
        f"{of_list} {sorted(types)}", query, lambda part: find(types, part), shaping.event, lambda event: event.id
    )
