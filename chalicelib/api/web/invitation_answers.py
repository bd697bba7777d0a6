"""Answers about invitations: to managers, to whoever holds the link, in the inbox."""

from typing import Literal

from chalicelib.api.web.answers import AnswerModel, Moment
from chalicelib.domain.accounts import Account
from chalicelib.domain.addresses import masked
from chalicelib.domain.invitations import Invitation, InvitationKind
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import SignedIn


class InvitedBy(AnswerModel):
    """Who sent an invitation; ``id`` is null when support did."""

    id: str | None
    first_name: str
    last_name: str


class DeliveryAnswer(AnswerModel):
    """What is known of the newest mail."""

    state: Literal["queued", "sent", "delivered", "bounced", "complained", "failed"]
    at: Moment
    reason: str | None


class AcceptErrorAnswer(AnswerModel):
    """The last failed attempt to accept."""

    code: str
    at: Moment


class InvitationAnswer(AnswerModel):
    """An invitation as those see it who may see invitations."""

    id: str
    account_id: str
    kind: Literal["email", "link"]
    email: str | None
    role: Role
    status: Literal["pending", "accepted", "declined", "revoked", "expired"]
    created_at: Moment
    expires_at: Moment | None
    invited_by: InvitedBy
    message: str | None
    sent_count: int
    last_sent_at: Moment | None
    delivery: DeliveryAnswer | None
    last_accept_error: AcceptErrorAnswer | None
    ended_at: Moment | None
    decline_reason: str | None


class CreatedInvitation(InvitationAnswer):
    """A new invitation. ``accept_url`` is the link of a link invitation, shown here and never again; else null."""

    accept_url: str | None


class Declined(AnswerModel):
    """A declined invitation, as the invitee sees it."""

    account_name: str
    status: Literal["declined"]


class Requested(AnswerModel):
    """The managers are told that a new invitation is wanted."""

    status: Literal["requested"]


class You(AnswerModel):
    """The signed-in holder of a link, and whether the invitation is for them."""

    email_masked: str | None
    matches: bool


class PreviewAnswer(AnswerModel):
    """What the holder of a link may know before signing in."""

    account_name: str
    inviter_name: str
    kind: Literal["email", "link"]
    role: Role
    status: Literal["pending"]
    expires_at: Moment | None
    email_masked: str | None
    you: You | None


class InboxItem(AnswerModel):
    """An invitation as the invitee sees it."""

    id: str
    account_id: str
    account_name: str
    inviter_name: str
    kind: Literal["email", "link"]
    email: str | None
    role: Role
    status: Literal["pending"]
    created_at: Moment
    expires_at: Moment | None
    message: str | None


def invitation(invitation: Invitation) -> InvitationAnswer:
    """An invitation; never with a token or a link."""
    return InvitationAnswer.model_validate(_invitation_fields(invitation))


def created_invitation(invitation: Invitation, accept_url: str | None) -> CreatedInvitation:
    """A new invitation, with its link if it is one by link."""
    return CreatedInvitation.model_validate({**_invitation_fields(invitation), "accept_url": accept_url})


def _invitation_fields(invitation: Invitation) -> dict[str, object]:
    inviter, delivery, failed = invitation.inviter, invitation.delivery, invitation.last_accept_error
    return {
        "id": invitation.id,
        "account_id": invitation.account_id,
        "kind": invitation.kind.value,
        "email": invitation.address,
        "role": invitation.role,
        "status": invitation.status.value,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
        "invited_by": {
            "id": inviter.id if inviter else None,
            "first_name": inviter.first_name if inviter else "",
            "last_name": inviter.last_name if inviter else "",
        },
        "message": invitation.message,
        "sent_count": invitation.sent_count,
        "last_sent_at": invitation.last_sent_at,
        "delivery": {"state": delivery.state.value, "at": delivery.at, "reason": delivery.reason} if delivery else None,
        "last_accept_error": {"code": failed.code, "at": failed.at} if failed else None,
        "ended_at": invitation.ended_at,
        "decline_reason": invitation.decline_reason,
    }


def inviter_name(invitation: Invitation) -> str:
    """First and last name of who sent it; empty for support."""
    inviter = invitation.inviter
    return f"{inviter.first_name} {inviter.last_name}".strip() if inviter else ""


def preview(invitation: Invitation, account: Account, who: SignedIn | None) -> PreviewAnswer:
    """A live invitation for the holder of its link, signed in or not."""
    by_mail = invitation.kind is InvitationKind.EMAIL
    you = None
    if who is not None:
        matches = not by_mail or (who.proven_address is not None and who.proven_address == invitation.address)
        you = You(email_masked=masked(who.address) if who.address else None, matches=matches)
    return PreviewAnswer(
        account_name=account.name,
        inviter_name=inviter_name(invitation),
        kind=invitation.kind.value,
        role=invitation.role,
        status="pending",
        expires_at=invitation.expires_at,
        email_masked=masked(invitation.address) if invitation.address else None,
        you=you,
    )


def inbox_item(invitation: Invitation, account: Account) -> InboxItem:
    """A live invitation for its invitee."""
    return InboxItem(
        id=invitation.id,
        account_id=account.id,
        account_name=account.name,
        inviter_name=inviter_name(invitation),
        kind=invitation.kind.value,
        email=invitation.address,
        role=invitation.role,
        status="pending",
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        message=invitation.message,
    )
