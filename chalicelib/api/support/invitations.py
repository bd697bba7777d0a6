"""The invitations of an account, as the support desk sends, renews and revokes them."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import ConfigDict

from chalicelib.api.portal.invitations import InvitationsQuery, Invite, created, invitation_request
from chalicelib.api.support.agents import PATH, ForTicket, desk, reader
from chalicelib.api.web import invitation_answers
from chalicelib.api.web.answers import Page
from chalicelib.api.web.fields import EmailAddress, TicketUrl, in_words
from chalicelib.api.web.http import Request, Response, endpoint
from chalicelib.api.web.invitation_answers import CreatedInvitation, InvitationAnswer
from chalicelib.api.web.lists import listed
from chalicelib.api.web.verification_fields import VerificationField, proof
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
    HouseAddress,
    IdempotencyKeyReused,
    InvitationNotFound,
    IsALink,
    OwnAccount,
    OwnAddress,
    PendingLimitReached,
    RateLimited,
    RecipientSuppressed,
    SupportOnly,
    VerificationInsufficient,
    ZuoraUnavailable,
)
from chalicelib.domain.invitations import InvitationKind
from chalicelib.operations.accounts import support_views
from chalicelib.operations.invitations import invite as inviting
from chalicelib.operations.invitations import resend_invitation as resending
from chalicelib.operations.invitations import revoke_invitation as revoking

bp = Blueprint(__name__)
_PATH = PATH + "/billing-accounts/{account_id}/invitations"
_NOT_PROVEN = [OwnAddress, HouseAddress, VerificationInsufficient, ZuoraUnavailable]
_NO_ROOM = [AccountFull, PendingLimitReached, AccountClosed, RateLimited]


class SupportInvite(Invite):
    """Whom to invite by e-mail, on which proof of ownership, and for which ticket."""

    model_config = ConfigDict(json_schema_extra={})

    kind: Annotated[Literal[InvitationKind.EMAIL], in_words("support invites by e-mail only")] = InvitationKind.EMAIL
    email: EmailAddress
    verification: VerificationField
    ticket_url: TicketUrl


class SupportResend(ForTicket):
    """Where to send it, if not to the address that it was sent to before; another mail domain needs a proof."""

    email: EmailAddress | None = None
    verification: VerificationField | None = None


@endpoint(
    bp,
    "POST",
    _PATH,
    tag="support",
    answers=CreatedInvitation,
    status=HTTPStatus.CREATED,
    idempotency_key=True,
    refusals=[
        SupportOnly, OwnAccount, AccountNotFound, AlreadyManager, AlreadyInvited, *_NO_ROOM, *_NOT_PROVEN,
        IdempotencyKeyReused,
    ],
)  # fmt: skip
def support_invite(request: Request, account_id: str, body: SupportInvite) -> Response:
    """Invites somebody on behalf of the account, on a proof of ownership as a grant needs it; by e-mail only.

    Nobody of its managers is the inviter, and nobody of support can accept it.
    """
    invited = inviting.invite(
        desk(request, body),
        account_id,
        replace(invitation_request(body), proof=proof(body.verification)),
        context=request.context,
    )
    return created(invited, _PATH.format(account_id=account_id))


@endpoint(
    bp,
    "GET",
    _PATH,
    tag="support",
    answers=Page[InvitationAnswer],
    refusals=[SupportOnly, AccountNotFound],
)
def support_list_invitations(request: Request, account_id: str, query: InvitationsQuery) -> Response:
    """The account's invitations in these states (pending if none is named), newest first."""
    statuses = frozenset(query.status)
    return listed(
        f"support {account_id} invitations {sorted(statuses)}",
        query,
        lambda part: support_views.account_invitations(reader(request), account_id, statuses, part, now=request.now),
        invitation_answers.invitation,
    )


@endpoint(
    bp,
    "GET",
    _PATH + "/{invitation_id}",
    tag="support",
    answers=InvitationAnswer,
    refusals=[SupportOnly, AccountNotFound, InvitationNotFound],
)
def support_view_invitation(request: Request, account_id: str, invitation_id: str) -> Response:
    """One invitation."""
    return Response(
        invitation_answers.invitation(
            support_views.invitation(reader(request), account_id, invitation_id, now=request.now)
        )
    )


@endpoint(
    bp,
    "POST",
    _PATH + "/{invitation_id}/resend",
    tag="support",
    answers=InvitationAnswer,
    refusals=[
        SupportOnly, OwnAccount, AccountNotFound, InvitationNotFound, IsALink, AlreadyAccepted, AlreadyDeclined,
        AlreadyRevoked, AlreadyInvited, AlreadyManager, RecipientSuppressed, *_NO_ROOM, *_NOT_PROVEN,
    ],
)  # fmt: skip
def support_resend_invitation(request: Request, account_id: str, invitation_id: str, body: SupportResend) -> Response:
    """Sends an invitation again, pending or expired, maybe to a corrected address; older links are dead."""
    sent = resending.resend(
        desk(request, body),
        account_id,
        invitation_id,
        new_address=Address(body.email) if body.email else None,
        proof=None if body.verification is None else proof(body.verification),
        context=request.context,
    )
    return Response(invitation_answers.invitation(sent))


@endpoint(
    bp,
    "POST",
    _PATH + "/{invitation_id}/revoke",
    tag="support",
    answers=InvitationAnswer,
    refusals=[SupportOnly, OwnAccount, AccountNotFound, InvitationNotFound, AlreadyAccepted],
)
def support_revoke_invitation(request: Request, account_id: str, invitation_id: str, body: ForTicket) -> Response:
    """Revokes an invitation; a second time changes nothing."""
    revoked = revoking.revoke(desk(request, body), account_id, invitation_id, now=request.now)
    return Response(invitation_answers.invitation(revoked))
