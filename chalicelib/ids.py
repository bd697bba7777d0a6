"""Makes the ids of things: opaque, ordered by time, never guessable.

An id is a prefix and a ULID (48 bits of milliseconds, then 80 random bits). An invitation's id
is also an input of its token, so it carries 50 random bits more: over 128 from a CSPRNG, as
ASVS 11.5.1 asks.
"""

import secrets
from datetime import datetime

from ulid import ULID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, as in ULIDs


def account_id(now: datetime) -> str:
    """A new id for a billing account, like ``acc_01J...``."""
    return f"acc_{ULID.from_datetime(now)}"


def customer_id(now: datetime) -> str:
    """A new id for a customer, like ``cus_01J...``."""
    return f"cus_{ULID.from_datetime(now)}"


def invitation_id(now: datetime) -> str:
    """A new id for an invitation, like ``inv_01J...``."""
    return f"inv_{ULID.from_datetime(now)}" + "".join(secrets.choice(_ALPHABET) for _ in range(10))


def event_ids(now: datetime, count: int) -> list[str]:
    """Ids for the events of one transaction, ascending in their order."""
    first = int(ULID.from_datetime(now))
    return [f"evt_{ULID.from_int(first + step)}" for step in range(count)]
