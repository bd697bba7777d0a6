"""What is refused about invitations, and what ended links answer."""

from datetime import datetime

from chalicelib.domain.errors.base import DomainError, Kind


class InvitationNotFound(DomainError):
    """There is no such invitation, or the token is no token of ours."""

    kind, code = Kind.NOT_FOUND, "invitation_not_found"
    detail = "Invitation not found. Check that you copied the whole link."


class AlreadyInvited(DomainError):
    """There is a live invitation for that address (R11)."""

    kind, code = Kind.CONFLICT, "already_invited"
    detail = "There is a pending invitation for this address. Resend it, or revoke it first."

    def __init__(self, account_id: str, *, invitation_id: str) -> None:
        super().__init__(invitation_id=invitation_id)
        self.account_id = account_id
        self.invitation_id = invitation_id


class PendingLimitReached(DomainError):
    """The account has as many pending invitations as it may have (R8)."""

    kind, code = Kind.CONFLICT, "pending_limit_reached"
    detail = "This account has reached its limit of pending invitations. Revoke one first."

    def __init__(self, account_id: str, *, limit: int) -> None:
        super().__init__(limit=limit)
        self.account_id = account_id


class AlreadyAccepted(DomainError):
    """The invitation was accepted; there is nothing to revoke or to send again."""

    kind, code = Kind.CONFLICT, "invitation_accepted"
    detail = "This invitation was accepted. Remove the manager instead."


class AlreadyDeclined(DomainError):
    """The invitation was declined; it is not sent again, but a new one can be made (R11)."""

    kind, code = Kind.CONFLICT, "invitation_declined"
    detail = "This invitation was declined. Make a new one if the person has changed their mind."


class AlreadyRevoked(DomainError):
    """The invitation was revoked; it is not sent again, but a new one can be made (R11)."""

    kind, code = Kind.CONFLICT, "invitation_revoked"
    detail = "This invitation was revoked. Make a new one."


class IsALink(DomainError):
    """A link invitation has no mail that could be sent again, and its link is shown only once."""

    kind, code = Kind.CONFLICT, "invitation_is_a_link"
    detail = "A link is shown only once and cannot be sent again. Revoke it and make a new one."


class RecipientSuppressed(DomainError):
    """Mails to exactly this address come back; another address helps, time, or support (R25)."""

    kind, code = Kind.CONFLICT, "recipient_suppressed"
    detail = "Mail to this address bounces. Use a different address."


class InvitationStillValid(DomainError):
    """The link still works; there is no need for a new one (R23)."""

    kind, code = Kind.CONFLICT, "invitation_still_valid"
    detail = "This invitation is still valid. Use the link that you have."


class InvitationGone(DomainError):
    """The link was genuine, but its time is over."""

    kind = Kind.GONE


class InvitationExpired(InvitationGone):
    """It was not accepted in time."""

    code = "invitation_expired"
    detail = "This invitation has expired. Ask for a new one."

    def __init__(self, *, expired_at: datetime | None) -> None:
        super().__init__(expired_at=expired_at)


class InvitationRevoked(InvitationGone):
    """Somebody took it back, or whoever sent it may no longer invite."""

    code = "invitation_revoked"
    detail = "This invitation has been revoked."


class InviteeManages(InvitationRevoked):
    """It has just ended, because whoever it was for manages the account already (R2)."""

    detail = "You manage this account already, so this invitation has ended."


class InvitationDeclined(InvitationGone):
    """It was declined."""

    code = "invitation_declined"
    detail = "This invitation was declined."


class InvitationUsed(InvitationGone):
    """Somebody has accepted it already (R16)."""

    code = "invitation_used"
    detail = "This invitation has been used already."


class InvitationSuperseded(InvitationGone):
    """A newer link was sent (R14)."""

    code = "invitation_superseded"
    detail = "A newer link was sent; this one no longer works. Use the link in the newest mail."

    def __init__(self, *, newer_sent_at: datetime | None) -> None:
        super().__init__(newer_sent_at=newer_sent_at)
