"""The history of an account, for its managers."""

from chalice.app import Blueprint

from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.lists import HistoryQuery, listed_events
from chalicelib.api.schemas import EventAnswer, Page
from chalicelib.domain.errors import AccountNotFound, Forbidden, LoginDeactivated
from chalicelib.operations import list_history as histories

bp = Blueprint(__name__)


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
    """What happened on the account, newest first; of these types if any is named.

    `actor` reads "Support" for whoever of support acted, and `data` has a closed list of facts.
    """
    return listed_events(
        f"{account_id} history",
        query,
        lambda types, part: histories.list_history(call.person, account_id, types, part, now=call.now),
    )
