"""Billing accounts, as their managers see them."""

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api import shaping
from chalicelib.api.fields import PageQuery
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.lists import listed
from chalicelib.api.schemas import AccountAnswer, Page, Permissions
from chalicelib.domain.errors import AccountNotFound, LoginDeactivated
from chalicelib.operations import list_accounts as accounts
from chalicelib.operations import view_account as account

bp = Blueprint(__name__)
_PATH = "/v1/billing-accounts"


@endpoint(bp, "GET", _PATH, tag="accounts", query=PageQuery, answers=Page[AccountAnswer], refusals=[LoginDeactivated])
def list_accounts(call: Call, query: PageQuery) -> Answer:
    """The accounts that the person manages, oldest first."""
    most_pending = settings.current().pending_invitations_per_account
    return listed(
        f"{call.person.identity} accounts",
        query,
        lambda part: accounts.list_accounts(call.person, part, now=call.now),
        lambda pair: shaping.account(pair[0], pair[1].role, most_pending=most_pending),
    )


@endpoint(
    bp,
    "GET",
    _PATH + "/{account_id}",
    tag="accounts",
    answers=AccountAnswer,
    refusals=[AccountNotFound, LoginDeactivated],
)
def view_account(call: Call, account_id: str) -> Answer:
    """One account with its limits and the caller's role."""
    entered = account.view(call.person, account_id, now=call.now)
    most_pending = settings.current().pending_invitations_per_account
    return Answer(shaping.account(entered.account, entered.membership.role, most_pending=most_pending))


@endpoint(
    bp,
    "GET",
    _PATH + "/{account_id}/permissions",
    tag="accounts",
    answers=Permissions,
    refusals=[AccountNotFound, LoginDeactivated],
)
def view_permissions(call: Call, account_id: str) -> Answer:
    """What the caller may do on the account, our routes and the portal's own pages."""
    entered = account.view(call.person, account_id, now=call.now)
    return Answer(shaping.permissions_of(entered.account, entered.membership.role))
