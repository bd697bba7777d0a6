"""The history of an account, for its managers."""

from typing import Annotated

from chalice.app import Blueprint

from chalicelib.api import shaping
from chalicelib.api.fields import PageQuery, Repeatable
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.lists import listed
from chalicelib.api.schemas import EventAnswer, Page
from chalicelib.domain.errors import AccountNotFound, Forbidden, LoginDeactivated
from chalicelib.domain.events import EventType
from chalicelib.operations import list_history as histories

bp = Blueprint(__name__)


class HistoryQuery(PageQuery):
    """Which events, and which part of the list."""

    type: Annotated[tuple[EventType, ...], Repeatable()] = ()


@endpoint(
    bp,
    "GET",
    "/v1/billing-accounts/{account_id}/history",
    tag="history",
    query=HistoryQuery,
    answers=Page[EventAnswer],
    refusals=[AccountNotFound, Forbidden, LoginDeactivated],
)
def list_history(call: Call, account_id: str, query: HistoryQuery) -> Answer:
    """What happened on the account, newest first; of these types if any is named."""
    types = frozenset(query.type)
    return listed(
        f"{account_id} history {sorted(types)}",
        query,
        lambda part: histories.list_history(call.person, account_id, types, part, now=call.now),
        shaping.event,
        lambda event: event.id,
    )
