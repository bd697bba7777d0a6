"""The invitations of an account, as its managers see them."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from chalice.app import Blueprint
from pydantic import ConfigDict, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from chalicelib import settings, wiring
from chalicelib.api.web import invitation_answers
from chalicelib.api.web.answers import Page
from chalicelib.api.web.fields import AllowMultiple, Days, EmailAddress, Locale, Message, PageQuery, RequestModel
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.invitation_answers import CreatedInvitation, InvitationAnswer
from chalicelib.api.web.lists import listed
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AccountNotFound,
    AlreadyAccepted,
    AlreadyDeclined,
    AlreadyInvited,
    AlreadyManager,
    AlreadyRevoked,
    Forbidden,
    IdempotencyKeyReused,
    InvitationNotFound,
    IsALink,
    PendingLimitReached,
    RateLimited,
    RecipientSuppressed,
    RoleAboveOwn,
)
from chalicelib.domain.invitations import InvitationKind, InvitationStatus
from chalicelib.domain.memberships import Role
from chalicelib.operations.invitations import invite as inviting
from chalicelib.operations.invitations import list_invitations as invitations
from chalicelib.operations.invitations import resend_invitation as resending
from chalicelib.operations.invitations import revoke_invitation as revoking

bp = Blueprint(__name__)
_PATH = "/v1/billing-accounts/{account_id}/invitations"


_BY_MAIL_OR_LINK: list[JsonValue] = [
    {"properties": {"kind": {"const": "email"}, "email": {"type": "string"}}, "required": ["email"]},
    {"properties": {"kind": {"const": "link"}, "email": {"type": "null"}}, "required": ["kind"]},
]


class Invite(RequestModel):
    """Whom to invite, and how: by e-mail, or by a link that is shown once and works once."""

    model_config = ConfigDict(json_schema_extra={"anyOf": _BY_MAIL_OR_LINK})

    kind: InvitationKind = InvitationKind.EMAIL
    email: EmailAddress | None = None
    role: Role = Role.MANAGER
    expires_in_days: Days | None = None
    message: Message | None = None
    locale: Locale | None = None

    @model_validator(mode="after")
    def _address_if_mailed(self) -> "Invite":
        mailed = self.kind is InvitationKind.EMAIL
        if mailed and self.email is None:
            raise PydanticCustomError("needed", "an invitation by e-mail needs an email", {"field": "email"})
        if not mailed and self.email is not None:
            raise PydanticCustomError("extra", "a link invitation has no email", {"field": "email"})
        return self


class Resend(RequestModel):
    """Where to send it, if not to the address that it was sent to before."""

    email: EmailAddress | None = None


class InvitationsQuery(PageQuery):
    """Which invitations, and which part of the list."""

    status: Annotated[tuple[InvitationStatus, ...], AllowMultiple()] = (InvitationStatus.PENDING,)


@endpoint(
    bp,
    "POST",
    _PATH,
    tag="invitations",
    answers=CreatedInvitation,
    status=HTTPStatus.CREATED,
    idempotency_key=True,
    refusals=[
        AccountNotFound, Forbidden, RoleAboveOwn, AlreadyManager, AlreadyInvited, AccountFull, PendingLimitReached,
        AccountClosed, IdempotencyKeyReused, RateLimited,
    ],
)  # fmt: skip
def invite(request: Request, account_id: str, body: Invite) -> Response:
    """Invites somebody by e-mail, or makes a link. The answer is the same whether or not the address is known."""
    invited = inviting.invite(
        request.person,
        account_id,
        invitation_request(body),
        context=request.context,
    )
    return created(invited, _PATH.format(account_id=account_id))


@endpoint(
    bp,
    "GET",
    _PATH,
    tag="invitations",
    answers=Page[InvitationAnswer],
    refusals=[AccountNotFound, Forbidden],
)
def list_invitations(request: Request, account_id: str, query: InvitationsQuery) -> Response:
    """The account's invitations in these states (pending if none is named), newest first."""
    statuses = frozenset(query.status)
    return listed(
        f"{account_id} invitations {sorted(statuses)}",
        query,
        lambda part: invitations.list_invitations(request.person, account_id, statuses, part, now=request.now),
        invitation_answers.invitation,
    )


@endpoint(
    bp,
    "GET",
    _PATH + "/{invitation_id}",
    tag="invitations",
    answers=InvitationAnswer,
    refusals=[AccountNotFound, Forbidden, InvitationNotFound],
)
def view_invitation(request: Request, account_id: str, invitation_id: str) -> Response:
    """One invitation."""
    found = invitations.view(request.person, account_id, invitation_id, now=request.now)
    return Response(invitation_answers.invitation(found))


@endpoint(
    bp,
    "POST",
    _PATH + "/{invitation_id}/revoke",
    tag="invitations",
    answers=InvitationAnswer,
    refusals=[AccountNotFound, Forbidden, InvitationNotFound, AlreadyAccepted],
)
def revoke_invitation(request: Request, account_id: str, invitation_id: str) -> Response:
    """Revokes an invitation; a second time changes nothing."""
    revoked = revoking.revoke(request.person, account_id, invitation_id, now=request.now)
    return Response(invitation_answers.invitation(revoked))


@endpoint(
    bp,
    "POST",
    _PATH + "/{invitation_id}/resend",
    tag="invitations",
    body_optional=True,
    answers=InvitationAnswer,
    refusals=[
        AccountNotFound, Forbidden, RoleAboveOwn, InvitationNotFound, IsALink, AlreadyAccepted, AlreadyDeclined,
        AlreadyRevoked, AlreadyInvited, AlreadyManager, RecipientSuppressed, AccountFull, PendingLimitReached,
        AccountClosed, RateLimited,
    ],
)  # fmt: skip
def resend_invitation(request: Request, account_id: str, invitation_id: str, body: Resend) -> Response:
    """Resends an invitation, pending or expired: a new link and a new expiry; older links stop working."""
    sent = resending.resend(
        request.person,
        account_id,
        invitation_id,
        new_address=Address(body.email) if body.email else None,
        context=request.context,
    )
    return Response(invitation_answers.invitation(sent))


def invitation_request(body: Invite) -> inviting.InvitationRequest:
    """What the body asks for."""
    return inviting.InvitationRequest(
        address=Address(body.email) if body.email else None,
        role=body.role,
        validity=_validity(body),
        message=body.message,
        locale=body.locale,
    )


def created(invited: inviting.Invited, list_path: str) -> Response:
    """The answer to a new invitation, with its link if it is one by link."""
    made = invited.invitation
    headers = {"Location": f"{list_path}/{made.id}"}
    if invited.replayed:
        headers["Idempotency-Replayed"] = "true"
    link = None if made.is_mailed else wiring.accept_url(made)
    return Response(invitation_answers.created_invitation(made, link), headers=headers)


def _validity(body: Invite) -> timedelta | None:
    """As asked; otherwise a mail is good for the usual time, and a link without end (R10)."""
    if body.expires_in_days is not None:
        return timedelta(days=body.expires_in_days)
    return timedelta(days=settings.current().invitation_days) if body.kind is InvitationKind.EMAIL else None
