"""Which customer a sign-in belonged to when last seen: saves a read, decides nothing.

What is remembered here is only ever a hint for the next read; the customer item itself says which
sign-in it is bound to, and a mismatch makes the caller look anew.
"""

from collections import OrderedDict

_MOST = 10_000
_remembered: OrderedDict[str, str] = OrderedDict()


def remembered(identity: str) -> str | None:
    """The customer id that the sign-in had when last seen."""
    return _remembered.get(identity)


def remember(identity: str, customer_id: str) -> None:
    """Keeps the customer id for the next request in this process."""
    _remembered[identity] = customer_id
    while len(_remembered) > _MOST:
        _remembered.popitem(last=False)


def forget(identity: str) -> None:
    """Drops a hint that turned out to be wrong."""
    _remembered.pop(identity, None)


def forget_all() -> None:
    """Drops every hint."""
    _remembered.clear()
