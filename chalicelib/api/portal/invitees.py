"""Invitations, for people who have a link."""

from http import HTTPStatus

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.web import invitation_answers, manager_answers
from chalicelib.api.web.fields import PastedToken, Reason, RequestModel
from chalicelib.api.web.http import Request, Response, SignIn, endpoint
from chalicelib.api.web.invitation_answers import Declined, PreviewAnswer, Requested
from chalicelib.api.web.manager_answers import MembershipAnswer
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AlreadyManager,
    DomainError,
    EmailMismatch,
    EmailNotVerified,
    InvitationDeclined,
    InvitationExpired,
    InvitationNotFound,
    InvitationRevoked,
    InvitationStillValid,
    InvitationSuperseded,
    InvitationUsed,
    MadeBySupport,
    MembershipLimitReached,
    RateLimited,
)
from chalicelib.domain.tokens import Claim
from chalicelib.operations.invitations import accept_invitation as accepting
from chalicelib.operations.invitations import decline_invitation as declining
from chalicelib.operations.invitations import preview_invitation as previewing
from chalicelib.operations.invitations import request_new_invitation as requesting

bp = Blueprint(__name__)
_ENDED: list[type[DomainError]] = [
    InvitationExpired,
    InvitationRevoked,
    InvitationDeclined,
    InvitationUsed,
    InvitationSuperseded,
]


class WithToken(RequestModel):
    """The token of an invitation link: what follows the ``#``."""

    token: PastedToken


class Decline(WithToken):
    """The token, and optionally a reason."""

    reason: Reason | None = None


@endpoint(
    bp,
    "POST",
    "/v1/invitations/preview",
    tag="invitees",
    answers=PreviewAnswer,
    sign_in=SignIn.OPTIONAL,
    refusals=[InvitationNotFound, *_ENDED],
)
def preview_invitation(request: Request, body: WithToken) -> Response:
    """Shows an invitation to the holder of its link, and needs no sign-in.

    It changes nothing, but that an invitation ends which is opened by somebody who is signed in with the invited
    address and manages the account already: that is `invitation_revoked`.
    """
    invitation, account = previewing.preview(_claim(body.token), request.who, now=request.now)
    return Response(invitation_answers.preview(invitation, account, request.who))


@endpoint(
    bp,
    "POST",
    "/v1/invitations/accept",
    tag="invitees",
    answers=MembershipAnswer,
    status=HTTPStatus.CREATED,
    more_statuses=[HTTPStatus.OK],
    refusals=[
        InvitationNotFound, *_ENDED, EmailMismatch, EmailNotVerified, MadeBySupport,
        AlreadyManager, AccountFull, AccountClosed, MembershipLimitReached,
    ],
)  # fmt: skip
def accept_invitation(request: Request, body: WithToken) -> Response:
    """Makes the signed-in person a manager: 201 the first time, 200 when the same person repeats it."""
    accepted = accepting.accept(request.person, _which(body.token), context=request.context)
    status = HTTPStatus.OK if accepted.repeated else HTTPStatus.CREATED
    return Response(manager_answers.membership(accepted.membership, accepted.account_name), status)


@endpoint(
    bp,
    "POST",
    "/v1/invitations/decline",
    tag="invitees",
    answers=Declined,
    sign_in=SignIn.NONE,
    refusals=[InvitationNotFound, InvitationUsed, InvitationRevoked, InvitationSuperseded],
)
def decline_invitation(request: Request, body: Decline) -> Response:
    """Declines an invitation; needs no sign-in, works after expiry, and a second time changes nothing.

    A link that went to an address which the invitation no longer has is superseded here too.
    """
    claim = _claim(body.token)
    _, account = declining.decline_by_link(
        claim.account_id, claim.invitation_id, generation=claim.generation, reason=body.reason, now=request.now
    )
    return Response(Declined(account_name=account.name, status="declined"))


@endpoint(
    bp,
    "POST",
    "/v1/invitations/request-new",
    tag="invitees",
    answers=Requested,
    status=HTTPStatus.ACCEPTED,
    sign_in=SignIn.NONE,
    refusals=[
        InvitationNotFound, InvitationStillValid, InvitationRevoked, InvitationDeclined, InvitationUsed,
        InvitationSuperseded, RateLimited,
    ],
)  # fmt: skip
def request_new_invitation(request: Request, body: WithToken) -> Response:
    """Tells the managers that the holder of an expired link would like a new one."""
    requesting.request_new(_claim(body.token), now=request.now)
    return Response(Requested(status="requested"))


def _which(token: str) -> accepting.InvitationRef:
    claim = _claim(token)
    return accepting.InvitationRef(claim.account_id, claim.invitation_id, claim.generation)


def _claim(token: str) -> Claim:
    claim = wiring.claim_of(token)
    if claim is None:
        raise InvitationNotFound
    return claim
