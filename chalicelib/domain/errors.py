"""Everything that the service refuses, each with its stable code.

A ``DomainError`` says what happened in the product's words; its ``Kind`` says what sort of refusal it
is, and only ``api.problems`` knows which HTTP status that means. ``fields`` are the facts that a
program needs to go on; none of them is ever about somebody else's thing.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import ClassVar


class Kind(Enum):
    """The sorts of refusal."""

    UNAUTHENTICATED = auto()
    FORBIDDEN = auto()
    NOT_FOUND = auto()
    CONFLICT = auto()
    GONE = auto()
    INVALID = auto()
    OUTDATED = auto()
    LIMITED = auto()
    UNAVAILABLE = auto()


class DomainError(Exception):
    """A refusal. ``detail`` is for a person, ``code`` for programs."""

    kind: ClassVar[Kind]
    code: ClassVar[str]
    detail: str = ""

    def __init__(self, **fields: str | int | datetime | None) -> None:
        super().__init__(self.code)
        self.fields = fields


class Unauthenticated(DomainError):
    """There is no valid sign-in token."""

    kind, code = Kind.UNAUTHENTICATED, "unauthenticated"
    detail = "Sign in and send the access token as a Bearer token."


class Forbidden(DomainError):
    """The person may see the thing, but not do this to it."""

    kind, code = Kind.FORBIDDEN, "forbidden"
    detail = "Your role on this account does not allow this."


class SupportOnly(Forbidden):
    """The route belongs to the support desk."""

    detail = "This is for the support desk."


class ReadingOnly(SupportOnly):
    """Somebody of the read-only group asked for a change (R60)."""

    detail = "Your group may only read here; somebody of the full support group has to do this."


class OwnAccount(Forbidden):
    """Somebody of support asked to act on an account that they manage (R60)."""

    detail = "You manage this account yourself; a colleague has to do this."


class RoleAboveOwn(Forbidden):
    """Somebody tried to hand out a role above their own."""

    detail = "You cannot give, change or take away a role above your own."


class SignInNotLinked(Forbidden):
    """The address belongs to a customer who is bound to another sign-in (R2)."""

    detail = (
        "This address belongs to a customer who signs in another way. Use that sign-in, or ask support to unlink it."
    )


class LoginDeactivated(DomainError):
    """The person's login was switched off (R3)."""

    kind, code = Kind.FORBIDDEN, "login_deactivated"
    detail = "This login has been switched off. Please contact support."


class PersonsLoginDeactivated(LoginDeactivated):
    """The same, as the support desk is told it."""

    detail = "The login of this person is switched off. Look into their history before you switch it on again."


class EmailMismatch(DomainError):
    """An e-mail invitation is for another address than the signed-in one (R15)."""

    kind, code = Kind.FORBIDDEN, "email_mismatch"
    detail = "This invitation is for another address. Sign in with the invited address to accept it."

    def __init__(self, *, signed_in: str | None, invited: str) -> None:
        super().__init__(signed_in_as=signed_in, invited=invited)


class EmailNotVerified(DomainError):
    """The sign-in's address is not verified (R15)."""

    kind, code = Kind.FORBIDDEN, "email_not_verified"
    detail = "Verify your e-mail address with your sign-in provider first."


class DeliberatelyDeactivated(DomainError):
    """Somebody switched this login off on purpose; switching it on needs a confirmation (R3)."""

    kind, code = Kind.CONFLICT, "deliberately_deactivated"
    detail = "Somebody switched this login off on purpose. Confirm that it is to be switched on again."

    def __init__(self, *, by: str, at: datetime) -> None:
        super().__init__(deactivated_by=by, deactivated_at=at)


class CustomerNotFound(DomainError):
    """There is no customer with that id."""

    kind, code = Kind.NOT_FOUND, "customer_not_found"
    detail = "There is no customer with this id."


class AccountNotFound(DomainError):
    """There is no such account, or it is not the caller's (I8)."""

    kind, code = Kind.NOT_FOUND, "account_not_found"
    detail = "There is no such billing account."


class ManagerNotFound(DomainError):
    """Nobody with that id manages the account."""

    kind, code = Kind.NOT_FOUND, "manager_not_found"
    detail = "Nobody with this id manages the account."


class InvitationNotFound(DomainError):
    """There is no such invitation, or the token is no token of ours."""

    kind, code = Kind.NOT_FOUND, "invitation_not_found"
    detail = "There is no such invitation. Make sure that you have the whole link."


class TransferNotFound(DomainError):
    """There is no such transfer on that account."""

    kind, code = Kind.NOT_FOUND, "transfer_not_found"
    detail = "There is no such transfer on this account."


