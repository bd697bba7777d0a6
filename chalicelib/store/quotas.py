"""Quotas: counters of a window of time."""

from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.domain.quotas import Quota
from chalicelib.store.tables import LimitItem
from chalicelib.store.transaction import Step, refuse_with, update

_GARBAGE_AFTER = timedelta(days=1)


def used(quota: Quota, *, now: datetime) -> Step:
    """Counts one more, in the transaction of what it limits; the counter begins with its first use."""
    room: Condition = LimitItem.used.does_not_exist()
    room |= LimitItem.used < quota.most
    return update(
        LimitItem(quota.key),
        [LimitItem.used.add(1), LimitItem.ttl.set(int((quota.ends_at + _GARBAGE_AFTER).timestamp()))],
        condition=room,
        refusal=refuse_with(quota.exceeded(now)),
    )
