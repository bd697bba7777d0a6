"""The managers of an account."""

from http import HTTPStatus

from chalice.app import Blueprint

from chalicelib.api.web import manager_answers
from chalicelib.api.web.answers import Page
from chalicelib.api.web.fields import PageQuery, RequestModel
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import listed
from chalicelib.api.web.manager_answers import Manager
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    AccountNotFound,
    Forbidden,
    IsBillToContact,
    IsSoldToContact,
    LastManager,
    ManagerNotFound,
    RateLimited,
    RoleAboveOwn,
)
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.permissions import Permission
from chalicelib.operations.access import Entered
from chalicelib.operations.managers import change_role as roles
from chalicelib.operations.managers import list_managers as managers
from chalicelib.operations.managers import remove_manager as removal
from chalicelib.operations.pages import PageRequest
from chalicelib.store.bounded import Found

bp = Blueprint(__name__)
_ACCOUNT = "/v1/billing-accounts/{account_id}"
_NOT_REMOVED = [LastManager, IsSoldToContact, IsBillToContact]


class ChangeRole(RequestModel):
    """The role to give."""

    role: Role


@endpoint(
    bp,
    "GET",
    _ACCOUNT + "/managers",
    tag="managers",
    answers=Page[Manager],
    refusals=[AccountNotFound],
)
def list_managers(request: Request, account_id: str, query: PageQuery) -> Response:
    """The managers of the account; addresses only for those who may see them."""

    def find(part: PageRequest) -> Found[tuple[Entered, Membership, Customer]]:
        page = managers.list_managers(request.person, account_id, part, now=request.now)
        return Found([(page.viewer, *pair) for pair in page.people.things], page.people.next_position)

    return listed(f"{account_id} managers", query, find, lambda seen: _shown(*seen))


@endpoint(
    bp,
    "PATCH",
    _ACCOUNT + "/managers/{manager_id}",
    tag="managers",
    answers=Manager,
    refusals=[AccountNotFound, Forbidden, RoleAboveOwn, ManagerNotFound, LastManager, RateLimited],
)
def change_role(request: Request, account_id: str, manager_id: str, body: ChangeRole) -> Response:
    """Gives a manager another role."""
    changed = roles.change_role(request.person, account_id, manager_id, body.role, context=request.context)
    with_address = changed.by.may(Permission.VIEW_MANAGER_ADDRESSES)
    return Response(
        manager_answers.manager(changed.membership, changed.manager, changed.by.account, with_address=with_address)
    )


@endpoint(
    bp,
    "DELETE",
    _ACCOUNT + "/managers/{manager_id}",
    tag="managers",
    status=HTTPStatus.NO_CONTENT,
    refusals=[AccountNotFound, Forbidden, ManagerNotFound, *_NOT_REMOVED, RateLimited],
)
def remove_manager(request: Request, account_id: str, manager_id: str) -> Response:
    """Removes a manager; access ends at once, and so do the pending invitations that they sent."""
    removal.remove(request.person, account_id, manager_id, context=request.context)
    return Response()


@endpoint(
    bp,
    "POST",
    _ACCOUNT + "/leave",
    tag="managers",
    status=HTTPStatus.NO_CONTENT,
    refusals=[AccountNotFound, *_NOT_REMOVED],
)
def leave(request: Request, account_id: str) -> Response:
    """Ends one's own membership."""
    removal.leave(request.person, account_id, now=request.now)
    return Response()


def _shown(viewer: Entered, membership: Membership, customer: Customer) -> Manager:
    with_address = viewer.may(Permission.VIEW_MANAGER_ADDRESSES)
    return manager_answers.manager(membership, customer, viewer.account, with_address=with_address)
