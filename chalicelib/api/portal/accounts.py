"""Billing accounts, as their managers see them."""

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api.web import account_answers
from chalicelib.api.web.account_answers import AccountAnswer, Permissions
from chalicelib.api.web.answers import Page
from chalicelib.api.web.fields import PageQuery
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import listed
from chalicelib.domain.errors import AccountNotFound
from chalicelib.operations.accounts import list_accounts as accounts
from chalicelib.operations.accounts import view_account as account

bp = Blueprint(__name__)
_PATH = "/v1/billing-accounts"


@endpoint(bp, "GET", _PATH, tag="accounts", answers=Page[AccountAnswer])
def list_accounts(request: Request, query: PageQuery) -> Response:
    """The accounts that the person manages, oldest first."""
    most_pending = settings.current().pending_invitations_per_account
    return listed(
        f"{request.person.identity} accounts",
        query,
        lambda part: accounts.list_accounts(request.person, part, now=request.now),
        lambda pair: account_answers.account(pair[0], pair[1].role, most_pending=most_pending),
    )


@endpoint(
    bp,
    "GET",
    _PATH + "/{account_id}",
    tag="accounts",
    answers=AccountAnswer,
    refusals=[AccountNotFound],
)
def view_account(request: Request, account_id: str) -> Response:
    """One account with its limits and the caller's role."""
    entered = account.view(request.person, account_id, now=request.now)
    most_pending = settings.current().pending_invitations_per_account
    return Response(account_answers.account(entered.account, entered.membership.role, most_pending=most_pending))


@endpoint(
    bp,
    "GET",
    _PATH + "/{account_id}/permissions",
    tag="accounts",
    answers=Permissions,
    refusals=[AccountNotFound],
)
def view_permissions(request: Request, account_id: str) -> Response:
    """What the caller may do on the account, our routes and the portal's own pages."""
    entered = account.view(request.person, account_id, now=request.now)
    return Response(account_answers.permissions_of(entered.account, entered.membership.role))
