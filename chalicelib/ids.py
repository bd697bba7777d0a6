"""Makes the ids of things: opaque, ordered by time, never guessable.

An id is a prefix and a ULID (48 bits of milliseconds, then 80 random bits). An invitation's id
is also an input of its token, so it carries 50 random bits more: over 128 from a CSPRNG, as
ASVS 11.5.1 asks. Ids of things are random each for itself (the library's own default counts up within
a millisecond); those of events count up, so that they stay in their order.
"""

import secrets
from datetime import UTC, datetime, timedelta
from threading import Lock

from ulid import ULID, PureRandomPolicy, ULIDGenerator

from chalicelib import clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, as in ULIDs
_things = ULIDGenerator(policy=PureRandomPolicy())
_events = ULIDGenerator()
_transaction = Lock()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def account_id(now: datetime) -> str:
    """A new id for a billing account, like ``acc_01J...``."""
    return f"acc_{_things.generate(_milliseconds(now))}"


def customer_id(now: datetime) -> str:
    """A new id for a customer, like ``cus_01J...``."""
    return f"cus_{_things.generate(_milliseconds(now))}"


def invitation_id(now: datetime) -> str:
    """A new id for an invitation, like ``inv_01J...``."""
    return f"inv_{_things.generate(_milliseconds(now))}" + "".join(secrets.choice(_ALPHABET) for _ in range(10))


def transfer_id(now: datetime) -> str:
    """A new id for a transfer of ownership, like ``tra_01J...``."""
    return f"tra_{_things.generate(_milliseconds(now))}"


def event_ids(now: datetime, count: int) -> list[str]:
    """Ids for the events of one transaction, ascending in their order; no two calls give the same one.

    They carry the moment at which they are made: that is after everything that their operation has read, where
    ``now``, the time by which it judges, is from before. So what happens to a thing after something else has later
    ids, however long the request for it has been under way (R40).
    """
    with _transaction:
        moment = _milliseconds(clock.not_before(now))
        return [f"evt_{_events.generate(moment)}" for _ in range(count)]


def first_event_id(moment: datetime) -> str:
    """What no event of that millisecond, or of a later one, has a lower id than; all earlier ones have."""
    return f"evt_{ULID.from_bytes(_milliseconds(moment).to_bytes(6, 'big') + bytes(10))}"


def moment_of(event_id: str) -> datetime:
    """The moment, to the millisecond, at which the id of an event was made."""
    return _EPOCH + timedelta(milliseconds=ULID.from_str(event_id.removeprefix("evt_")).milliseconds)


def _milliseconds(moment: datetime) -> int:
    """Exactly; through a float, two neighbouring milliseconds can become one."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
