"""What all routes of the support desk share: who asks, for which ticket, which version, and which part of a list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel

from chalicelib import wiring
from chalicelib.api import cursors, shaping
from chalicelib.api.auth import support_groups
from chalicelib.api.fields import PageQuery, Repeatable, RequestModel, TicketUrl
from chalicelib.api.http import SUPPORT, Answer, Call
from chalicelib.domain.addresses import Address
from chalicelib.domain.events import EventType
from chalicelib.operations import verify_ownership
from chalicelib.operations.desk_reads import Page, Reader
from chalicelib.operations.support import Desk

PATH = SUPPORT

T = TypeVar("T")
Shown = TypeVar("Shown", bound=BaseModel)


class ForTicket(RequestModel):
    """A change by support: for a ticket."""

    ticket_url: TicketUrl


class HistoryQuery(PageQuery):
    """Which events, and which part of the list."""

    type: Annotated[tuple[EventType, ...], Repeatable()] = ()


def desk(call: Call, body: ForTicket) -> Desk:
    """The caller as somebody of support who acts for that ticket."""
    return Desk(call.person, support_groups(), body.ticket_url)


def reader(call: Call) -> Reader:
    """The caller as somebody of support who reads."""
    return Reader(call.person, support_groups())


def reseller_sold_to(zuora_account_id: str) -> Address | None:
    """Looks up a reseller who vouches."""
    return verify_ownership.sold_to_of(zuora_account_id, wiring.zuora())


def tagged(model: BaseModel, version: int, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with the version of the thing as its ETag."""
    return Answer(model, headers={"ETag": f'"{version}"', **(headers or {})})


def listed(
    of_list: str,
    query: PageQuery,
    find: Callable[[Page], Sequence[T]],
    shape: Callable[[T], Shown],
    at: Callable[[T], str],
) -> Answer:
    """A page of a list: one thing more than fits is asked for, and the last that fits says where the next begins."""
    found = find(Page(query.limit + 1, cursors.position(of_list, query.cursor)))
    fits = found[: query.limit]
    more = len(found) > query.limit
    return Answer(
        shaping.page_of([shape(each) for each in fits], cursors.made(of_list, at(fits[-1])) if more else None)
    )