class SignInLinkNotFound(DomainError):
    """The token is no sign-in link of ours."""

    kind, code = Kind.NOT_FOUND, "sign_in_link_not_found"
    detail = "There is no such sign-in link. Make sure that you have the whole link."


class ContactNotFound(DomainError):
    """There is no such contact here."""

    kind, code = Kind.NOT_FOUND, "contact_not_found"
    detail = "There is no such contact here. It can be added by its Zuora contact id."


class ZuoraContactNotFound(DomainError):
    """Zuora knows no contact with that id."""

    kind, code = Kind.NOT_FOUND, "zuora_contact_not_found"
    detail = "Zuora knows no contact with this id."


class ContactDeleted(DomainError):
    """The contact was deleted in Zuora; it is never made again by guess (R54)."""

    kind, code = Kind.CONFLICT, "contact_deleted_in_zuora"
    detail = "This contact was deleted in Zuora. Choose another one."


class VersionConflict(DomainError):
    """Somebody else has changed it since it was read (If-Match)."""

    kind, code = Kind.OUTDATED, "version_conflict"
    detail = "This has been changed meanwhile. Read it again and decide anew."

    def __init__(self, *, version: int) -> None:
        super().__init__(version=version)


class ZuoraAccountNotFound(DomainError):
    """Zuora knows no account with that id."""

    kind, code = Kind.NOT_FOUND, "zuora_account_not_found"
    detail = "Zuora knows no account with this id."


class AlreadyManager(DomainError):
    """The person manages this account already (R12)."""

    kind, code = Kind.CONFLICT, "already_manager"
    detail = "This person manages the account already."


class AlreadyInvited(DomainError):
    """There is a live invitation for that address (R11)."""

    kind, code = Kind.CONFLICT, "already_invited"
    detail = "There is a pending invitation for this address. Resend it, or revoke it first."

    def __init__(self, *, invitation_id: str) -> None:
        super().__init__(invitation_id=invitation_id)


class AccountFull(DomainError):
    """Every seat of the account is taken by a manager or a pending invitation (R7)."""

    kind, code = Kind.CONFLICT, "account_full"
    detail = "The plan of this account allows no more managers. Remove one, revoke an invitation, or change the plan."

    def __init__(self, *, limit: int | None) -> None:
        super().__init__(limit=limit)


class PendingLimitReached(DomainError):
    """The account has as many pending invitations as it may have (R8)."""

    kind, code = Kind.CONFLICT, "pending_limit_reached"
    detail = "This account has as many pending invitations as it may have. Revoke one first."

    def __init__(self, *, limit: int) -> None:
        super().__init__(limit=limit)


class AccountClosed(DomainError):
    """The account is closed."""

    kind, code = Kind.CONFLICT, "account_closed"
    detail = "This billing account is closed."


class MembershipLimitReached(DomainError):
    """The person manages as many accounts as one person may (R5)."""

    kind, code = Kind.CONFLICT, "membership_limit_reached"
    detail = (
        "You manage as many billing accounts as one person may. "
        "Leave one of them first, or accept with another address."
    )

    def __init__(self, *, limit: int | None) -> None:
        super().__init__(limit=limit)


class PersonsMembershipLimitReached(MembershipLimitReached):
    """The same, as the support desk is told it."""

    detail = (
        "This person manages as many billing accounts as one person may. Make sure with them that they want to stop "
        "managing the other one, and remove that membership first."
    )


class LastManager(DomainError):
    """The account would be left without a manager, or without an admin where admins manage (R31)."""

    kind, code = Kind.CONFLICT, "last_manager"
    detail = "Somebody has to manage this account. Add another manager (or admin) first."


class NoAdmin(DomainError):
    """Nobody of the account is an admin, so admins cannot be the ones who manage it (R6)."""

    kind, code = Kind.CONFLICT, "no_admin"
    detail = "This account has no admin. Make one of its managers an admin first."


class EmailTaken(DomainError):
    """Another customer has that address (R1, R64)."""

    kind, code = Kind.CONFLICT, "email_taken"
    detail = (
        "There is a customer with this address already, and two people cannot share one. To give that customer the "
        "account, transfer it to them (or grant it and remove the other); do not rename one person into another."
    )

    def __init__(self, *, customer_id: str) -> None:
        super().__init__(customer_id=customer_id, use="transfer")


class TooManyAccounts(DomainError):
    """The person manages more accounts than one transaction can follow."""

    kind, code = Kind.CONFLICT, "too_many_accounts"
    detail = "This person manages too many accounts to change all of them at once. Remove some memberships first."


