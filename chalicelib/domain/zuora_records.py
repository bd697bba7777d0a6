"""Zuora's accounts and contacts as frozen records for the rest of the service; an empty text is ``""``."""

from collections.abc import Mapping

from chalicelib.frozen import frozen

SCRUBBED = "Record Scrubbed"  # what Zuora writes over the texts of a scrubbed contact


@frozen
class ZuoraContact:
    """A contact as Zuora has it. Country and state are full names, whatever was sent ("CA" comes back "California").

    ``id`` and ``account_id`` are empty only where an answer carries none (accounts recorded before contacts had ids).
    """

    id: str
    account_id: str
    first_name: str
    last_name: str
    work_email: str
    address1: str
    address2: str
    city: str
    state: str
    postal_code: str
    country: str
    county: str = ""
    tax_region: str = ""

    @property
    def is_scrubbed(self) -> bool:
        """Whether its personal data was overwritten in Zuora: nothing to take over."""
        return SCRUBBED in (self.first_name, self.last_name)


@frozen
class ZuoraAccount:
    """A billing account. Equal ids in ``bill_to`` and ``sold_to`` are one contact: editing one edits both.

    ``custom`` holds the fields that end in ``__c`` as they came; their names differ by tenant.
    """

    id: str
    number: str
    name: str
    status: str
    currency: str
    custom: Mapping[str, object]
    bill_to: ZuoraContact | None
    sold_to: ZuoraContact | None
