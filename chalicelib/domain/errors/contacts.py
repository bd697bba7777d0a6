"""What is refused about Zuora's contacts, and because of them."""

from chalicelib.domain.errors.base import DomainError, Kind


class ContactNotFound(DomainError):
    """There is no such contact here."""

    kind, code = Kind.NOT_FOUND, "contact_not_found"
    detail = "Contact not found. Add it by its Zuora contact id."


class ZuoraContactNotFound(DomainError):
    """Zuora knows no contact with that id."""

    kind, code = Kind.NOT_FOUND, "zuora_contact_not_found"
    detail = "No Zuora contact has this id."


class ContactDeleted(DomainError):
    """The contact was deleted in Zuora; it is never made again by guess (R54)."""

    kind, code = Kind.CONFLICT, "contact_deleted_in_zuora"
    detail = "This contact was deleted in Zuora. Choose another one."


class StillContact(DomainError):
    """A person who is a contact that an account needs cannot be erased."""

    kind, code = Kind.CONFLICT, "still_contact"
    detail = "This person is the Sold To or Bill To contact of an account. Choose another contact there first."

    def __init__(self, *, account_id: str) -> None:
        super().__init__(account_id=account_id)


class StillContactOfCancelled(StillContact):
    """The same where no other can be chosen: Zuora takes no change to a cancelled account but to its contacts."""

    detail = (
        "This person is the Sold To or Bill To contact of an account that is cancelled in Zuora, where no other can be "
        "chosen. Give `scrub_in_zuora` too: then their contact there is overwritten for good, and erasing is possible."
    )


class IsSoldToContact(DomainError):
    """The manager is the Sold To contact (R32)."""

    kind, code = Kind.CONFLICT, "is_sold_to_contact"
    detail = "This manager is the account's subscription contact (Sold To). Choose another Sold To first."


class IsBillToContact(DomainError):
    """The manager is the Bill To contact (R32)."""

    kind, code = Kind.CONFLICT, "is_bill_to_contact"
    detail = "This manager is the account's billing contact (Bill To). Choose another Bill To first."