class TransferOpen(DomainError):
    """An account is transferred once at a time (R66)."""

    kind, code = Kind.CONFLICT, "transfer_open"
    detail = "A transfer of this account is under way. Wait for it, or cancel it."

    def __init__(self, *, transfer_id: str) -> None:
        super().__init__(transfer_id=transfer_id)


class TransferOver(DomainError):
    """The transfer has ended; there is nothing to cancel (R66)."""

    kind, code = Kind.CONFLICT, "transfer_over"
    detail = "This transfer has ended already."

    def __init__(self, *, state: str) -> None:
        super().__init__(state=state)


class StillContact(DomainError):
    """A person who is a contact that an account needs cannot be erased."""

    kind, code = Kind.CONFLICT, "still_contact"
    detail = "This person is the Sold To or Bill To contact of an account. Choose another contact there first."

    def __init__(self, *, account_id: str) -> None:
        super().__init__(account_id=account_id)


class IsSoldToContact(DomainError):
    """The manager is the Sold To contact (R32)."""

    kind, code = Kind.CONFLICT, "is_sold_to_contact"
    detail = "This manager is the account's subscription contact (Sold To). Choose another Sold To first."


class IsBillToContact(DomainError):
    """The manager is the Bill To contact (R32)."""

    kind, code = Kind.CONFLICT, "is_bill_to_contact"
    detail = "This manager is the account's billing contact (Bill To). Choose another Bill To first."


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
    """Mails to the address come back; only another address helps (R25)."""

    kind, code = Kind.CONFLICT, "recipient_suppressed"
    detail = "Mails to this address come back. Send the invitation to another address."


class InvitationStillValid(DomainError):
    """The link still works; there is no need for a new one (R23)."""

    kind, code = Kind.CONFLICT, "invitation_still_valid"
    detail = "This invitation is still valid. Use the link that you have."


class RateLimited(DomainError):
    """Too often; the same request is fine again after ``retry_after`` (R23, R24)."""

    kind, code = Kind.LIMITED, "rate_limited"
    detail = "Too often. Try again later."

    def __init__(self, detail: str, *, retry_after: timedelta) -> None:
        super().__init__()
        self.detail = detail
        self.retry_after = retry_after


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


class SignInLinkUsed(DomainError):
    """A sign-in link works once (R64)."""

    kind, code = Kind.GONE, "sign_in_link_used"
    detail = "This sign-in link has been used already. Ask support for a new one."


class SignInLinkExpired(DomainError):
    """A sign-in link is good for a day (R64)."""

    kind, code = Kind.GONE, "sign_in_link_expired"
    detail = "This sign-in link has expired. Ask support for a new one."


class SignInLinkSuperseded(DomainError):
    """A newer sign-in link was made (R64)."""

    kind, code = Kind.GONE, "sign_in_link_superseded"
    detail = "A newer sign-in link was made; this one no longer works."


class VerificationInsufficient(DomainError):
    """The evidence is complete, but does not prove enough (R62)."""

    kind, code = Kind.INVALID, "verification_insufficient"
    detail = "This proof is not enough."

    def __init__(self, *, reason: str, says: str) -> None:
        super().__init__(reason=reason)
        self.detail = f"This proof is not enough. What it has to show: {says}"


class IdempotencyKeyReused(DomainError):
    """The key was used for another request (R26)."""

    kind, code = Kind.INVALID, "idempotency_key_reused"
    detail = "This Idempotency-Key was used for a request with another body."


class Invalid(DomainError):
    """The request is understood, but a field's content cannot be."""

    kind, code = Kind.INVALID, "validation_failed"
    detail = "Some fields are not right."

    def __init__(self, field: str, message: str) -> None:
        super().__init__()
        self.errors = [{"field": field, "message": message}]


class Busy(DomainError):
    """Too many people change the same thing at once, or the database does not answer."""

    kind, code = Kind.UNAVAILABLE, "busy"
    detail = "The service is busy. Try again in a moment."

    def __init__(self, *, retry_after: timedelta = timedelta(seconds=2)) -> None:
        super().__init__()
        self.retry_after = retry_after


class Changed(Busy):
    """Something changed between reading and writing; reading again gives the right answer."""


class ZuoraUnavailable(Busy):
    """Zuora does not answer, or not now."""

    code = "zuora_unavailable"
    detail = "Zuora does not answer at the moment. Nothing was changed; try again later."

    def __init__(self, *, retry_after: timedelta = timedelta(seconds=30)) -> None:
        super().__init__(retry_after=retry_after)


class BadSignature(Unauthenticated):
    """A callout does not carry the HMAC that only Zuora and we can make."""

    detail = "The signature is missing or wrong."
