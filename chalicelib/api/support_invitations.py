"""The invitations of an account, as the support desk sends, renews and revokes them."""

from http import HTTPStatus

from chalice.app import Blueprint

from chalicelib import settings
from chalicelib.api import shaping
from chalicelib.api.auth import support_groups
from chalicelib.api.desk import PATH, ForTicket, desk, listed, reader
from chalicelib.api.fields import EmailAddress, TicketUrl
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.invitations import InvitationsQuery, Invite, created, sealing, wish_of
from chalicelib.api.schemas import CreatedInvitation, InvitationAnswer, Page
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
    IdempotencyKeyReused,
    InvitationNotFound,
    IsALink,
    OwnAccount,
    PendingLimitReached,
    RateLimited,
    RecipientSuppressed,
    SupportOnly,
)
from chalicelib.operations import desk_reads
from chalicelib.operations import invite as inviting
from chalicelib.operations import resend_invitation as resending
from chalicelib.operations import revoke_invitation as revoking
from chalicelib.operations.support import Desk

bp = Blueprint(__name__)
_PATH = PATH + "/billing-accounts/{account_id}/invitations"
_NO_ROOM = [AccountFull, PendingLimitReached, AccountClosed, RateLimited]


class SupportInvite(Invite):
    """Whom to invite, how, and for which ticket."""

    ticket_url: TicketUrl


class SupportResend(ForTicket):
    """Where to send it, if not to the address that it was sent to before."""

    email: EmailAddress | None = None


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
        SupportOnly, OwnAccount, AccountNotFound, AlreadyManager, AlreadyInvited, *_NO_ROOM, IdempotencyKeyReused,
    ],
)  # fmt: skip
def support_invite(call: Call, account_id: str, body: SupportInvite) -> Answer:
    """Invites somebody on behalf of the account; nobody of its managers is the inviter."""
    limits = settings.current().limits
    invited = inviting.invite(
        Desk(call.person, support_groups(), body.ticket_url),
        account_id,
        wish_of(body, limits),
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
        lambda page: desk_reads.account_invitations(reader(call), account_id, statuses, page, now=call.now),
        shaping.invitation,
        lambda each: each.id,
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
        AlreadyRevoked, AlreadyInvited, AlreadyManager, RecipientSuppressed, *_NO_ROOM,
    ],
)  # fmt: skip
def support_resend_invitation(call: Call, account_id: str, invitation_id: str, body: SupportResend) -> Answer:
    """Sends an invitation again, pending or expired, maybe to a corrected address; older links are dead."""
    sent = resending.resend(
        desk(call, body),
        account_id,
        invitation_id,
        new_address=Address(body.email) if body.email else None,
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
