"""Quotas: counters of a window of time, and mailboxes that mails come back from."""

from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.domain.errors import Changed
from chalicelib.domain.quotas import Quota
from chalicelib.store.reading import Key, item
from chalicelib.store.tables import LimitItem, Raw
from chalicelib.store.transaction import Step, always, update

_GARBAGE_AFTER = timedelta(days=1)
_SUPPRESSED_FOR = timedelta(days=30)


def used(quota: Quota, *, now: datetime) -> Step:
    """Counts one more, in the transaction of what it limits; the counter begins with its first use."""
    room: Condition = LimitItem.used.does_not_exist()
    room |= LimitItem.used < quota.most
    return update(
        LimitItem(quota.key),
        [LimitItem.used.add(1), LimitItem.ttl.set(int((quota.ends_at + _GARBAGE_AFTER).timestamp()))],
        condition=room,
        refusal=always(quota.exceeded(now)),
    )


def suppression(mailbox: str) -> Key[str]:
    """The key under which a mailbox (as a pseudonym) is suppressed; reads the reason."""
    return Key(LimitItem, _suppressed(mailbox), None, _reason)


def suppress(mailbox: str, reason: str, *, now: datetime) -> Step:
    """Notes that mails to the mailbox come back; noting it again renews it."""
    until = int((now + _SUPPRESSED_FOR).timestamp())
    not_later: Condition = LimitItem.ttl.does_not_exist()
    not_later |= LimitItem.ttl <= until
    return update(
        LimitItem(_suppressed(mailbox)),
        [LimitItem.reason.set(reason), LimitItem.ttl.set(until)],
        condition=not_later,
        refusal=always(Changed()),
    )


def _suppressed(mailbox: str) -> str:
    return f"suppressed#{mailbox}"


def _reason(raw: Raw) -> str:
    return item(LimitItem, raw).reason or ""
