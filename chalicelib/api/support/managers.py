"""The managers of an account, as the support desk adds, changes and removes them (R62, R63)."""

from http import HTTPStatus

from chalice.app import Blueprint
from pydantic import ConfigDict, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.support import support_serializers
from chalicelib.api.support.agents import PATH, ForTicket, desk, reader
from chalicelib.api.support.support_schemas import GrantedManager, RemovalAnswer, SupportManager
from chalicelib.api.web import manager_answers
from chalicelib.api.web.answers import Page
from chalicelib.api.web.fields import EmailAddress, Id, PageQuery, PlainReason
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.lists import listed
from chalicelib.api.web.manager_answers import Manager
from chalicelib.api.web.verification_fields import VerificationField, proof
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AccountNotFound,
    AlreadyManager,
    CustomerNotFound,
    HouseAddress,
    IdempotencyKeyReused,
    IsBillToContact,
    IsSoldToContact,
    LastManager,
    ManagerNotFound,
    OwnAccount,
    OwnAddress,
    OwnRecord,
    PersonsMembershipLimitReached,
    SupportOnly,
    VerificationInsufficient,
    ZuoraUnavailable,
)
from chalicelib.domain.memberships import Role
from chalicelib.domain.rules import Overrides
from chalicelib.operations.accounts import support_views
from chalicelib.operations.managers import change_role as roles
from chalicelib.operations.managers import grant_membership as granting
from chalicelib.operations.managers import remove_membership as removal

bp = Blueprint(__name__)
_PATH = PATH + "/billing-accounts/{account_id}/managers"


_EITHER: list[JsonValue] = [
    {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
    for one, other in (("email", "customer_id"), ("customer_id", "email"))
]


class GrantMembership(ForTicket):
    """Who becomes a manager (by address or by customer id), in which role, on which proof."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _EITHER})

    email: EmailAddress | None = None
    customer_id: Id | None = None
    role: Role = Role.MANAGER
    verification: VerificationField

    @model_validator(mode="after")
    def _one_person(self) -> "GrantMembership":
        if (self.email is None) == (self.customer_id is None):
            raise PydanticCustomError("one_person", "either email or customer_id is needed, and not both")
        return self


class SupportChangeRole(ForTicket):
    """The role to give."""

    role: Role


class RemoveMembership(ForTicket):
    """Why, and which guards support sets aside. ``dry_run`` changes nothing and says what would happen."""

    reason: PlainReason
    allow_last: bool = False
    override_contact: bool = False
    dry_run: bool = False


@endpoint(
    bp,
    "POST",
    _PATH,
    tag="support",
    answers=GrantedManager,
    status=HTTPStatus.CREATED,
    idempotency_key=True,
    refusals=[
        SupportOnly, OwnAccount, OwnRecord, OwnAddress, HouseAddress, AccountNotFound, CustomerNotFound, AlreadyManager,
        AccountClosed, AccountFull, PersonsMembershipLimitReached, VerificationInsufficient, ZuoraUnavailable,
        IdempotencyKeyReused,
    ],
)  # fmt: skip
def grant_membership(request: Request, account_id: str, body: GrantMembership) -> Response:
    """Makes somebody a manager on one accepted proof of ownership; a person without a record gets one."""
    asked = granting.GrantRequest(
        whom=granting.Grantee(body.customer_id, Address(body.email) if body.email else None),
        role=body.role,
        proof=proof(body.verification),
    )
    granted = granting.grant(desk(request, body), account_id, asked, context=request.context)
    headers = {"Idempotency-Replayed": "true"} if granted.replayed else {}
    return Response(support_serializers.granted(granted), headers=headers)


@endpoint(
    bp,
    "GET",
    _PATH,
    tag="support",
    answers=Page[SupportManager],
    refusals=[SupportOnly, AccountNotFound],
)
def support_list_managers(request: Request, account_id: str, query: PageQuery) -> Response:
    """The managers of the account, with their addresses and whether their login is on."""
    account = support_views.account(reader(request), account_id).account
    return listed(
        f"support {account_id} managers",
        query,
        lambda part: support_views.managers(reader(request), account_id, part)[1],
        lambda pair: support_serializers.manager(pair[0], pair[1], account),
    )


@endpoint(
    bp,
    "PATCH",
    _PATH + "/{manager_id}",
    tag="support",
    answers=Manager,
    refusals=[SupportOnly, OwnAccount, AccountNotFound, ManagerNotFound, LastManager],
)
def support_change_role(request: Request, account_id: str, manager_id: str, body: SupportChangeRole) -> Response:
    """Gives a manager another role; the only way to a first admin."""
    changed = roles.change_role(desk(request, body), account_id, manager_id, body.role, context=request.context)
    return Response(manager_answers.manager_for_support(changed.membership, changed.manager, changed.by.account))


@endpoint(
    bp,
    "POST",
    _PATH + "/{manager_id}/remove",
    tag="support",
    answers=RemovalAnswer,
    status=HTTPStatus.NO_CONTENT,
    more_statuses=[HTTPStatus.OK],
    refusals=[
        SupportOnly, OwnAccount, AccountNotFound, ManagerNotFound, LastManager, IsSoldToContact, IsBillToContact,
    ],
)  # fmt: skip
def remove_membership(request: Request, account_id: str, manager_id: str, body: RemoveMembership) -> Response:
    """Removes a manager, with ``allow_last`` also the last one, with ``override_contact`` also a contact.

    With ``dry_run`` nothing happens, and the answer (200) says what would.
    """
    removed = removal.remove_membership(
        desk(request, body),
        account_id,
        manager_id,
        overrides=Overrides(last=body.allow_last, contact=body.override_contact),
        reason=body.reason,
        dry_run=body.dry_run,
        now=request.now,
    )
    return Response(support_serializers.removal(removed), HTTPStatus.OK) if body.dry_run else Response()
