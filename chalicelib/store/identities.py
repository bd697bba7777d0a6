"""Which customer a sign-in belonged to when last seen: saves a read, decides nothing.

What is cached here is a hint for the next read; the customer item itself says which
sign-in it is bound to, and a mismatch makes the caller look again. That a sign-in is nobody's is believed for seconds.
"""

import time
from collections import OrderedDict

_MOST = 10_000
_NO_RECORD_SECONDS = 10
_remembered: OrderedDict[str, str] = OrderedDict()
_without_record: OrderedDict[str, float] = OrderedDict()


def remembered(identity: str) -> str | None:
    """The customer id that the sign-in had when last seen."""
    return _remembered.get(identity)


def remember(identity: str, customer_id: str) -> None:
    """Keeps the customer id for the next request in this process."""
    _without_record.pop(identity, None)
    _remembered[identity] = customer_id
    while len(_remembered) > _MOST:
        _remembered.popitem(last=False)


def forget(identity: str) -> None:
    """Drops a hint that turned out to be wrong."""
    _remembered.pop(identity, None)


def has_no_record(identity: str) -> None:
    """Keeps for some seconds that the sign-in is nobody's here: the one hint that is believed without another look."""
    _without_record[identity] = time.monotonic() + _NO_RECORD_SECONDS
    while len(_without_record) > _MOST:
        _without_record.popitem(last=False)


def is_known_to_have_no_record(identity: str) -> bool:
    """Whether that was so a few seconds ago."""
    return time.monotonic() < _without_record.get(identity, 0)


def forget_all() -> None:
    """Drops every hint."""
    _remembered.clear()
    _without_record.clear()
