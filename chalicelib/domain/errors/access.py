"""Who is not let in, or not so far."""

from datetime import datetime
from enum import StrEnum

from chalicelib.domain.errors.base import Busy, DomainError, Kind


class TokenFault(StrEnum):
    """Why a token is refused, or cannot be judged: for logs and metrics, never for whoever sent it."""

    MISSING = "missing"
    NOT_BEARER = "not_bearer"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    NO_EXPIRY = "no_expiry"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    NO_SUBJECT = "no_subject"
    WRONG_CREDENTIAL = "wrong_credential"
    KEYS_AWAY = "keys_away"


class Unauthenticated(DomainError):
    """There is no valid sign-in token; ``fault`` is why, where there could have been one."""

    kind, code = Kind.UNAUTHENTICATED, "unauthenticated"
    detail = "Sign in and send the access token as a Bearer token."

    def __init__(self, fault: TokenFault | None = None) -> None:
        super().__init__()
        self.fault = fault


class TokenTooLarge(Unauthenticated):
    """The token is larger than the gateway lets any through."""

    detail = (
        "Token too large: an access token may have 10,240 characters. Have fewer claims put into it, such as groups."
    )

    def __init__(self) -> None:
        super().__init__(TokenFault.TOO_LARGE)


class SignInKeysAway(Busy):
    """The issuer's keys cannot be fetched, so nothing can be said of the token."""

    fault = TokenFault.KEYS_AWAY


class Forbidden(DomainError):
    """The person may see the thing, but not do this to it."""

    kind, code = Kind.FORBIDDEN, "forbidden"
    detail = "Your role on this account does not allow this."


class SupportOnly(Forbidden):
    """The route belongs to the support desk."""

    detail = "Only the support desk can do this."


class ReadingOnly(SupportOnly):
    """Somebody of the read-only group asked for a change (R60)."""

    detail = "Your group may only read here; somebody of the full support group has to do this."


class OwnAccount(Forbidden):
    """A support agent asked to act on an account that they manage (R60)."""

    detail = "You manage this account yourself; a colleague has to do this."


class OwnRecord(DomainError):
    """A support agent asked to act on their own customer record (R60, R67)."""

    kind, code = Kind.FORBIDDEN, "own_record"
    detail = "This is your own record; a colleague has to do this."


class OwnAddress(DomainError):
    """A support agent asked to give their own address something that customers have (R67)."""

    kind, code = Kind.FORBIDDEN, "own_address"
    detail = "This is your own address. If a customer or an account should have it, a colleague has to see to it."


class HouseAddress(DomainError):
    """A support agent asked to give an address of the house something that customers have (R67)."""

    kind, code = Kind.FORBIDDEN, "house_address"
    detail = (
        "This is an address of our own company. Support gives it to no customer, and no account to it; "
        "a manager of the account can invite the person."
    )


class MadeBySupport(DomainError):
    """A support agent tried to accept an invitation that support made (R67)."""

    kind, code = Kind.FORBIDDEN, "made_by_support"
    detail = (
        "Support made this invitation, and nobody of support can accept it. A manager of the account can invite you."
    )


class SecondAgentNeeded(DomainError):
    """The same person of support asked to unlink a sign-in and to change the address, within a day (R67)."""

    kind, code = Kind.FORBIDDEN, "second_agent_needed"
    detail = (
        "You have unlinked this sign-in or changed this address within a day. Somebody who does both could sign in as "
        "the customer, so a colleague has to do the other."
    )

    def __init__(self, *, not_before: datetime) -> None:
        super().__init__(not_before=not_before)


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


class BadSignature(Unauthenticated):
    """A callout does not carry the HMAC that only Zuora and we can make."""

    detail = "The signature is missing or wrong."
