"""Whether mails to one address are held back, as the support desk sees it (R25)."""

from datetime import datetime

from chalicelib.domain.addresses import Address
from chalicelib.domain.suppressions import Suppression
from chalicelib.operations.support import Reader
from chalicelib.operations.verify_ownership import Pseudonym
from chalicelib.store import reading, suppressions


def view_suppression(reader: Reader, address: Address, *, pseudonym: Pseudonym, now: datetime) -> Suppression | None:
    """The mark of exactly that address, None if it has none that is in force. Refuses: SupportOnly."""
    reader.may_read()
    found = reading.one(suppressions.key(pseudonym(address)))
    return found if found is not None and found.in_force(now) else None
