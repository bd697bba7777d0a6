"""The invitations of an account, as its managers see them."""

from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint

from chalicelib import settings, wiring
from chalicelib.api import cursors, shaping
from chalicelib.api.fields import Days, EmailAddress, Locale, Message, PageQuery, Repeatable, RequestModel
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.schemas import InvitationAnswer, Page
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AccountNotFound,
    AlreadyInvited,
    AlreadyManager,
    CannotRevokeAccepted,
    Forbidden,
    IdempotencyKeyReused,
    InvitationNotFound,
    LoginDeactivated,
    PendingLimitReached,
    RoleAboveOwn,
)
from chalicelib.domain.invitations import InvitationStatus
from chalicelib.domain.memberships import Role
from chalicelib.operations import invite as inviting
from chalicelib.operations import list_invitations as invitations
from chalicelib.operations import revoke_invitation as revoking

bp = Blueprint(__name__)
_PATH = "/v1/billing-accounts/{account_id}/invitations"


class Invite(RequestModel):
    """Whom to invite, and how."""

    kind: Literal["email"] = "email"
    email: EmailAddress
    role: Role = Role.MANAGER
    expires_in_days: Days | None = None
    message: Message | None = None
    locale: Locale | None = None


class InvitationsQuery(PageQuery):
    """Which invitations, and which part of the list."""

    status: Annotated[tuple[InvitationStatus, ...], Repeatable()] = (InvitationStatus.PENDING,)


@endpoint(
    bp,
    "POST",
    _PATH,
    tag="invitations",
    body=Invite,
    answers=InvitationAnswer,
    status=HTTPStatus.CREATED,
    creates=True,
    refusals=[
        AccountNotFound, Forbidden, RoleAboveOwn, AlreadyManager, AlreadyInvited, AccountFull, PendingLimitReached,
        AccountClosed, LoginDeactivated, IdempotencyKeyReused,
    ],
)  # fmt: skip
def invite(call: Call, account_id: str, body: Invite) -> Answer:
    """Invites somebody by e-mail. The answer is the same whether or not the address is known."""
    limits = settings.current().limits
    invited = inviting.invite(
        call.person,
        account_id,
        inviting.Wish(
            address=Address(body.email),
            role=body.role,
            days=body.expires_in_days or limits.invitation_days,
            message=body.message,
            locale=body.locale,
        ),
        request=call.repeatable,
        limits=limits,
        sealing=inviting.Sealing(wiring.key_ring().current, wiring.pseudonym),
        now=call.now,
    )
    headers = {"Location": f"{_PATH.format(account_id=account_id)}/{invited.invitation.id}"}
    if invited.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Answer(shaping.invitation(invited.invitation), headers=headers)


@endpoint(
    bp,
    "GET",
    _PATH,
    tag="invitations",
    query=InvitationsQuery,
    answers=Page[InvitationAnswer],
    refusals=[AccountNotFound, Forbidden, LoginDeactivated],
)
def list_invitations(call: Call, account_id: str, query: InvitationsQuery) -> Answer:
    """The account's invitations in these states (pending if none is named), newest first."""
    statuses = frozenset(query.status)
    this_list = f"{account_id} invitations {sorted(statuses)}"
    before = cursors.position(this_list, query.cursor)
    found = invitations.list_invitations(
        call.person, account_id, statuses=statuses, limit=query.limit + 1, before=before, now=call.now
    )
    shown = [shaping.invitation(each) for each in found[: query.limit]]
    more = len(found) > query.limit
    return Answer(shaping.page_of(shown, cursors.made(this_list, shown[-1].id) if more else None))


@endpoint(
    bp,
    "GET",
    _PATH + "/{invitation_id}",
    tag="invitations",
    answers=InvitationAnswer,
    refusals=[AccountNotFound, Forbidden, InvitationNotFound, LoginDeactivated],
)
def view_invitation(call: Call, account_id: str, invitation_id: str) -> Answer:
    """One invitation."""
    found = invitations.view(call.person, account_id, invitation_id, now=call.now)
    return Answer(shaping.invitation(found))


@endpoint(
    bp,
    "POST",
    _PATH + "/{invitation_id}/revoke",
    tag="invitations",
    answers=InvitationAnswer,
    refusals=[AccountNotFound, Forbidden, InvitationNotFound, CannotRevokeAccepted, LoginDeactivated],
)
def revoke_invitation(call: Call, account_id: str, invitation_id: str) -> Answer:
    """Takes an invitation back; a second time changes nothing."""
    revoked = revoking.revoke(call.person, account_id, invitation_id, now=call.now)
    return Answer(shaping.invitation(revoked))
