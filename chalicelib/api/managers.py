"""The managers of an account."""

from http import HTTPStatus

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api import shaping
from chalicelib.api.fields import PageQuery, RequestModel
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.lists import listed
from chalicelib.api.schemas import Manager, Page
from chalicelib.domain.customers import Customer
from chalicelib.domain.errors import (
    AccountNotFound,
    Forbidden,
    IsBillToContact,
    IsSoldToContact,
    LastManager,
    LoginDeactivated,
    ManagerNotFound,
    RateLimited,
    RoleAboveOwn,
)
from chalicelib.domain.memberships import Membership, Role
from chalicelib.domain.permissions import Permission
from chalicelib.operations import change_role as roles
from chalicelib.operations import list_managers as managers
from chalicelib.operations import remove_manager as removal
from chalicelib.operations.access import Entered
from chalicelib.operations.parts import Part
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
    query=PageQuery,
    answers=Page[Manager],
    refusals=[AccountNotFound, LoginDeactivated],
)
def list_managers(call: Call, account_id: str, query: PageQuery) -> Answer:
    """The managers of the account; addresses only for those who may see them."""

    def find(part: Part) -> Found[tuple[Entered, Membership, Customer]]:
        page = managers.list_managers(call.person, account_id, part, now=call.now)
        return Found([(page.viewer, *pair) for pair in page.people.things], page.people.next_position)

    return listed(f"{account_id} managers", query, find, lambda seen: _shown(*seen))


@endpoint(
    bp,
    "PATCH",
    _ACCOUNT + "/managers/{manager_id}",
    tag="managers",
    body=ChangeRole,
    answers=Manager,
    refusals=[AccountNotFound, Forbidden, RoleAboveOwn, ManagerNotFound, LastManager, RateLimited, LoginDeactivated],
)
def change_role(call: Call, account_id: str, manager_id: str, body: ChangeRole) -> Answer:
    """Gives a manager another role."""
    limits = settings.current().limits
    changed = roles.change_role(call.person, account_id, manager_id, body.role, limits=limits, now=call.now)
    with_address = changed.by.may(Permission.VIEW_MANAGER_ADDRESSES)
    return Answer(shaping.manager(changed.membership, changed.manager, changed.by.account, with_address=with_address))


@endpoint(
    bp,
    "DELETE",
    _ACCOUNT + "/managers/{manager_id}",
    tag="managers",
    status=HTTPStatus.NO_CONTENT,
    refusals=[AccountNotFound, Forbidden, ManagerNotFound, *_NOT_REMOVED, RateLimited, LoginDeactivated],
)
def remove_manager(call: Call, account_id: str, manager_id: str) -> Answer:
    """Removes a manager; access ends at once, and so do the pending invitations that they sent."""
    removal.remove(call.person, account_id, manager_id, limits=settings.current().limits, now=call.now)
    return Answer()


@endpoint(
    bp,
    "POST",
    _ACCOUNT + "/leave",
    tag="managers",
    status=HTTPStatus.NO_CONTENT,
    refusals=[AccountNotFound, *_NOT_REMOVED, LoginDeactivated],
)
def leave(call: Call, account_id: str) -> Answer:
    """Ends one's own membership."""
    removal.leave(call.person, account_id, now=call.now)
    return Answer()


def _shown(viewer: Entered, membership: Membership, customer: Customer) -> Manager:
    with_address = viewer.may(Permission.VIEW_MANAGER_ADDRESSES)
    return shaping.manager(membership, customer, viewer.account, with_address=with_address)
