"""What is refused about people: their records, how many accounts they manage, their sign-in links."""

from datetime import datetime

from chalicelib.domain.errors.base import DomainError, Kind


class DeliberatelyDeactivated(DomainError):
    """Somebody switched this login off deliberately; switching it on needs a confirmation (R3)."""

    kind, code = Kind.CONFLICT, "deliberately_deactivated"
    detail = "Somebody switched this login off deliberately. Confirm that it is to be switched on again."

    def __init__(self, *, by: str, at: datetime) -> None:
        super().__init__(deactivated_by=by, deactivated_at=at)


class CustomerNotFound(DomainError):
    """There is no customer with that id."""

    kind, code = Kind.NOT_FOUND, "customer_not_found"
    detail = "No customer has this id."


class NoOwnRecord(CustomerNotFound):
    """The signed-in person has no record here yet; accepting an invitation makes one (R21)."""

    detail = "You have no record here yet. One is made when you accept an invitation."


class SignInLinkNotFound(DomainError):
    """The token is no sign-in link of ours."""

    kind, code = Kind.NOT_FOUND, "sign_in_link_not_found"
    detail = "Sign-in link not found. Check that you copied the whole link."


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


class EmailTaken(DomainError):
    """Another customer has that address (R1, R64)."""

    kind, code = Kind.CONFLICT, "email_taken"
    detail = (
        "There is a customer with this address already, and two people cannot share one. To give that customer the "
        "account, transfer it to them (or grant it and remove the other); do not rename one person into another."
    )

    def __init__(self, *, customer_id: str) -> None:
        super().__init__(customer_id=customer_id, use="transfer")


class OwnEmailTaken(DomainError):
    """The same, as the person is told it who would take that address over (R41): not whose it is."""

    kind, code = Kind.CONFLICT, "email_taken"
    detail = "Another record has this address. Ask support to bring the two together."


class EmailUnchanged(DomainError):
    """The record has the sign-in's address already (R41)."""

    kind, code = Kind.CONFLICT, "email_unchanged"
    detail = "Your record has the address of your sign-in already."


class TooManyAccounts(DomainError):
    """The person manages more accounts than one transaction can follow."""

    kind, code = Kind.CONFLICT, "too_many_accounts"
    detail = "This person manages too many accounts to change all of them at once. Remove some memberships first."


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
