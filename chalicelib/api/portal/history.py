"""The history of an account, for its managers."""

from chalice.app import Blueprint

from chalicelib.api.web.answers import Page
from chalicelib.api.web.event_answers import EventAnswer
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import HistoryQuery, listed_events
from chalicelib.domain.errors import AccountNotFound, Forbidden
from chalicelib.operations.history import list_history as histories

bp = Blueprint(__name__)


@endpoint(
    bp,
    "GET",
    "/v1/billing-accounts/{account_id}/history",
    tag="history",
    answers=Page[EventAnswer],
    refusals=[AccountNotFound, Forbidden],
)
def list_history(request: Request, account_id: str, query: HistoryQuery) -> Response:
    """What happened on the account, newest first; of these types if any is named.

    `actor` reads "Support" for the support agent who acted, and `data` has a closed list of facts.
    """
    return listed_events(
        f"{account_id} history",
        query,
        lambda types, part: histories.list_history(request.person, account_id, types, part, now=request.now),
    )
