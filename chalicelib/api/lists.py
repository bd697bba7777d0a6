"""Lists in pages: what all of them answer."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import BaseModel

from chalicelib.api import cursors, shaping
from chalicelib.api.fields import PageQuery, Repeatable
from chalicelib.api.http import Answer
from chalicelib.domain.events import Event, EventType
from chalicelib.operations.parts import Part
from chalicelib.store.bounded import Found

T = TypeVar("T")
Shown = TypeVar("Shown", bound=BaseModel)


def listed(of_list: str, query: PageQuery, find: Callable[[Part], Found[T]], shape: Callable[[T], Shown]) -> Answer:
    """A page of a list; ``of_list`` names the list with its owner and its filters, as its cursors do."""
    found = find(Part(query.limit, cursors.position(of_list, query.cursor)))
    at = found.next_position
    shown = [shape(each) for each in found.things]
    return Answer(shaping.page_of(shown, None if at is None else cursors.made(of_list, at)))


class HistoryQuery(PageQuery):
    """Which events, and which part of the list."""

    type: Annotated[tuple[EventType, ...], Repeatable()] = ()


def listed_events(
    of_list: str, query: HistoryQuery, find: Callable[[frozenset[EventType], Part], Found[Event]]
) -> Answer:
    """A page of a history; its cursors are good for the same types only."""
    types = frozenset(query.type)
    return listed(f"{of_list} {sorted(types)}", query, lambda part: find(types, part), shaping.event)
