"""Whether mails to one address are held back, as the support desk sees it (R25)."""

from chalicelib.domain.addresses import Address
from chalicelib.domain.event_types import EventType
from chalicelib.domain.events import Event, address_stream
from chalicelib.domain.suppressions import Suppression
from chalicelib.frozen import frozen
from chalicelib.operations.context import Context
from chalicelib.operations.support import Reader
from chalicelib.store import history, reading, suppressions


@frozen
class Seen:
    """The mark of an address that is in force, if there is one, and the event of the last time that one was lifted."""

    mark: Suppression | None
    last_lifted: Event | None


def view_suppression(reader: Reader, address: Address, *, context: Context) -> Seen:
    """What support sees of exactly that address, which may belong to nobody here. Refuses: SupportOnly."""
    reader.may_read()
    hidden = context.pseudonym(address)
    found = reading.one(suppressions.key(hidden))
    lifted = history.of_stream(address_stream(hidden), types=frozenset({EventType.SUPPRESSION_LIFTED}), limit=1)
    return Seen(found if found is not None and found.in_force(context.now) else None, lifted[0] if lifted else None)
