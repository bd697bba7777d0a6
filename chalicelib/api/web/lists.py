"""Lists in pages: what all of them answer."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import BaseModel

from chalicelib.api.web import answers, cursors, event_answers
from chalicelib.api.web.fields import AllowMultiple, PageQuery
from chalicelib.api.web.http import Response
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event
from chalicelib.operations.pages import PageRequest
from chalicelib.store.bounded import Found

T = TypeVar("T")
Shown = TypeVar("Shown", bound=BaseModel)


def listed(
    of_list: str, query: PageQuery, find: Callable[[PageRequest], Found[T]], shape: Callable[[T], Shown]
) -> Response:
    """A page of a list; ``of_list`` names the list with its owner and its filters, as its cursors do."""
    found = find(PageRequest(query.limit, cursors.position(of_list, query.cursor)))
    at = found.next_position
    shown = [shape(each) for each in found.things]
    return Response(answers.page_of(shown, None if at is None else cursors.made(of_list, at)))


class HistoryQuery(PageQuery):
    """Which events, and which part of the list."""

    type: Annotated[tuple[EventType, ...], AllowMultiple()] = ()


def listed_events(
    of_list: str, query: HistoryQuery, find: Callable[[frozenset[EventType], PageRequest], Found[Event]]
) -> Response:
    """A page of a history; its cursors are good for the same types only."""
    types = frozenset(query.type)
    return listed(f"{of_list} {sorted(types)}", query, lambda part: find(types, part), event_answers.event)
