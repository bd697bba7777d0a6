"""The invitations of an account, as the support desk sends, renews and revokes them."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Literal

from chalice.app import Blueprint
from pydantic import ConfigDict

from chalicelib import settings
from chalicelib.api import shaping
from chalicelib.api.desk import PATH, ForTicket, desk, reader
from chalicelib.api.fields import EmailAddress, TicketUrl, in_words
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.invitations import InvitationsQuery, Invite, created, sealing, wish_of
from chalicelib.api.lists import listed
from chalicelib.api.schemas import CreatedInvitation, InvitationAnswer, Page
from chalicelib.api.verification_fields import VerificationField, proof
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
from chalicelib.operations import desk_reads
from chalicelib.operations import invite as inviting
from chalicelib.operations import resend_invitation as resending
from chalicelib.operations import revoke_invitation as revoking

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
    body=SupportInvite,
    answers=CreatedInvitation,
    status=HTTPStatus.CREATED,
    creates=True,
    refusals=[
        SupportOnly, OwnAccount, AccountNotFound, AlreadyManager, AlreadyInvited, *_NO_ROOM, *_NOT_PROVEN,
        IdempotencyKeyReused,
    ],
)  # fmt: skip
def support_invite(call: Call, account_id: str, body: SupportInvite) -> Answer:
    """Invites somebody on behalf of the account, on a proof of ownership as a grant needs it; by e-mail only.

    Nobody of its managers is the inviter, and nobody of support can accept it.
    """
    limits = settings.current().limits
    invited = inviting.invite(
        desk(call, body),
        account_id,
        replace(wish_of(body, limits), proof=proof(body.verification)),
        request=call.repeatable,
        limits=limits,
        sealing=sealing(),
        now=call.now,
    )
    return created(invited, _PATH.format(account_id=account_id))


@endpoint(
    bp,
    "GET",
    _PATH,
    tag="support",
    query=InvitationsQuery,
    answers=Page[InvitationAnswer],
    refusals=[SupportOnly, AccountNotFound],
)
def support_list_invitations(call: Call, account_id: str, query: InvitationsQuery) -> Answer:
    """The account's invitations in these states (pending if none is named), newest first."""
    statuses = frozenset(query.status)
    return listed(
        f"support {account_id} invitations {sorted(statuses)}",
        query,
        lambda part: desk_reads.account_invitations(reader(call), account_id, statuses, part, now=call.now),
        shaping.invitation,
    )


@endpoint(
    bp,
    "GET",
    _PATH + "/{invitation_id}",
    tag="support",
    answers=InvitationAnswer,
    refusals=[SupportOnly, AccountNotFound, InvitationNotFound],
)
def support_view_invitation(call: Call, account_id: str, invitation_id: str) -> Answer:
    """One invitation."""
    return Answer(shaping.invitation(desk_reads.invitation(reader(call), account_id, invitation_id, now=call.now)))


@endpoint(
    bp,
    "POST",
    _PATH + "/{invitation_id}/resend",
    tag="support",
    body=SupportResend,
    answers=InvitationAnswer,
    refusals=[
        SupportOnly, OwnAccount, AccountNotFound, InvitationNotFound, IsALink, AlreadyAccepted, AlreadyDeclined,
        AlreadyRevoked, AlreadyInvited, AlreadyManager, RecipientSuppressed, *_NO_ROOM, *_NOT_PROVEN,
    ],
)  # fmt: skip
def support_resend_invitation(call: Call, account_id: str, invitation_id: str, body: SupportResend) -> Answer:
    """Sends an invitation again, pending or expired, maybe to a corrected address; older links are dead."""
    sent = resending.resend(
        desk(call, body),
        account_id,
        invitation_id,
        new_address=Address(body.email) if body.email else None,
        proof=None if body.verification is None else proof(body.verification),
        limits=settings.current().limits,
        sealing=sealing(),
        now=call.now,
    )
    return Answer(shaping.invitation(sent))


@endpoint(
    bp,
    "POST",
    _PATH + "/{invitation_id}/revoke",
    tag="support",
    body=ForTicket,
    answers=InvitationAnswer,
    refusals=[SupportOnly, OwnAccount, AccountNotFound, InvitationNotFound, AlreadyAccepted],
)
def support_revoke_invitation(call: Call, account_id: str, invitation_id: str, body: ForTicket) -> Answer:
    """Takes an invitation back; a second time changes nothing."""
    revoked = revoking.revoke(desk(call, body), account_id, invitation_id, now=call.now)
    return Answer(shaping.invitation(revoked))
